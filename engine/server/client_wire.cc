#include "server/client_wire.h"

#include <utility>

namespace ringstorm {

void ClientWire::begin(TransportFactory* factory) {
  if (factory == nullptr) return;
  stage_ = factory->make();
  stage_->begin();
}

void ClientWire::receive(std::span<std::byte> bytes, ServerConnection& connection, ServerContext& context) {
  context.counts.wire_bytes_in += bytes.size();
  if (stage_ != nullptr && phase_ == Phase::silent) {
    if (speaks_plainly(bytes)) return refuse_plain(connection, context);
    phase_ = Phase::opening;
  }
  if (stage_ == nullptr) return connection.receive(bytes, context);
  if (phase_ == Phase::opening || phase_ == Phase::open) take_events(bytes, connection, context);
}

// A request line begins with a capital letter (RFC 9110 section 9.1), and no TLS record does (RFC 8446
// section 5.1).
bool ClientWire::speaks_plainly(std::span<const std::byte> bytes) const {
  return bytes.front() >= std::byte{'A'} && bytes.front() <= std::byte{'Z'};
}

void ClientWire::refuse_plain(ServerConnection& connection, ServerContext& context) {
  ++context.counts.tls.plain_http;
  stage_.reset();
  connection.refuse(400, context);
}

void ClientWire::take_events(std::span<std::byte> bytes, ServerConnection& connection,
                             ServerContext& context) {
  for (;;) {
    const TransportEvent event = stage_->next(bytes, context.scratch);
    switch (event.kind) {
      case TransportEvent::Kind::need_more: return;
      case TransportEvent::Kind::ready: count_opened(event.resumed, context); break;
      case TransportEvent::Kind::plaintext:
        connection.receive(event.bytes, context);
        if (!event.more) return;
        break;
      case TransportEvent::Kind::closed:
        phase_ = Phase::ended;
        return connection.receive_end(true, sealed_ != nullptr, context);
      case TransportEvent::Kind::failed: return fail(connection, context);
    }
  }
}

void ClientWire::count_opened(bool resumed, ServerContext& context) {
  phase_ = Phase::open;
  ++(resumed ? context.counts.tls.resumed : context.counts.tls.full);
}

void ClientWire::fail(ServerConnection& connection, ServerContext& context) {
  ++(phase_ == Phase::opening ? context.counts.tls.refused : context.counts.tls.broken);
  phase_ = Phase::over;
  connection.break_off(context);
}

void ClientWire::receive_end(bool clean, ServerConnection& connection, ServerContext& context) {
  context.counts.tls.cut_short += clean && phase_ == Phase::open && stage_ != nullptr;
  connection.receive_end(clean, sealed_ != nullptr, context);
}

std::span<const std::byte> ClientWire::start_send(ServerConnection& connection, ServerContext& context) {
  if (stage_ == nullptr) return connection.start_send();
  if (sealed_ != nullptr) return {};
  const bool carries = phase_ == Phase::open || phase_ == Phase::ended;
  std::span<const std::byte> plain;
  if (carries) plain = connection.start_send(stage_->plain_room(BlockPool::kLargeBytes));
  if (plain.empty() && connection.has_said_all()) stage_->close();
  if (plain.empty() && !stage_->has_output()) return {};
  const bool is_short = plain.size() <= stage_->plain_room(BlockPool::kSmallBytes);
  sealed_ = is_short ? context.pool.take_small() : context.pool.take_large();
  sealed_->end = static_cast<std::uint32_t>(seal(plain, connection, context));
  return {sealed_->data(), sealed_->size()};
}

// The connection's bytes, and behind its last ones those of the stage: they leave with one send.
std::size_t ClientWire::seal(std::span<const std::byte> plain, ServerConnection& connection,
                             ServerContext& context) {
  const std::span<std::byte> room(sealed_->data(), sealed_->capacity);
  std::size_t used = 0;
  if (!plain.empty()) {
    used = stage_->seal(plain, room);
    connection.finish_send(context);
    if (connection.has_said_all()) stage_->close();
  }
  if (stage_->has_output()) used += stage_->write_output(room.subspan(used));
  return used;
}

void ClientWire::finish_send(ServerConnection& connection, ServerContext& context) {
  if (sealed_ == nullptr) {
    context.counts.wire_bytes_out += connection.finish_send(context);
    return;
  }
  context.counts.wire_bytes_out += sealed_->size();
  context.pool.give_back(std::exchange(sealed_, nullptr));
}

void ClientWire::release(ServerContext& context) {
  const bool unopened = phase_ == Phase::silent || phase_ == Phase::opening;
  context.counts.tls.abandoned += stage_ != nullptr && unopened;
  if (sealed_ != nullptr) context.pool.give_back(std::exchange(sealed_, nullptr));
  stage_.reset();
}

}  // namespace ringstorm
