// Numbers as hexadecimal digits, and back: what stamps, UUIDs and random digits are written with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ringstorm {

namespace detail {
consteval std::array<std::array<char, 2>, 256> hex_pairs() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {kDigits[i >> 4], kDigits[i & 15]};
  return pairs;
}
inline constexpr auto kHexPairs = hex_pairs();
}  // namespace detail

/// The lowest `digits` digits of `value`, small letters, leading zeroes; returns where they end.
inline std::byte* write_hex(std::byte* out, std::uint64_t value, std::size_t digits) {
  std::byte* at = out + digits;
  for (; at - out >= 2; value >>= 8) {
    const std::array<char, 2> pair = detail::kHexPairs[value & 0xFF];
    *--at = static_cast<std::byte>(pair[1]);
    *--at = static_cast<std::byte>(pair[0]);
  }
  if (at != out) *--at = static_cast<std::byte>(detail::kHexPairs[value & 0xF][1]);
  return out + digits;
}

/// The number, when all of `digits`, 16 at most, are hexadecimal digits in small letters.
inline std::optional<std::uint64_t> read_hex(std::span<const std::byte> digits) {
  std::uint64_t value = 0;
  for (const std::byte digit : digits) {
    const auto c = static_cast<char>(digit);
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && (c < 'a' || c > 'f')) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(decimal ? c - '0' : c - 'a' + 10);
  }
  return value;
}

}  // namespace ringstorm
