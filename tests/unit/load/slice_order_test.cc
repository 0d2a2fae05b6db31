// Whose slice is when: mirrored pairs in an order nobody can be in step with.
#include "load/slice_order.h"

#include <set>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

TEST(MirroredOrder, EveryPairHasOneOfEachSideAndEveryTwoPairsAreMirrored) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::vector<bool> order = mirrored_order(8, seed);
    ASSERT_EQ(order.size(), 16U);
    for (std::size_t i = 0; i < order.size(); i += 4) {
      EXPECT_NE(order[i], order[i + 1]) << seed;
      EXPECT_EQ(order[i], order[i + 3]) << seed;
      EXPECT_EQ(order[i + 1], order[i + 2]) << seed;
    }
  }
}

TEST(MirroredOrder, TheCoinIsTossedForEveryTwoPairs) {
  std::size_t first = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const std::vector<bool> order = mirrored_order(4, seed);
    first += order[0];
    first += order[4];
  }
  EXPECT_NEAR(static_cast<double>(first), 1000, 100);
  std::set<std::vector<bool>> orders;
  for (std::uint64_t seed = 0; seed < 200; ++seed) orders.insert(mirrored_order(6, seed));
  EXPECT_EQ(orders.size(), 8U) << "three independent tosses";
}

TEST(MirroredOrder, IsAFunctionOfTheSeed) {
  EXPECT_EQ(mirrored_order(60, 7), mirrored_order(60, 7));
}

TEST(MirroredOrder, TheLastOfAnOddNumberIsAPairToo) {
  const std::vector<bool> order = mirrored_order(3, 1);
  ASSERT_EQ(order.size(), 6U);
  EXPECT_NE(order[4], order[5]);
}

TEST(SliceTiming, AGapIsBeforeTheFirstSliceAndAfterEach) {
  const SliceTiming timing{.slice = milliseconds(100), .gap = milliseconds(20)};
  EXPECT_EQ(timing.begin(0), milliseconds(20));
  EXPECT_EQ(timing.end(0), milliseconds(120));
  EXPECT_EQ(timing.begin(1), milliseconds(140));
  EXPECT_EQ(timing.length(2), milliseconds(260));
}

}  // namespace
}  // namespace ringstorm
