#include "compare/ab_scores.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/compare/example_record.h"

namespace ringstorm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

AbRecord quiet_record() {
  return example_record({.rounds = 2, .pairs = 4, .throughput = -0.1, .round_noise = 0, .pair_noise = 0});
}

TEST(Counted, KeepsEverythingWhenNothingStandsOut) {
  const AbRecord record = quiet_record();
  const AbCounted counts = counted(record);
  EXPECT_EQ(counts.rounds.size(), 2u);
  EXPECT_EQ(counts.pairs_kept, 8u);
  EXPECT_EQ(counts.pairs_dropped, 0u);
}

TEST(Counted, AMarkOnEitherSideTakesThePair) {
  for (const std::size_t slice : {2u, 3u}) {
    AbRecord record = quiet_record();
    record.rounds[0].slices[slice].around.marks = {"clock step"};
    const AbCounted counts = counted(record);
    EXPECT_EQ(counts.pairs_kept, 7u);
    EXPECT_THAT(counts.dropped, ElementsAre(Pair("clock step", 1)));
  }
}

TEST(Counted, ARoundThatLostMoreThanItsShareDoesNotCount) {
  AbRecord record = quiet_record();
  for (const std::size_t slice : {0u, 2u, 4u}) record.rounds[1].slices[slice].around.steal = 0.3;
  const AbCounted counts = counted(record);
  EXPECT_EQ(counts.rounds.size(), 1u);
  EXPECT_EQ(counts.pairs_kept, 4u);
  EXPECT_EQ(counts.pairs_dropped, 4u);
  EXPECT_THAT(counts.spoiled, ElementsAre(Pair("too few pairs are left", 1)));
}

TEST(Counted, ASpoiledRoundIsNamed) {
  AbRecord record = quiet_record();
  record.rounds[0].spoiled = "the server on side b died";
  EXPECT_THAT(counted(record).spoiled, ElementsAre(Pair("the server on side b died", 1)));
}

TEST(Counted, HalfAPairIsNone) {
  AbRecord record = quiet_record();
  record.rounds[0].slices.pop_back();
  EXPECT_THAT(counted(record).dropped, ElementsAre(Pair("half a pair", 1)));
}

TEST(WhyDropped, LooksAtTheSurroundings) {
  const AbRules rules;
  AbSlice one;
  AbSlice other;
  EXPECT_EQ(why_dropped(one, other, rules), std::nullopt);
  one.around.foreign_cpu = 0.8;
  other.around.foreign_cpu = 0.7;  // busy, but alike: that is what pairs are for
  EXPECT_EQ(why_dropped(one, other, rules), std::nullopt);
  other.around.foreign_cpu = 0.1;
  EXPECT_EQ(why_dropped(one, other, rules), "unlike load by others");
  one.around.steal = 0.21;
  EXPECT_EQ(why_dropped(one, other, rules), "steal");
  one.around = {};
  one.around.cpu_pressure = 1;
  EXPECT_EQ(why_dropped(one, other, rules), std::nullopt);
}

TEST(WhyDropped, KnowsNoSide) {
  const AbRules rules;
  Prng prng(3);
  for (int i = 0; i < 1'000; ++i) {
    AbSlice one;
    AbSlice other;
    for (AbSlice* slice : {&one, &other}) {
      if (prng.below(2) == 0) slice->around.steal = prng.unit() * 0.4;
      if (prng.below(2) == 0) slice->around.foreign_cpu = prng.unit();
      if (prng.below(8) == 0) slice->around.marks = {prng.below(2) == 0 ? "x" : "y"};
    }
    EXPECT_EQ(why_dropped(one, other, rules), why_dropped(other, one, rules));
  }
}

TEST(RoundScore, IsTheLogarithmOfTheChange) {
  const AbRecord record = quiet_record();
  const AbCounted counts = counted(record);
  EXPECT_NEAR(round_score(record, counts.rounds[0], 0).value(), -0.1, 1e-9);
  EXPECT_NEAR(round_score(record, counts.rounds[0], 1).value(), 0, 1e-9);
  EXPECT_NEAR(round_level(record, counts.rounds[0], 0, AbSide::a).value(), std::log(50'000), 1e-9);
}

TEST(RoundScore, OneOutlierMovesItLittle) {
  AbRecord record = example_record({.rounds = 1, .pairs = 10, .round_noise = 0, .pair_noise = 0});
  record.rounds[0].slices[0].values[0] = 1.0;
  EXPECT_NEAR(round_score(record, counted(record).rounds[0], 0).value(), 0, 1e-9);
}

TEST(RoundScore, ASliceThatDidNotMeasureTakesNoPart) {
  AbRecord record = quiet_record();
  for (AbSlice& slice : record.rounds[0].slices) slice.values[1].reset();
  const AbCounted counts = counted(record);
  EXPECT_EQ(round_score(record, counts.rounds[0], 1), std::nullopt);
  EXPECT_TRUE(round_score(record, counts.rounds[1], 1).has_value());
}

TEST(RoundScore, AWholeRoundsValueIsTakenWhereNoSliceHasOne) {
  AbRecord record = quiet_record();
  for (AbSlice& slice : record.rounds[0].slices) slice.values[1].reset();
  record.rounds[0].values = {{{std::nullopt, 10.0}, {std::nullopt, 11.0}}};
  EXPECT_NEAR(round_score(record, counted(record).rounds[0], 1).value(), std::log(1.1), 1e-12);
}

TEST(TrimmedMean, LeavesOutAsManyAtEachEnd) {
  EXPECT_DOUBLE_EQ(trimmed_mean({100, 1, 2, 3, -50}, 0.2), 2);
  EXPECT_DOUBLE_EQ(trimmed_mean({1, 2}, 0.49), 1.5);
  EXPECT_DOUBLE_EQ(trimmed_mean({7}, 0.49), 7);
  EXPECT_DOUBLE_EQ(trimmed_mean({1, 2, 6}, 0), 3);
}

TEST(Stalls, OneThatIsSeenSeveralTimesCountsOnce) {
  AbRecord record = quiet_record();
  const auto stall = [&](std::size_t round, std::uint32_t pair, AbSide side) {
    for (AbSlice& slice : record.rounds[round].slices) {
      if (slice.pair == pair && slice.side == side) slice.longest_pause = milliseconds(90);
    }
  };
  stall(0, 0, AbSide::b);
  stall(0, 1, AbSide::b);
  stall(0, 3, AbSide::b);
  stall(1, 0, AbSide::b);
  stall(1, 2, AbSide::a);
  const AbCounted counts = counted(record);
  EXPECT_EQ(stalls(counts.rounds, milliseconds(50)).b, 3u);
  EXPECT_EQ(stalls(counts.rounds, milliseconds(50)).a, 1u);
  EXPECT_EQ(stalls(counts.rounds, milliseconds(90)).b, 0u);
}

TEST(Stalls, WhatBothSidesHadAtOnceIsNobodysFault) {
  AbRecord record = quiet_record();
  for (AbSlice& slice : record.rounds[0].slices) slice.longest_pause = milliseconds(90);
  EXPECT_EQ(stalls(counted(record).rounds, milliseconds(50)).b, 0u);
}

TEST(CheckRecord, SaysEverythingThatIsWrong) {
  AbRecord record = quiet_record();
  EXPECT_TRUE(check_record(record).ok());
  record.rules.alpha = 0;
  record.rules.looks = {6, 6, 1'001};
  record.metrics[0].tolerance = 0.01;
  record.rounds[0].slices[0].values[0] = std::numeric_limits<double>::infinity();
  record.rounds[1].slices[0].side = record.rounds[1].slices[1].side;
  EXPECT_EQ(check_record(record).errors().size(), 6u);
  EXPECT_THAT(to_string(check_record(record).errors()[3]), HasSubstr("/metrics/throughput"));
}

}  // namespace
}  // namespace ringstorm
