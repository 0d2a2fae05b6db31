#include "base/siphash.h"

#include <array>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

// The vectors of the reference implementation: the key and the message are the bytes 0, 1, 2, and so on.
TEST(SipHash, IsThatOfTheReference) {
  constexpr SipKey kKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  constexpr std::array<std::uint64_t, 2> kWords{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  EXPECT_EQ(siphash_2_4(kKey, {}), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(siphash_2_4(kKey, std::span(kWords).first(1)), 0x93f5f5799a932462U);
  EXPECT_EQ(siphash_2_4(kKey, kWords), 0x3f2acc7f57c29bdbU);
}

}  // namespace
}  // namespace ringstorm
