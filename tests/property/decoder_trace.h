// What a decoder said of a stream, whatever pieces it came in: the pieces of a frame's data are joined again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <span>
#include <tuple>
#include <vector>

#include "base/check.h"
#include "codec/decoder.h"

namespace ringstorm::test {

struct TracedEvent {
  DecoderEvent event;  ///< `event.bytes` is not valid any more: see `bytes`
  std::vector<std::byte> bytes;

  friend bool operator==(const TracedEvent& a, const TracedEvent& b) {
    const auto facts = [](const DecoderEvent& e) {
      return std::tuple(e.kind, e.opcode, e.message_start, e.message_end, e.frame_start, e.frame_end,
                        e.frame_fin, e.frame_bytes, e.close_code, e.violation.cause, e.violation.detail);
    };
    return facts(a.event) == facts(b.event) && a.bytes == b.bytes;
  }
  friend std::ostream& operator<<(std::ostream& out, const TracedEvent& traced) {
    const DecoderEvent& e = traced.event;
    return out << "{kind " << int(e.kind) << " opcode " << int(e.opcode) << " start " << e.message_start
               << e.frame_start << " end " << e.message_end << e.frame_end << " frame " << e.frame_bytes
               << " bytes " << traced.bytes.size() << " code " << e.close_code << " "
               << to_string(e.violation) << "}";
  }
};

using Trace = std::vector<TracedEvent>;

inline void append(Trace& trace, const DecoderEvent& event) {
  if (event.kind == DecoderEvent::Kind::data && !event.frame_start) {
    RS_CHECK(!trace.empty() && trace.back().event.kind == DecoderEvent::Kind::data &&
             !trace.back().event.frame_end);
    RS_CHECK(!event.bytes.empty());
    TracedEvent& last = trace.back();
    last.event.frame_end = event.frame_end;
    last.event.message_end = event.message_end;
    last.bytes.insert(last.bytes.end(), event.bytes.begin(), event.bytes.end());
    return;
  }
  trace.push_back({event, {event.bytes.begin(), event.bytes.end()}});
}

/// Feeds `piece` to its end, or to a violation (then false). The piece is copied to memory of exactly its
/// size, so that AddressSanitizer sees a decoder that looks beyond it.
inline bool feed(Decoder& decoder, std::span<const std::byte> piece, const DecoderRules& rules,
                 Trace& trace) {
  std::vector<std::byte> copy(piece.begin(), piece.end());
  std::span<std::byte> input(copy);
  for (;;) {
    const std::size_t before = input.size();
    const DecoderEvent event = decoder.next(input, rules);
    RS_CHECK(input.size() <= before);
    if (event.kind == DecoderEvent::Kind::need_more) {
      RS_CHECK(input.empty());
      return true;
    }
    append(trace, event);
    if (event.kind == DecoderEvent::Kind::violation) {
      RS_CHECK(decoder.next(input, rules).violation == event.violation);
      return false;
    }
  }
}

/// Decodes `stream` in pieces whose sizes `next_piece()` gives.
template <class NextPiece>
Trace trace_of(std::span<const std::byte> stream, const DecoderRules& rules, NextPiece next_piece) {
  Decoder decoder;
  Trace trace;
  while (!stream.empty()) {
    const std::size_t size = std::min<std::size_t>(stream.size(), next_piece());
    if (!feed(decoder, stream.first(size), rules, trace)) break;
    stream = stream.subspan(size);
  }
  return trace;
}

inline Trace trace_of(std::span<const std::byte> stream, const DecoderRules& rules) {
  return trace_of(stream, rules, [&] { return stream.size(); });
}

}  // namespace ringstorm::test
