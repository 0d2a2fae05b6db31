#include "compare/typical_values.h"

#include <bit>
#include <cmath>

#include <gtest/gtest.h>

#include "unit/compare/example_record.h"

namespace ringstorm {
namespace {

/// The definition: all sign flips of the scores, those whose sum is at least the observed.
double by_definition(const std::vector<double>& scores) {
  double observed = 0;
  for (const double score : scores) observed += score;
  const std::size_t all = std::size_t{1} << scores.size();
  std::size_t as_large = 0;
  for (std::size_t flips = 0; flips < all; ++flips) {
    double sum = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) sum += ((flips >> i) & 1) != 0 ? -scores[i] : scores[i];
    if (sum >= observed - 1e-9) ++as_large;
  }
  return static_cast<double>(as_large) / static_cast<double>(all);
}

/// The definition: all ways to call as many of the values b, those whose difference is at least the observed.
double by_definition(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> values = a;
  values.insert(values.end(), b.begin(), b.end());
  const auto difference = [&](std::size_t second) {
    double sum_a = 0;
    double sum_b = 0;
    for (std::size_t i = 0; i < values.size(); ++i) (((second >> i) & 1) != 0 ? sum_b : sum_a) += values[i];
    return sum_b / static_cast<double>(b.size()) - sum_a / static_cast<double>(a.size());
  };
  const std::size_t observed = ((std::size_t{1} << b.size()) - 1) << a.size();
  std::size_t all = 0;
  std::size_t as_large = 0;
  for (std::size_t second = 0; second < std::size_t{1} << values.size(); ++second) {
    if (static_cast<std::size_t>(std::popcount(second)) != b.size()) continue;
    ++all;
    if (difference(second) >= difference(observed) - 1e-9) ++as_large;
  }
  return static_cast<double>(as_large) / static_cast<double>(all);
}

std::vector<double> some_scores(std::size_t n, double centre, std::uint64_t seed) {
  Prng prng(seed);
  std::vector<double> scores;
  for (std::size_t i = 0; i < n; ++i) scores.push_back(centre + bell(prng));
  return scores;
}

TEST(TypicalValuesOfScores, CountWhatTheSignFlipTestCounts) {
  for (std::size_t n = 1; n <= 10; ++n) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const std::vector<double> scores = some_scores(n, 0.5, seed);
      EXPECT_DOUBLE_EQ(TypicalValues::of_scores(scores, 1).p_above(0), by_definition(scores))
          << n << " " << seed;
    }
  }
}

TEST(TypicalValuesOfScores, AllOnOneSideGivesTheLeastProbability) {
  const std::vector<double> scores{0.01, 0.02, 0.03, 0.01, 0.02, 0.04};
  const TypicalValues values = TypicalValues::of_scores(scores, 1);
  EXPECT_DOUBLE_EQ(values.p_above(0), 1.0 / 64);
  EXPECT_DOUBLE_EQ(values.p_below(0), 1.0);
}

TEST(TypicalValuesOfScores, NoChangeAtAllIsNoEvidence) {
  const std::vector<double> scores(10, 0.0);
  const TypicalValues values = TypicalValues::of_scores(scores, 1);
  EXPECT_DOUBLE_EQ(values.p_above(0), 1.0);
  EXPECT_DOUBLE_EQ(values.p_below(0), 1.0);
}

TEST(TypicalValuesOfScores, BoundsAreWhereTheTestTurns) {
  const std::vector<double> scores = some_scores(9, 0.3, 4);
  const TypicalValues values = TypicalValues::of_scores(scores, 1);
  for (const double alpha : {0.01, 0.025, 0.05, 0.1, 0.3}) {
    const double bound = values.upper_bound(alpha).value();
    EXPECT_GT(values.p_below(bound - 1e-6), alpha);
    EXPECT_LE(values.p_below(bound + 1e-6), alpha);
  }
}

TEST(TypicalValuesOfScores, TooFewScoresBoundNothing) {
  const std::vector<double> scores = some_scores(5, 0, 4);
  const TypicalValues values = TypicalValues::of_scores(scores, 1);
  EXPECT_FALSE(values.interval(0.05).has_value());  // 2 of 32 is more than 5 %
  EXPECT_TRUE(values.interval(0.0625).has_value());
  EXPECT_DOUBLE_EQ(values.spendable(0.03), 0.0);
  EXPECT_DOUBLE_EQ(values.spendable(0.07), 2.0 / 32);
}

TEST(TypicalValuesOfScores, AWholeStepIsNotLostToRounding) {
  for (std::size_t n = 1; n <= 12; ++n) {
    const TypicalValues values = TypicalValues::of_scores(some_scores(n, 0, n), 1);
    const double step = std::exp2(-static_cast<double>(n));
    for (double k = 1; k < 10 && k * step < 1; ++k) {
      EXPECT_DOUBLE_EQ(values.spendable(k * 0.1 * step * 10), k * step);
    }
  }
}

TEST(TypicalValuesOfScores, ManyScoresAreSampledBySeed) {
  const std::vector<double> scores = some_scores(40, 0.2, 11);
  const double p = TypicalValues::of_scores(scores, 7).p_above(0);
  EXPECT_DOUBLE_EQ(TypicalValues::of_scores(scores, 7).p_above(0), p);
  EXPECT_NE(TypicalValues::of_scores(scores, 8).p_above(0), p);
  EXPECT_NEAR(TypicalValues::of_scores(scores, 8).p_above(0), p, 0.01);
}

TEST(TypicalValuesOfScores, SamplingAgreesWithAllSubsets) {
  // Sixteen are judged exactly; a seventeenth that is their mean changes the exact answer little.
  std::vector<double> scores = some_scores(16, 0.4, 3);
  const double exact = TypicalValues::of_scores(scores, 1).p_above(0);
  double sum = 0;
  for (const double score : scores) sum += score;
  scores.push_back(sum / 16);
  EXPECT_NEAR(TypicalValues::of_scores(scores, 1).p_above(0), exact, 0.02);
}

TEST(TypicalValuesOfBatches, CountWhatThePermutationTestCounts) {
  for (std::size_t n = 1; n <= 5; ++n) {
    for (std::size_t m = 1; m <= 5; ++m) {
      const std::vector<double> a = some_scores(n, 0, 10 * n + m);
      const std::vector<double> b = some_scores(m, 0.5, 100 + 10 * n + m);
      EXPECT_DOUBLE_EQ(TypicalValues::of_batches(a, b, 1).p_above(0), by_definition(a, b)) << n << " " << m;
    }
  }
}

TEST(TypicalValuesOfBatches, AShiftMovesTheBoundsByAsMuch) {
  const std::vector<double> a = some_scores(5, 0, 1);
  std::vector<double> b = some_scores(5, 0, 2);
  const Interval before = TypicalValues::of_batches(a, b, 1).interval(0.05).value();
  for (double& value : b) value += 3;
  const Interval after = TypicalValues::of_batches(a, b, 1).interval(0.05).value();
  EXPECT_NEAR(after.low, before.low + 3, 1e-9);
  EXPECT_NEAR(after.high, before.high + 3, 1e-9);
}

TEST(TypicalValuesOfBatches, ManyAreSampledBySeed) {
  const std::vector<double> a = some_scores(12, 0, 1);
  const std::vector<double> b = some_scores(12, 0.8, 2);
  const double p = TypicalValues::of_batches(a, b, 7).p_above(0);
  EXPECT_DOUBLE_EQ(TypicalValues::of_batches(a, b, 7).p_above(0), p);
  EXPECT_NEAR(TypicalValues::of_batches(a, b, 8).p_above(0), p, 0.01);
}

}  // namespace
}  // namespace ringstorm
