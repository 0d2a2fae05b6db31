#include "codec/message_inflater.h"

#include <utility>

namespace ringstorm {

DecoderEvent MessageInflater::next(FrameDecoder& decoder, std::span<std::byte>& input,
                                   const DecoderRules& rules, DecoderStash& stash,
                                   const InflateResources& resources) {
  if (violation_ != Cause::none) return fail(violation_);
  for (;;) {
    if (busy_) {
      const DecoderEvent piece = next_piece(rules, resources);
      // A frame may end where nothing can be inflated yet.
      if (piece.kind != DecoderEvent::Kind::data || piece.message_end || !piece.bytes.empty()) return piece;
      continue;
    }
    const DecoderEvent event = decoder.next(input, rules, stash);
    if (event.kind != DecoderEvent::Kind::data || event.rsv != kCompressedRsv) return event;
    opcode_ = event.opcode;
    if (event.message_start) begin(resources);
    frame_start_ = frame_start_ || event.frame_start;
    inflater_->feed(event.bytes, event.message_end);
    compressed_bytes_ += event.bytes.size();
    busy_ = true;
  }
}

void MessageInflater::begin(const InflateResources& resources) {
  if (inflater_ == nullptr) inflater_ = resources.pool.acquire(window_bits_);
  inflater_->begin(keeps_context_);
  message_bytes_ = 0;
  compressed_bytes_ = 0;
  message_start_ = true;
  utf8_.reset();
}

DecoderEvent MessageInflater::next_piece(const DecoderRules& rules, const InflateResources& resources) {
  CompressionTally& tally = resources.tally;
  const Inflater::Output output =
      timed(tally.work, resources.clock, [&] { return inflater_->write(resources.scratch); });
  const std::span<std::byte> bytes = resources.scratch.first(output.bytes);
  busy_ = output.state == Inflater::State::more;
  if (const Cause violation = judge(output.state, bytes, rules); violation != Cause::none)
    return fail(violation);
  DecoderEvent event{
      .kind = DecoderEvent::Kind::data, .opcode = opcode_, .rsv = kCompressedRsv, .bytes = bytes};
  event.message_end = output.state == Inflater::State::message_end;
  if (event.message_end) {
    ++tally.messages;
    tally.plain_bytes += message_bytes_;
    tally.compressed_bytes += compressed_bytes_;
    if (!keeps_context_) release(resources.pool);
  }
  if (bytes.empty() && !event.message_end) return event;  // not given out
  event.message_start = std::exchange(message_start_, false);
  event.frame_start = std::exchange(frame_start_, false);
  return event;
}

Cause MessageInflater::judge(Inflater::State state, std::span<const std::byte> piece,
                             const DecoderRules& rules) {
  message_bytes_ += piece.size();
  if (message_bytes_ > rules.max_message_bytes) return Cause::message_too_large;
  if (opcode_ == Opcode::text && !utf8_.feed(piece)) return Cause::invalid_utf8;
  switch (state) {
    case Inflater::State::invalid: return Cause::invalid_deflate;
    case Inflater::State::truncated: return Cause::truncated_deflate;
    case Inflater::State::message_end:
      return opcode_ == Opcode::text && !utf8_.complete() ? Cause::invalid_utf8 : Cause::none;
    default: return Cause::none;
  }
}

DecoderEvent MessageInflater::fail(Cause violation) {
  violation_ = violation;
  return {.kind = DecoderEvent::Kind::violation, .violation = {violation}};
}

void MessageInflater::release(ContextPool<Inflater>& pool) {
  if (inflater_ != nullptr) pool.release(inflater_);
  inflater_ = nullptr;
}

}  // namespace ringstorm
