#include "base/prng.h"

#include <array>
#include <cstdint>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

TEST(Prng, GivesTheKnownNumbersOfTheSeedZero) {
  // Of the reference splitmix64.c, and of Java's SplittableRandom(0).
  Prng random{0};
  for (const std::uint64_t expected : {0xe220a8397b1dcdafULL, 0x6e789e6aa1b965f4ULL, 0x06c45d188009454fULL,
                                       0xf88bb8a8724c81ecULL, 0x1b39896a51a8749bULL}) {
    EXPECT_EQ(random.next(), expected);
  }
}

TEST(Prng, CutsItsNumbersToABoundByTheirHighBits) {
  // 0xe220a8397b1dcdaf and 0x6e789e6aa1b965f4, as fractions of 2^64, are 0.8833 and 0.4315.
  Prng random{0};
  EXPECT_EQ(random.below(10), 8U);
  EXPECT_EQ(random.below(1'000), 431U);
  EXPECT_EQ(random.below(1), 0U);
  Prng whole{0};
  EXPECT_EQ(whole.below(UINT64_MAX), 0xe220a8397b1dcdaeULL);
}

TEST(Prng, CutsItsNumbersToAUnitByTheirHighBits) {
  Prng random{0};
  EXPECT_NEAR(random.unit(), 0.88331082, 1e-7);
  EXPECT_NEAR(random.unit(), 0.43152799, 1e-7);
}

TEST(Prng, FavoursNoNumberBelowABound) {
  std::array<int, 7> counts{};
  Prng random{5};
  for (int i = 0; i < 70'000; ++i) ++counts[random.below(counts.size())];
  // Ten standard deviations.
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 930);
}

}  // namespace
}  // namespace ringstorm
