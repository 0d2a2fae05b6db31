#include "compare/ab_judgement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/compare/example_record.h"

namespace ringstorm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Judge, NoChangeIsOkAtTheFirstLook) {
  const AbJudgement judgement = judge(example_record({.rounds = 6}));
  EXPECT_EQ(judgement.verdict, AbVerdict::ok);
  EXPECT_EQ(judgement.rounds, 6u);
  EXPECT_THAT(judgement.reasons, IsEmpty());
  EXPECT_EQ(judgement.next_look, std::nullopt);
}

TEST(Judge, SixRoundsAreTooFewForARegressionAtOnePercent) {
  const AbJudgement judgement = judge(example_record({.rounds = 6, .throughput = -0.2}));
  EXPECT_EQ(judgement.verdict, AbVerdict::inconclusive);
  EXPECT_EQ(judgement.metrics[0].level, 0);
  EXPECT_EQ(judgement.next_look, 10u);
}

TEST(Judge, ARegressionIsFoundAndNamed) {
  const AbJudgement judgement = judge(example_record({.rounds = 10, .throughput = -0.05}));
  EXPECT_EQ(judgement.verdict, AbVerdict::regressed);
  EXPECT_EQ(judgement.metrics[0].verdict, AbVerdict::regressed);
  EXPECT_EQ(judgement.metrics[1].verdict, AbVerdict::ok);
  EXPECT_NEAR(judgement.metrics[0].change.value(), -0.05, 0.01);
  ASSERT_TRUE(judgement.metrics[0].interval.has_value());
  EXPECT_LT(judgement.metrics[0].interval->high, 0);
  EXPECT_THAT(judgement.reasons, ElementsAre(HasSubstr("throughput changed by -")));
}

TEST(Judge, WhatIsRealAndTooSmallIsOk) {
  const AbJudgement judgement =
      judge(example_record({.rounds = 16, .throughput = -0.01, .round_noise = 0.001}));
  EXPECT_EQ(judgement.verdict, AbVerdict::ok);
  EXPECT_LT(judgement.metrics[0].p_worse.value(), 0.02);
}

TEST(Judge, AnImprovementIsOkAndSaysSo) {
  const AbJudgement judgement = judge(example_record({.rounds = 16, .latency = -0.2}));
  EXPECT_EQ(judgement.verdict, AbVerdict::ok);
  EXPECT_FALSE(judgement.metrics[1].improved);  // decided at six rounds, too few to say so
  AbRecord record = example_record({.rounds = 16, .latency = -0.2});
  record.rules.looks = {16};
  EXPECT_TRUE(judge(record).metrics[1].improved);
}

TEST(Judge, TooMuchNoiseIsInconclusiveToTheEnd) {
  AbRecord record = example_record({.rounds = 16, .throughput = -0.05, .round_noise = 0.2, .seed = 3});
  const AbJudgement judgement = judge(record);
  EXPECT_EQ(judgement.verdict, AbVerdict::inconclusive);
  EXPECT_EQ(judgement.rounds, 16u);
  EXPECT_EQ(judgement.next_look, std::nullopt);
  EXPECT_GT(judgement.metrics[0].minimum_detectable.value(), 0.05);
  EXPECT_THAT(judgement.reasons[0], HasSubstr("neither be shown nor ruled out"));
}

TEST(Judge, RoundsBeyondTheLookThatDecidedChangeNothing) {
  const Truth truth{.rounds = 16, .throughput = -0.06};
  AbRecord longer = example_record(truth);
  AbRecord shorter = longer;
  shorter.rounds.resize(10);
  const AbJudgement one = judge(longer);
  const AbJudgement other = judge(shorter);
  EXPECT_EQ(one.rounds, other.rounds);
  EXPECT_EQ(one.metrics[0].change, other.metrics[0].change);
  EXPECT_EQ(one.verdict, other.verdict);
}

TEST(Judge, BeforeTheFirstLookThereAreEstimatesAndNoVerdict) {
  const AbJudgement judgement = judge(example_record({.rounds = 4, .throughput = -0.05}));
  EXPECT_EQ(judgement.verdict, AbVerdict::inconclusive);
  EXPECT_EQ(judgement.rounds, 0u);
  EXPECT_EQ(judgement.next_look, 6u);
  EXPECT_NEAR(judgement.metrics[0].change.value(), -0.05, 0.02);
  EXPECT_THAT(judgement.reasons, ElementsAre("4 of the 6 rounds that the first look needs"));
}

TEST(Judge, AMetricThatDoesNotGateDecidesNothing) {
  AbRecord record = example_record({.rounds = 10, .throughput = -0.2});
  record.metrics[0].gates = false;
  EXPECT_EQ(judge(record).verdict, AbVerdict::ok);
  record.metrics[1].gates = false;
  EXPECT_EQ(judge(record).verdict, AbVerdict::inconclusive);
}

TEST(Judge, WhatIsInvalidStaysSo) {
  AbRecord record = example_record({.rounds = 10, .throughput = -0.2});
  record.invalid = {"the server on side b did not start"};
  EXPECT_EQ(judge(record).verdict, AbVerdict::not_valid);
  EXPECT_THAT(judge(record).reasons, ElementsAre("the server on side b did not start"));
  record.invalid.clear();
  record.rules.looks.clear();
  EXPECT_EQ(judge(record).verdict, AbVerdict::not_valid);
}

TEST(Judge, AMetricThatWasNotMeasuredIsInconclusive) {
  AbRecord record = example_record({.rounds = 16});
  for (AbRound& round : record.rounds) {
    for (AbSlice& slice : round.slices) slice.values[1].reset();
  }
  const AbJudgement judgement = judge(record);
  EXPECT_EQ(judgement.verdict, AbVerdict::inconclusive);
  EXPECT_THAT(judgement.reasons, ElementsAre("latency.p99 was not measured on both sides"));
}

TEST(Judge, NewStallsAreARegressionThatRobustScoresHide) {
  AbRecord record = example_record({.rounds = 10});
  for (AbRound& round : record.rounds) {
    for (AbSlice& slice : round.slices) {
      slice.longest_pause = milliseconds(1);
      if (slice.side == AbSide::b && slice.pair == 3) slice.longest_pause = milliseconds(400);
    }
  }
  record.rules.looks = {10};
  const AbJudgement judgement = judge(record);
  EXPECT_EQ(judgement.verdict, AbVerdict::regressed);
  EXPECT_EQ(judgement.stalls->b, 10u);
  EXPECT_DOUBLE_EQ(judgement.stalls->p_more, 1.0 / 1024);
  EXPECT_EQ(judge(with_sides_exchanged(record)).verdict, AbVerdict::ok);
  record.rules.stall_pause.reset();
  EXPECT_EQ(judge(record).verdict, AbVerdict::ok);
}

TEST(Judge, ANoiselessMetricIsDetectedDownToItsMinimumEffect) {
  AbRecord record = example_record({.rounds = 6, .round_noise = 0, .pair_noise = 0});
  const AbJudgement judgement = judge(record);
  EXPECT_NEAR(judgement.metrics[0].minimum_detectable.value(), 0.02, 1e-9);
  EXPECT_NEAR(judgement.metrics[1].minimum_detectable.value(), 0.05, 1e-9);
}

TEST(Judge, TooFewRoundsForAlphaDetectNothingHoweverLarge) {
  AbRecord record = example_record({.rounds = 6});
  record.rules.looks = {6};
  EXPECT_EQ(judge(record).metrics[0].minimum_detectable, std::nullopt);
  record.rules.alpha = 0.2;
  EXPECT_TRUE(judge(record).metrics[0].minimum_detectable.has_value());
}

TEST(Judge, BatchesAreJudgedByExchangingRuns) {
  AbRecord record = example_record({.rounds = 16, .pairs = 1, .throughput = -0.1, .pair_noise = 0.005});
  record.design = AbDesign::batches;
  record.rules.looks = {16};
  for (std::size_t i = 0; i < record.rounds.size(); ++i) {
    auto& slices = record.rounds[i].slices;
    const AbSide side = i < 8 ? AbSide::a : AbSide::b;
    std::erase_if(slices, [&](const AbSlice& slice) { return slice.side != side; });
  }
  const AbJudgement judgement = judge(record);
  EXPECT_EQ(judgement.verdict, AbVerdict::regressed);
  EXPECT_NEAR(judgement.metrics[0].change.value(), -0.095, 0.01);
  EXPECT_EQ(judgement.metrics[0].rounds, 16u);
  EXPECT_FALSE(judgement.stalls.has_value());
}

TEST(EstimatesSoFar, UseEveryRoundAndSpendNothing) {
  const AbRecord record = example_record({.rounds = 8, .throughput = -0.05});
  const std::vector<MetricJudgement> estimates = estimates_so_far(record);
  ASSERT_EQ(estimates.size(), 2u);
  EXPECT_EQ(estimates[0].rounds, 8u);
  EXPECT_EQ(estimates[0].verdict, AbVerdict::inconclusive);
  EXPECT_TRUE(estimates[0].interval.has_value());
}

}  // namespace
}  // namespace ringstorm
