#include "shard/frame_trace.h"

#include <algorithm>

#include "base/text.h"
#include "base/units.h"

namespace ringstorm {
namespace {

constexpr std::size_t kShown = 400;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15U];
  }
  return out;
}

/// Control characters as "?", and no more than can be read.
std::string shown(std::string_view text) {
  std::string out(text.substr(0, kShown));
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return text.size() > kShown ? out + "..." : out;
}

}  // namespace

void FrameTrace::tell(bool outgoing, std::string what, std::string_view text) {
  (*sink_)({.connection = connection_, .outgoing = outgoing, .what = std::move(what), .text = shown(text)});
}

void FrameTrace::tell_head(const std::string& head, bool outgoing) {
  tell(outgoing, head.substr(0, head.find("\r\n")));
}

void FrameTrace::Direction::take(std::span<const std::byte> bytes, FrameTrace& trace, bool outgoing) {
  std::string copy(text_of(bytes));
  if (!head_over) {
    head += copy;
    const std::size_t end = head.find(kHeadEnd);
    if (end == std::string::npos) return;
    head_over = true;
    trace.tell_head(head, outgoing);
    copy = head.substr(end + kHeadEnd.size());
  }
  // The decoder unmasks in place.
  std::span<std::byte> input = std::as_writable_bytes(std::span(copy));
  const DecoderRules rules{
      .expect_masked = outgoing, .max_message_bytes = ~std::uint64_t{0} >> 1, .allowed_rsv = 7};
  for (;;) {
    const DecoderEvent event = decoder.next(input, rules);
    if (event.kind == DecoderEvent::Kind::need_more) return;
    trace.tell_event(event, payload, outgoing);
    if (event.kind == DecoderEvent::Kind::violation) return;
  }
}

void FrameTrace::tell_event(const DecoderEvent& event, std::string& payload, bool outgoing) {
  const std::string_view text = text_of(event.bytes);
  switch (event.kind) {
    case DecoderEvent::Kind::need_more: return;
    case DecoderEvent::Kind::ping: return tell(outgoing, "ping", hex(text));
    case DecoderEvent::Kind::pong: return tell(outgoing, "pong", hex(text));
    case DecoderEvent::Kind::close: return tell(outgoing, "close " + std::to_string(event.close_code), text);
    case DecoderEvent::Kind::violation: return tell(outgoing, to_string(event.violation));
    case DecoderEvent::Kind::data: break;
  }
  payload += text;
  if (!event.frame_end) return;
  const bool is_text = event.opcode == Opcode::text;
  const std::string kind = is_text ? "text" : "binary";
  const std::string part = event.frame_fin ? "" : ", more to come";
  tell(outgoing, kind + ", " + format_bytes(payload.size()) + part,
       is_text ? payload : hex(std::string_view(payload).substr(0, kShown / 2)));
  payload.clear();
}

}  // namespace ringstorm
