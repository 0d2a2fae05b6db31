#include "load/share.h"

#include <set>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

// For every number of parts of every small size: each number belongs to one part, and counting agrees with
// listing.
TEST(Share, DealsEveryNumberToExactlyOnePart) {
  for (std::uint64_t size = 1; size <= 23; ++size) {
    for (std::uint64_t parts = 1; parts <= size; ++parts) {
      std::set<std::uint64_t> dealt;
      for (std::uint64_t index = 0; index < parts; ++index) {
        const Share share(size, index, parts);
        for (std::uint64_t j = 0; j < 3 * share.per_round(); ++j) {
          const std::uint64_t number = share.number(j);
          ASSERT_TRUE(dealt.insert(number).second) << number << " twice, " << size << "/" << parts;
          ASSERT_EQ(share.count_below(number), j);
          ASSERT_EQ(share.count_below(number + 1), j + 1);
          if (j > 0) {
            ASSERT_GT(number, share.number(j - 1));
          }
        }
      }
      ASSERT_EQ(dealt.size(), 3 * size);
      ASSERT_EQ(*dealt.rbegin(), 3 * size - 1);
    }
  }
}

TEST(Share, GivesEachPartAsManyAsItsCut) {
  for (std::uint64_t index = 0; index < 3; ++index) {
    EXPECT_EQ(Share(7, index, 3).per_round(), cut(7, index + 1, 3) - cut(7, index, 3));
  }
}

TEST(Share, TakesTurnsSoThatNoPartWaitsForAWholeRound) {
  const Share first(100, 0, 4);
  EXPECT_EQ(first.number(0), 0U);
  EXPECT_EQ(first.number(1), 4U);
  EXPECT_EQ(first.number(25), 100U);
  EXPECT_EQ(Share(100, 3, 4).number(0), 3U);
}

TEST(Share, CountsFarAhead) {
  constexpr std::uint64_t kFar = 1'000'000'000'000'007;
  std::uint64_t all = 0;
  for (std::uint64_t index = 0; index < 6; ++index) all += Share(1'000'003, index, 6).count_below(kFar);
  EXPECT_EQ(all, kFar);
}

}  // namespace
}  // namespace ringstorm
