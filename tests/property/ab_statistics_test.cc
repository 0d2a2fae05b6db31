// What must hold of the judgement whatever was measured: chance is what it says it is, the sides' names do
// not matter, and worse is never better.
#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "compare/ab_judgement.h"
#include "compare/typical_values.h"
#include "unit/compare/example_record.h"

namespace ringstorm {
namespace {

/// Looks as usual, at rounds that take less time to go through.
AbRecord short_record(Truth truth) {
  truth.rounds = 10;
  truth.pairs = 1;
  AbRecord record = example_record(truth);
  record.rules.looks = {6, 8, 10};
  record.rules.alpha = 0.05;  // so that few comparisons say something
  return record;
}

/// With one look, so that nothing is decided early.
AbRecord record_of(Truth truth) {
  AbRecord record = example_record(truth);
  record.rules.looks = {truth.rounds};
  return record;
}

// Under the null hypothesis every combination of signs is as likely, so p is exactly uniform: each of its 2^n
// values once.
TEST(SignFlipTest, PIsExactlyUniformUnderTheNull) {
  Prng prng(5);
  constexpr std::size_t kScores = 9;
  std::vector<double> scores(kScores);
  for (double& score : scores) score = std::abs(bell(prng)) + 0.01;
  std::set<double> seen;
  for (std::size_t signs = 0; signs < std::size_t{1} << kScores; ++signs) {
    std::vector<double> flipped = scores;
    for (std::size_t i = 0; i < kScores; ++i) {
      if (((signs >> i) & 1) != 0) flipped[i] = -flipped[i];
    }
    seen.insert(TypicalValues::of_scores(flipped, 1).p_above(0));
  }
  ASSERT_EQ(seen.size(), std::size_t{1} << kScores);
  double expected = 0;
  for (const double p : seen) EXPECT_DOUBLE_EQ(p, (expected += 1) / 512);
}

TEST(SignFlipTest, SampledFlipsKeepTheLevel) {
  Prng prng(17);
  constexpr int kTrials = 100;
  int below_tenth = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> scores(20);
    for (double& score : scores) score = bell(prng);
    below_tenth += TypicalValues::of_scores(scores, prng.next()).p_above(0) <= 0.1 ? 1 : 0;
  }
  EXPECT_NEAR(below_tenth, 10, 12);  // four standard deviations
}

TEST(PermutationTest, PIsExactlyUniformUnderTheNull) {
  Prng prng(6);
  std::vector<double> values(8);
  for (double& value : values) value = bell(prng);
  std::multiset<double> seen;
  for (std::size_t chosen = 0; chosen < 256; ++chosen) {
    std::vector<double> a;
    std::vector<double> b;
    for (std::size_t i = 0; i < 8; ++i) (((chosen >> i) & 1) != 0 ? b : a).push_back(values[i]);
    if (b.size() == 4) seen.insert(TypicalValues::of_batches(a, b, 1).p_above(0));
  }
  ASSERT_EQ(seen.size(), 70u);
  double expected = 0;
  for (const double p : seen) EXPECT_DOUBLE_EQ(p, (expected += 1) / 70);
}

// Noise so great that every comparison goes through all looks.
TEST(Judgement, AFalseAlarmIsAsRareAsAlphaOverAllLooks) {
  constexpr int kTrials = 1'200;
  int alarms = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const AbRecord record = short_record({.round_noise = 0.1, .seed = 1'000u + static_cast<unsigned>(trial)});
    alarms += judge(record).verdict == AbVerdict::regressed ? 1 : 0;
  }
  EXPECT_LE(alarms, 60 + 30);  // four standard deviations above 5 %
  EXPECT_GE(alarms, 6);        // it does spend it
}

TEST(Judgement, AWorseningByTheToleranceIsSeldomOk) {
  constexpr int kTrials = 800;
  int ok = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const AbRecord record = short_record(
        {.throughput = std::log(0.95), .round_noise = 0.04, .seed = 5'000u + static_cast<unsigned>(trial)});
    ok += judge(record).verdict == AbVerdict::ok ? 1 : 0;
  }
  EXPECT_LE(ok, 40 + 25);  // four standard deviations above 5 %
}

TEST(Judgement, TheSidesNamesDoNotMatter) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const double effect = 0.02 * (static_cast<double>(seed % 9) - 4);
    const AbRecord record =
        record_of({.rounds = 12, .throughput = effect, .round_noise = 0.01, .seed = seed});
    const AbJudgement one = judge(record);
    const AbJudgement other = judge(with_sides_exchanged(record));
    for (std::size_t m = 0; m < 2; ++m) {
      EXPECT_NEAR(std::log1p(*one.metrics[m].change), -std::log1p(*other.metrics[m].change), 1e-12);
      EXPECT_EQ(one.metrics[m].verdict == AbVerdict::regressed, other.metrics[m].improved) << "seed " << seed;
      EXPECT_EQ(one.metrics[m].improved, other.metrics[m].verdict == AbVerdict::regressed) << "seed " << seed;
      EXPECT_NEAR(std::log1p(one.metrics[m].interval->low), -std::log1p(other.metrics[m].interval->high),
                  1e-12);
    }
  }
}

TEST(Judgement, WorseIsNeverBetter) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    double p_before = 2;
    bool regressed_before = false;
    for (int step = 0; step <= 10; ++step) {
      const AbRecord record =
          record_of({.rounds = 12, .latency = 0.02 * step, .round_noise = 0.03, .seed = seed});
      const MetricJudgement latency = judge(record).metrics[1];
      EXPECT_LE(*latency.p_worse, p_before);
      EXPECT_TRUE(!regressed_before || latency.verdict == AbVerdict::regressed) << "seed " << seed;
      p_before = *latency.p_worse;
      regressed_before = latency.verdict == AbVerdict::regressed;
    }
    EXPECT_TRUE(regressed_before) << "seed " << seed;  // 22 % is seen
  }
}

TEST(Judgement, NeitherTheUnitNorTheOrderOfRoundsMatters) {
  AbRecord record = record_of({.rounds = 12, .throughput = -0.03, .seed = 8});
  const AbJudgement before = judge(record);
  std::reverse(record.rounds.begin(), record.rounds.end());
  for (AbRound& round : record.rounds) {
    for (AbSlice& slice : round.slices) *slice.values[0] *= 1e-3;
  }
  const AbJudgement after = judge(record);
  EXPECT_EQ(before.verdict, after.verdict);
  EXPECT_DOUBLE_EQ(*before.metrics[0].p_worse, *after.metrics[0].p_worse);
  EXPECT_NEAR(*before.metrics[0].change, *after.metrics[0].change, 1e-12);
}

TEST(Judgement, TheIntervalHoldsTheTruthAsOftenAsItSays) {
  constexpr int kTrials = 1'000;
  const double truth = std::expm1(-0.03);
  int inside = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const AbRecord record = record_of(
        {.rounds = 8, .pairs = 1, .throughput = -0.03, .seed = 9'000u + static_cast<unsigned>(trial)});
    const Interval interval = *judge(record).metrics[0].interval;
    inside += interval.low <= truth && truth <= interval.high ? 1 : 0;
  }
  // 6 of 256 are left out at each end: 95.3 %, and four standard deviations.
  EXPECT_NEAR(inside, 953, 27);
}

}  // namespace
}  // namespace ringstorm
