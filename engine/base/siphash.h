// SipHash-2-4 of whole words (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): a check that
// only who knows the key can make, for a few nanoseconds.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace ringstorm {

struct SipKey {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

/// As of the words' bytes, each word little-endian.
constexpr std::uint64_t siphash_2_4(SipKey key, std::span<const std::uint64_t> words) {
  std::uint64_t v0 = key.first ^ 0x736f6d6570736575, v1 = key.second ^ 0x646f72616e646f6d,
                v2 = key.first ^ 0x6c7967656e657261, v3 = key.second ^ 0x7465646279746573;
  const auto rounds = [&](int count) {
    for (; count > 0; --count) {
      v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
      v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
    }
  };
  const auto take = [&](std::uint64_t word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  };
  for (const std::uint64_t word : words) take(word);
  take(static_cast<std::uint64_t>(words.size() * sizeof(std::uint64_t)) << 56);
  v2 ^= 0xff;
  rounds(4);
  return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace ringstorm
