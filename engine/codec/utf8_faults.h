// What can be wrong with two neighbouring bytes of UTF-8, as three tables of sixteen that fit the byte
// shuffles: looked up by the halves of the first byte and the upper half of the second, then combined by
// `and`, they name every fault of the pair at once. The method is Keiser and Lemire's, "Validating UTF-8 In
// Less Than One Instruction Per Byte" (2021), section 6.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ringstorm::detail::utf8 {

/// A set of half bytes, one bit each.
using Halves = std::uint16_t;

constexpr Halves halves(unsigned lowest, unsigned highest) {
  return static_cast<Halves>((0xFFFFU << lowest) & (0xFFFFU >> (15 - highest)));
}

inline constexpr Halves kAny = halves(0x0, 0xF);
inline constexpr Halves kContinuation = halves(0x8, 0xB);

/// Two continuations in a row are a fault or not: they are wanted behind a lead byte of three or four, which
/// the pair does not show. Faults are what differs from that.
inline constexpr std::uint8_t kTwoContinuations = 0x80;

/// A fault is a pair of bytes whose three halves are each in a set, so that three tables can tell it.
struct Fault {
  std::uint8_t bit;
  Halves first_upper, first_lower, second_upper;
};

inline constexpr Fault kFaults[] = {
    {0x01, halves(0xC, 0xF), kAny, static_cast<Halves>(~kContinuation)},  // a code point breaks off
    {0x02, halves(0x0, 0x7), kAny, kContinuation},                        // a continuation of nothing
    {0x04, halves(0xC, 0xC), halves(0x0, 0x1), kContinuation},            // C0, C1: overlong
    {0x08, halves(0xE, 0xE), halves(0x0, 0x0), halves(0x8, 0x9)},         // E0 80 to 9F: overlong
    {0x10, halves(0xE, 0xE), halves(0xD, 0xD), halves(0xA, 0xB)},         // ED A0 to BF: surrogates
    {0x20, halves(0xF, 0xF), halves(0x4, 0xF), halves(0x9, 0xB)},         // F4 90 and up: above U+10FFFF
    // F0 80 to 8F is overlong, F5 and up with the same second byte above U+10FFFF.
    {0x40, halves(0xF, 0xF), halves(0x0, 0x0) | halves(0x5, 0xF), halves(0x8, 0x8)},
    {kTwoContinuations, kContinuation, kAny, kContinuation},
};

/// The sixteen entries four times over: the shuffles look up within sixteen bytes.
using Table = std::array<std::uint8_t, 64>;

constexpr Table table_of(Halves Fault::*set) {
  Table table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    for (const Fault& fault : kFaults) {
      if ((fault.*set >> i % 16 & 1) != 0) table[i] = static_cast<std::uint8_t>(table[i] | fault.bit);
    }
  }
  return table;
}

alignas(64) inline constexpr Table kFirstUpper = table_of(&Fault::first_upper);
alignas(64) inline constexpr Table kFirstLower = table_of(&Fault::first_lower);
alignas(64) inline constexpr Table kSecondUpper = table_of(&Fault::second_upper);

/// Subtracted with saturation, these leave the upper bit to lead bytes of at least three, and of four.
inline constexpr std::uint8_t kBelowThree = 0xE0 - kTwoContinuations;
inline constexpr std::uint8_t kBelowFour = 0xF0 - kTwoContinuations;

}  // namespace ringstorm::detail::utf8
