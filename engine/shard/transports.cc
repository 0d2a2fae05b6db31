#include "shard/transports.h"

namespace ringstorm {

Transports::Transports(const Route& route, std::uint32_t slots, std::size_t send_buffer_bytes)
    : chains_(route.empty() ? 0 : slots),
      composed_(route.empty() ? 0 : send_buffer_bytes),
      scratch_(route.empty() ? 0 : TransportStage::kScratchBytes) {
  for (const auto& kind : route) factories_.push_back(kind->for_shard());
}

void Transports::begin(Slot slot, Lane& lane) {
  chains_[slot].begin(factories_);
  lane.transport_due = chains_[slot].stage().has_output();
}

TransportEvent Transports::next(Slot slot, Lane& lane, std::span<std::byte>& bytes) {
  TransportChain& chain = chains_[slot];
  const TransportPhase phase = chain.phase(factories_);
  const TransportEvent event = chain.next(bytes, scratch_, factories_);
  lane.transport_due = chain.stage().has_output();
  if (event.kind == TransportEvent::Kind::ready && phase == TransportPhase::tls) {
    ++(event.resumed ? counters_.tls_resumed : counters_.tls_full);
  }
  return event;
}

// The WebSocket's turn comes when all stages are open.
std::span<std::byte> Transports::open_room(Slot slot, std::size_t wire_room) {
  const TransportChain& chain = chains_[slot];
  if (!chain.open()) return {};
  return std::span(composed_).first(chain.stage().plain_room(wire_room));
}

std::size_t Transports::seal(Slot slot, Lane& lane, std::span<const std::byte> plaintext,
                             std::span<std::byte> room) {
  TransportStage& stage = chains_[slot].stage();
  std::size_t used = plaintext.empty() ? stage.write_output(room) : stage.seal(plaintext, room);
  const bool last_words =
      lane.connection.state() == ConnectionState::finishing && !lane.connection.has_control();
  if (last_words) {
    stage.close();
    used += stage.write_output(room.subspan(used));
  }
  lane.transport_due = stage.has_output();
  return used;
}

Failure Transports::ended(Slot slot, Failure failure) {
  if (plain() || !chains_[slot].begun()) return failure;
  const Failure meaning = chains_[slot].stage().ended(failure);
  if (meaning.cause == Cause::ended_without_close_notify) ++counters_.unclosed_ends;
  return meaning;
}

bool Transports::close(Slot slot, Lane& lane) {
  if (plain() || !chains_[slot].begun()) return false;
  TransportStage& stage = chains_[slot].stage();
  stage.close();
  lane.transport_due = stage.has_output();
  return lane.transport_due;
}

TransportCounters Transports::counters() const {
  TransportCounters all = counters_;
  for (const auto& factory : factories_) all.renegotiations_refused += factory->refused_renegotiations();
  return all;
}

}  // namespace ringstorm
