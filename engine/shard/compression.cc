#include "shard/compression.h"

#include <algorithm>
#include <new>

namespace ringstorm {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

DecoderRules rules_of(const Plan& plan, std::uint8_t allowed_rsv) {
  return {.max_message_bytes = plan.scenario.max_message_bytes, .allowed_rsv = allowed_rsv};
}

// A message that does not fit is cut into frames, so one is begun only where it fits, or where there is so
// much room that cutting it costs little. Half a send buffer is there again in every turn.
std::size_t least_room_for(const Plan& plan) {
  const std::uint64_t whole = kMaxFrameHeaderBytes + Deflater::bound(plan.longest_payload());
  const std::uint64_t most = plan.budget.send_buffer_bytes / 2;
  return static_cast<std::size_t>(
      std::max<std::uint64_t>(std::min(whole, most), OutgoingMessage::kLeastDeflatedRoom));
}

}  // namespace

Compression::Compression(const Plan& plan, std::uint64_t connections, const ClockReader& clock)
    : plan_(plan),
      clock_(clock),
      plain_rules_(rules_of(plan, 0)),
      deflate_rules_(rules_of(plan, kCompressedRsv)),
      opcode_(plan.scenario.payload_kind == PayloadKind::text ? Opcode::text : Opcode::binary),
      least_deflated_room_(least_room_for(plan)),
      budget_(compression_budget(plan.scenario, connections)),
      states_(budget_.inflaters),
      scratch_(budget_.inflaters > 0 ? kScratchBytes : 0),
      inflaters_(budget_.inflaters, budget_.inflater_bytes),
      deflaters_(budget_.deflaters, budget_.deflater_bytes) {
  forms_[kPlain] = {.payload = bytes_of(plan.payload)};
  for (std::uint8_t form = kPrepared; form < kEach && !plan.prepared.empty(); ++form) {
    const int bits = kFewestWindowBits + form - kPrepared;
    forms_[form] = {.payload = bytes_of(plan.prepared.for_window(bits)), .rsv = kCompressedRsv};
  }
}

std::uint8_t Compression::choose_form(const DeflateAgreement& agreement) const {
  if (!plan_.scenario.compress) return kPlain;
  if (plan_.text) return kEach;
  if (budget_.deflaters > 0 && !agreement.client_no_context_takeover) return kEach;
  return static_cast<std::uint8_t>(kPrepared + agreement.client_max_window_bits - kFewestWindowBits);
}

void Compression::begin(Slot slot, Lane& lane, const std::optional<DeflateAgreement>& agreement,
                        CompressionCounts& counts) {
  lane.form = kPlain;
  if (budget_.inflaters == 0) return;
  if (!agreement) {
    ++counts.declined;
    return;
  }
  ++counts.agreements[index_of(*agreement)];
  const std::uint8_t form = choose_form(*agreement);
  lane.form = form & 0xF;
  State& state = *new (&states_[slot]) State{};
  state.inflater.emplace(agreement->server_max_window_bits, !agreement->server_no_context_takeover);
  if (form != kEach) return;
  state.deflater = deflaters_.acquire(deflate_settings(plan_.scenario, agreement->client_max_window_bits));
  state.keeps_context = plan_.scenario.keep_context && !agreement->client_no_context_takeover;
}

void Compression::end(Slot slot, Lane& lane) {
  lane.form = kPlain;
  if (budget_.inflaters == 0) return;
  State& state = states_[slot];
  if (state.inflater) state.inflater->release(inflaters_);
  if (state.deflater != nullptr) deflaters_.release(state.deflater);
  state = State{};
}

Receiving Compression::receiving(Slot slot, CompressionCounts& counts) {
  if (budget_.inflaters == 0 || !states_[slot].inflater) return plain_rules_;
  return {deflate_rules_,
          *states_[slot].inflater,
          {inflaters_, {scratch_.data(), scratch_.size()}, counts.received, clock_}};
}

void Compression::begin_message(Slot slot, std::span<const std::byte> payload) {
  State& state = states_[slot];
  state.deflater->begin(state.keeps_context);
  state.deflater->feed(payload, true);
}

std::size_t Compression::write(Slot slot, Lane& lane, std::span<std::byte> room, SecureRandom& random,
                               CompressionCounts& counts) {
  return timed(counts.sent.work, clock_, [&] {
    return lane.outgoing.write_deflated(room, opcode_, *states_[slot].deflater, random.next_mask_key());
  });
}

void Compression::written(const Lane& lane, std::size_t payload_bytes, CompressionCounts& counts) const {
  if (lane.form == kPlain) return;
  ++counts.sent.messages;
  counts.sent.plain_bytes += payload_bytes;
  counts.sent.compressed_bytes += lane.outgoing.written();
}

}  // namespace ringstorm
