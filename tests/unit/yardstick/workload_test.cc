#include "yardstick/workload.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringstorm::yardstick {
namespace {

std::uintptr_t address(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

TEST(Lengths, SayWhatTheyAre) {
  EXPECT_EQ(Lengths::of(125).text(), "125");
  EXPECT_EQ((Lengths{1, 125}.text()), "1..125");
}

TEST(Draw, GivesTheOneLength) {
  EXPECT_THAT(draw(Lengths::of(20)), testing::ElementsAre(20));
}

TEST(Draw, GivesManyInTheRangeAndTheSameEveryTime) {
  for (const Lengths& range : random_ranges()) {
    const auto drawn = draw(range);
    EXPECT_EQ(drawn.size(), kRandomLengths);
    EXPECT_EQ(*std::ranges::min_element(drawn), range.least) << range.text();
    if (range.spread == Lengths::Spread::even) {
      EXPECT_EQ(*std::ranges::max_element(drawn), range.most) << range.text();
    }
    EXPECT_LE(*std::ranges::max_element(drawn), range.most) << range.text();
    EXPECT_EQ(drawn, draw(range));
    EXPECT_NE(drawn, draw(range, 7));
  }
}

TEST(Draw, LogarithmicMeansEachDoublingAsOften) {
  const auto drawn = draw({1, 65536, Lengths::Spread::logarithmic});
  const auto share = [&](std::uint32_t from, std::uint32_t to) {
    const auto in = [&](std::uint32_t n) { return n >= from && n < to; };
    return static_cast<double>(std::ranges::count_if(drawn, in)) / static_cast<double>(drawn.size());
  };
  EXPECT_NEAR(share(256, 512), 1.0 / 16, 0.005);
  EXPECT_NEAR(share(16384, 32768), 1.0 / 16, 0.005);
}

TEST(Workload, AlignedMeansTheStartOfACacheLine) {
  const Workload work({.lengths = {1, 125}});
  for (std::size_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(address(work[i].source) % 64, 0U);
    EXPECT_EQ(address(work[i].destination) % 64, 0U);
  }
}

TEST(Workload, ScatteredMeansEveryOffset) {
  const Workload work({.lengths = {1, 125}, .placement = Placement::any()});
  std::set<std::uintptr_t> offsets;
  for (std::size_t i = 0; i < 64; ++i) offsets.insert(address(work[i].source) % 64);
  EXPECT_EQ(offsets.size(), 64U);
}

TEST(Workload, PutsSourceAndDestinationWhereItIsTold) {
  for (const std::size_t distance : {std::size_t{0}, std::size_t{1}, std::size_t{64}, std::size_t{4032}}) {
    const Workload work({.lengths = Lengths::of(1000),
                         .placement = {.source = 6, .destination = 31},
                         .distance_4096 = distance});
    EXPECT_EQ(address(work[0].source) % 64, 6U);
    EXPECT_EQ((address(work[0].destination) - address(work[0].source)) % 4096, (distance + 25) % 4096);
  }
}

TEST(Workload, EachMakesTheSameCallsFromWhereItIsTold) {
  const Workload work({.lengths = {1, 125}, .placement = Placement::any()});
  EXPECT_EQ(work.size(), kRandomLengths);
  const std::size_t first = 3 * work.size() - 2;
  for (std::size_t site = 0; site < kCallSites; ++site) {
    std::size_t i = first;
    work.each(site, first, 70, [&](const Workload::Call& call) {
      EXPECT_EQ(call.source, work[i].source);
      EXPECT_EQ(call.destination, work[i].destination);
      EXPECT_EQ(call.bytes, work[i].bytes);
      ++i;
    });
    EXPECT_EQ(i, first + 70);
  }
}

TEST(Workload, EveryCallLiesInItsSlotWithRoomBehind) {
  for (const Lengths& range : random_ranges()) {
    const Workload work({.lengths = range, .placement = Placement::any()});
    for (std::size_t i = 0; i < kRandomLengths; ++i) {
      const Workload::Call call = work[i];
      ASSERT_GE(call.source, work.source_slot(i).data());
      ASSERT_LE(call.source + call.bytes + 128, work.source_slot(i).data() + work.slot_bytes());
      ASSERT_GE(call.destination, work.destination_slot(i).data());
      ASSERT_LE(call.destination + call.bytes + 14 + 128,
                work.destination_slot(i).data() + work.slot_bytes());
    }
    // The rings do not overlap.
    EXPECT_LE(work.source_slot(work.slots() - 1).data() + work.slot_bytes(), work.destination_slot(0).data());
  }
}

TEST(Workload, IsARingOfAboutSixteenKibibytes) {
  EXPECT_EQ(Workload({.lengths = Lengths::of(20)}).slots(), 64U);
  EXPECT_EQ(Workload({.lengths = Lengths::of(1000)}).slots(), 8U);
  EXPECT_EQ(Workload({.lengths = Lengths::of(1 << 20)}).slots(), 2U);
  EXPECT_EQ(Workload({.lengths = Lengths::of(1000), .slots = 1}).slots(), 1U);
}

TEST(Workload, KnowsItsMeanLength) {
  EXPECT_EQ(Workload({.lengths = Lengths::of(20)}).mean_bytes(), 20);
  EXPECT_NEAR(Workload({.lengths = {1, 125}}).mean_bytes(), 63, 0.5);
}

}  // namespace
}  // namespace ringstorm::yardstick
