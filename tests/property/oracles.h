// Slow, obvious twins of the codec, written from the RFCs and not from the code they judge.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ringstorm::test {

/// The bytes in the code point that `lead` begins by its high bits, 0 when it cannot begin one.
inline std::size_t utf8_length(std::uint32_t lead) {
  if (lead < 0x80) return 1;
  if (lead >> 5 == 0b110) return 2;
  if (lead >> 4 == 0b1110) return 3;
  if (lead >> 3 == 0b11110) return 4;
  return 0;
}

/// The code point at the front of `bytes`, decoded by shifting and judged as a number (RFC 3629 section 3).
inline std::optional<std::uint32_t> decode_code_point(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  const auto lead = std::to_integer<std::uint32_t>(bytes[0]);
  const std::size_t length = utf8_length(lead);
  if (length == 0 || bytes.size() < length) return {};
  if (length == 1) return lead;
  std::uint32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto tail = std::to_integer<std::uint32_t>(bytes[i]);
    if (tail >> 6 != 0b10) return {};
    value = value << 6 | (tail & 0x3F);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || value > 0x10FFFF) return {};
  if (value >= 0xD800 && value <= 0xDFFF) return {};
  return value;
}

/// True when some code point begins with these one to four bytes: tries every tail that a rule could tell
/// from another.
inline bool begins_a_code_point(std::span<const std::byte> bytes) {
  const std::size_t length = utf8_length(std::to_integer<std::uint32_t>(bytes[0]));
  if (bytes.size() >= length) return length != 0 && decode_code_point(bytes).has_value();
  std::array<std::byte, 4> longer{};
  std::copy(bytes.begin(), bytes.end(), longer.begin());
  for (const unsigned tail : {0x80U, 0x8FU, 0x90U, 0x9FU, 0xA0U, 0xBFU}) {
    longer[bytes.size()] = static_cast<std::byte>(tail);
    if (begins_a_code_point({longer.data(), bytes.size() + 1})) return true;
  }
  return false;
}

struct Utf8Verdict {
  std::size_t valid_prefix = 0;  ///< bytes before the first one that no valid text can have there
  bool complete = false;         ///< the prefix ends between code points
  friend bool operator==(const Utf8Verdict&, const Utf8Verdict&) = default;
};

inline Utf8Verdict naive_utf8(std::span<const std::byte> text) {
  std::size_t at = 0;
  while (at < text.size() && decode_code_point(text.subspan(at))) {
    at += utf8_length(std::to_integer<std::uint32_t>(text[at]));
  }
  std::size_t partial = 0;
  while (partial < 4 && at + partial < text.size() && begins_a_code_point(text.subspan(at, partial + 1)))
    ++partial;
  return {at + partial, partial == 0};
}

}  // namespace ringstorm::test
