// A client's frames taken apart by hand, as RFC 6455 section 5.2 draws them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "unit/codec/bytes.h"

namespace ringstorm::test {

struct MaskedFrame {
  unsigned first = 0;  ///< FIN, RSV and opcode
  Bytes key;
  Bytes payload;  ///< unmasked
  std::size_t wire_bytes = 0;
};

/// The frame at the front of `bytes`; nothing when there is no whole masked one.
inline std::optional<MaskedFrame> first_frame(std::span<const std::byte> bytes) {
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint64_t>(bytes[i]); };
  if (bytes.size() < 6 || (at(1) & 0x80) == 0) return std::nullopt;
  std::uint64_t length = at(1) & 0x7F;
  std::size_t used = 2;
  const std::size_t length_bytes = length == 127 ? 8 : length == 126 ? 2 : 0;
  if (length_bytes > 0) length = 0;
  if (bytes.size() < used + length_bytes + 4) return std::nullopt;
  for (std::size_t i = 0; i < length_bytes; ++i) length = length << 8 | at(used++);
  MaskedFrame frame{.first = static_cast<unsigned>(at(0)), .key = {}, .payload = {}};
  for (int i = 0; i < 4; ++i) frame.key.push_back(bytes[used++]);
  if (bytes.size() < used + length) return std::nullopt;
  for (std::size_t i = 0; i < length; ++i) frame.payload.push_back(bytes[used++] ^ frame.key[i % 4]);
  frame.wire_bytes = used;
  return frame;
}

/// Short frames as a table has them: "8a 01 70  88 02 03 e8", without masks. "?" where there is no frame.
inline std::string unmasked_hex(std::span<const std::byte> bytes) {
  std::string text;
  const auto put = [&](unsigned octet) {
    static constexpr char kDigits[] = "0123456789abcdef";
    if (!text.empty() && text.back() != ' ') text += ' ';
    text += {kDigits[octet >> 4 & 0xF], kDigits[octet & 0xF]};
  };
  while (!bytes.empty()) {
    const std::optional<MaskedFrame> frame = first_frame(bytes);
    if (!frame) return text + "?";
    if (!text.empty()) text += "  ";
    put(frame->first);
    put(static_cast<unsigned>(frame->payload.size()));
    for (const std::byte octet : frame->payload) put(std::to_integer<unsigned>(octet));
    bytes = bytes.subspan(frame->wire_bytes);
  }
  return text;
}

}  // namespace ringstorm::test
