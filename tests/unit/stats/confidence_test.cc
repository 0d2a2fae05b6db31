// The intervals against their definitions, summed, solved and integrated here from scratch.
#include "stats/confidence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/prng.h"

namespace ringstorm {
namespace {

/// P(X <= x) for every x, from logarithms of factorials.
std::vector<double> binomial_cdf(std::uint64_t n, double q) {
  std::vector<double> cdf;
  double sum = 0;
  for (std::uint64_t x = 0; x <= n; ++x) {
    const double log_choose = std::lgamma(static_cast<double>(n + 1)) -
                              std::lgamma(static_cast<double>(x + 1)) -
                              std::lgamma(static_cast<double>(n - x + 1));
    sum += std::exp(log_choose + static_cast<double>(x) * std::log(q) +
                    static_cast<double>(n - x) * std::log1p(-q));
    cdf.push_back(sum);
  }
  return cdf;
}

TEST(QuantileRanks, OfTheMedianAreTheUsualOnes) {
  // As in the tables of textbooks for the sign test.
  EXPECT_EQ(quantile_ranks(0, 0.5), (RankInterval{0, 1}));
  EXPECT_EQ(quantile_ranks(1, 0.5), (RankInterval{0, 2}));
  EXPECT_EQ(quantile_ranks(5, 0.5), (RankInterval{0, 6}));  // 1/32 + 1/32 is beyond 5 %
  EXPECT_EQ(quantile_ranks(6, 0.5), (RankInterval{1, 6}));
  EXPECT_EQ(quantile_ranks(10, 0.5), (RankInterval{2, 9}));
  EXPECT_EQ(quantile_ranks(20, 0.5), (RankInterval{6, 15}));
  EXPECT_EQ(quantile_ranks(100, 0.5), (RankInterval{40, 61}));
}

TEST(QuantileRanks, LeaveOutAtMostTheirTailsAndNoMoreThanTheyMust) {
  for (const double q : {0.01, 0.1, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999}) {
    for (const std::uint64_t n : {1U, 2U, 7U, 30U, 100U, 299U, 1'000U, 4'321U, 30'000U}) {
      SCOPED_TRACE(testing::Message() << "n " << n << " q " << q);
      const RankInterval ranks = quantile_ranks(n, q);
      const std::vector<double> cdf = binomial_cdf(n, q);
      ASSERT_LE(ranks.low, n);
      ASSERT_GE(ranks.high, 1U);
      ASSERT_LE(ranks.high, n + 1);
      constexpr double kRounding = 1e-9;
      // The quantile lies below the low rank when fewer samples than that fall below it.
      if (ranks.low > 0) {
        EXPECT_LE(cdf[ranks.low - 1], 0.025 + kRounding);
      }
      EXPECT_GT(cdf[ranks.low], 0.025 - kRounding);
      EXPECT_LE(1.0 - cdf[ranks.high - 1], 0.025 + kRounding);
      if (ranks.high >= 2) {
        EXPECT_GT(1.0 - cdf[ranks.high - 2], 0.025 - kRounding);
      }
    }
  }
}

TEST(QuantileRanks, TheNormalApproximationAgreesWithTheSum) {
  for (const std::uint64_t n : {40'001U, 100'000U}) {  // just beyond the variance of 10,000, and well beyond
    const RankInterval ranks = quantile_ranks(n, 0.5);
    const std::vector<double> cdf = binomial_cdf(n, 0.5);
    const double covered = cdf[ranks.high - 1] - cdf[ranks.low - 1];
    EXPECT_GE(covered, 0.95);
    EXPECT_LE(covered, 0.953);
  }
}

TEST(QuantileRanks, HoldAtTheEdges) {
  EXPECT_EQ(quantile_ranks(100, 0.0), (RankInterval{0, 1}));
  EXPECT_EQ(quantile_ranks(100, 1.0), (RankInterval{100, 101}));
  const RankInterval tail = quantile_ranks(100'000'000'000, 0.999'999'9);  // 10,000 beyond
  EXPECT_NEAR(static_cast<double>(100'000'000'000 - tail.low), 10'196, 2);
  EXPECT_NEAR(static_cast<double>(100'000'000'000 - tail.high), 9'803, 3);
}

TEST(QuantileRanks, CoverTheTruthOfADistributionTheyDoNotKnow) {
  Prng random(7);
  constexpr double q = 0.9;
  constexpr std::uint64_t n = 200;
  const double truth = -std::log(1 - q);
  const RankInterval ranks = quantile_ranks(n, q);
  constexpr int kRuns = 4'000;
  int covered = 0;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> values;
    for (std::uint64_t i = 0; i < n; ++i) values.push_back(-std::log(1 - random.unit()));
    std::ranges::sort(values);
    covered += values[ranks.low - 1] <= truth && truth <= values[ranks.high - 1] ? 1 : 0;
  }
  EXPECT_GE(covered, kRuns * 94 / 100);
  EXPECT_LE(covered, kRuns * 98 / 100);
}

TEST(RatioInterval, AreTheTwoRatiosThatAreJustNotRefuted) {
  // Wilson's bounds solve |p - count / of| = z sqrt(p (1 - p) / of): found here by bisection.
  const auto refuted_by = [](double p, double seen, double n) {
    return std::abs(p - seen) - kNormal975 * std::sqrt(p * (1 - p) / n);
  };
  for (const std::uint64_t of : {1U, 5U, 30U, 1'000U, 1'000'000U}) {
    for (const std::uint64_t count :
         {std::uint64_t{0}, std::uint64_t{1}, of / 3, of - 1, std::uint64_t{of}}) {
      SCOPED_TRACE(testing::Message() << count << " of " << of);
      const double n = static_cast<double>(of);
      const double seen = static_cast<double>(count) / n;
      const std::optional<Interval> interval = ratio_interval(count, of);
      ASSERT_TRUE(interval);
      const auto solve = [&](double refuted, double held) {
        for (int i = 0; i < 200; ++i) {
          const double middle = (refuted + held) / 2;
          (refuted_by(middle, seen, n) > 0 ? refuted : held) = middle;
        }
        return held;
      };
      EXPECT_NEAR(interval->low, count == 0 ? 0.0 : solve(0.0, seen), 1e-12);
      EXPECT_NEAR(interval->high, count == of ? 1.0 : solve(1.0, seen), 1e-12);
    }
  }
}

TEST(RatioInterval, OfNoneIsNotNothing) {
  EXPECT_FALSE(ratio_interval(0, 0));
  EXPECT_EQ(ratio_interval(0, 10)->low, 0.0);
  EXPECT_NEAR(ratio_interval(0, 10)->high, 0.2775, 0.0001);  // z^2 / (n + z^2)
  EXPECT_NEAR(ratio_interval(10, 10)->low, 0.7225, 0.0001);
  EXPECT_EQ(ratio_interval(10, 10)->high, 1.0);
}

TEST(StudentT, LeavesOutTwoAndAHalfPercent) {
  for (std::size_t degrees = 1; degrees < kMostBatches; ++degrees) {
    const double v = static_cast<double>(degrees);
    const double scale =
        std::exp(std::lgamma((v + 1) / 2) - std::lgamma(v / 2)) / std::sqrt(v * 3.14159265358979323846);
    const auto density = [&](double t) { return scale * std::pow(1 + t * t / v, -(v + 1) / 2); };
    // Simpson's rule from 0, where half of it lies below.
    constexpr int kSteps = 20'000;
    const double h = student_t(degrees) / kSteps;
    double sum = density(0) + density(student_t(degrees));
    for (int i = 1; i < kSteps; ++i) sum += density(h * i) * (i % 2 == 1 ? 4 : 2);
    EXPECT_NEAR(0.5 + sum * h / 3, 0.975, 1e-7) << degrees;
  }
}

std::vector<RateRow> rows_of(std::initializer_list<std::uint64_t> counts) {
  std::vector<RateRow> rows;
  for (const std::uint64_t count : counts) rows.push_back({seconds(1), count});
  return rows;
}

TEST(RateInterval, IsStudentsAroundTheRateOfAll) {
  const auto rows = rows_of({90, 110, 100, 100});  // mean 100, s^2 = 200 / 3
  const std::optional<Interval> interval = rate_interval(rows);
  ASSERT_TRUE(interval);
  const double reach = 3.182446 * std::sqrt(200.0 / 3 / 4);
  EXPECT_NEAR(interval->low, 100 - reach, 1e-6);
  EXPECT_NEAR(interval->high, 100 + reach, 1e-6);
}

TEST(RateInterval, NeedsTwoBatchesAndNeverFallsBelowZero) {
  EXPECT_FALSE(rate_interval({}));
  EXPECT_FALSE(rate_interval(rows_of({100})));
  EXPECT_FALSE(rate_interval(std::vector<RateRow>{{Duration{0}, 5}, {Duration{0}, 5}}));
  EXPECT_FALSE(rate_interval(std::vector<RateRow>{{seconds(1), 100}, {milliseconds(20), 1}}));
  EXPECT_EQ(rate_interval(rows_of({0, 1'000}))->low, 0.0);
  const std::optional<Interval> steady = rate_interval(rows_of({50, 50, 50}));
  EXPECT_EQ(steady->low, 50.0);
  EXPECT_EQ(steady->high, 50.0);
}

TEST(RateInterval, AShortRowAtTheEndIsNoBatchOfItsOwn) {
  auto rows = rows_of({100, 100, 100, 100, 100, 100, 100, 100, 100, 100});
  rows.push_back({milliseconds(20), 0});  // alone it would be a batch at a rate of 0
  const std::optional<Interval> interval = rate_interval(rows);
  ASSERT_TRUE(interval);
  EXPECT_GT(interval->low, 99.0);
}

TEST(RateInterval, ManyRowsBecomeFewBatches) {
  // Alternating rows are alike two by two: 40 of them in 20 batches have no spread left.
  std::vector<RateRow> rows;
  for (int i = 0; i < 40; ++i) rows.push_back({seconds(1), i % 2 == 0 ? 50U : 150U});
  const std::optional<Interval> interval = rate_interval(rows);
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->low, 100.0);
  EXPECT_EQ(interval->high, 100.0);
}

TEST(RateInterval, NoBatchStaysEmptyWhateverTheRows) {
  Prng random(3);
  for (int run = 0; run < 2'000; ++run) {
    std::vector<RateRow> rows;
    const std::uint64_t count = 1 + random.below(60);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto half_seconds = static_cast<std::int64_t>(random.below(4));
      rows.push_back({milliseconds(500 * half_seconds), random.below(1'000)});
    }
    if (const std::optional<Interval> interval = rate_interval(rows)) {
      ASSERT_TRUE(std::isfinite(interval->low) && std::isfinite(interval->high)) << run;
      ASSERT_LE(interval->low, interval->high);
    }
  }
}

TEST(RateInterval, CoversTheTruthOfCorrelatedRows) {
  // Seconds of which each keeps half of the last one's deviation, as a noisy machine's do.
  Prng random(11);
  constexpr int kRuns = 2'000;
  int covered = 0;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<RateRow> rows;
    double deviation = 0;
    for (int i = 0; i < 200; ++i) {
      deviation = deviation * 0.5 + (random.unit() - 0.5) * 200;
      rows.push_back({seconds(1), static_cast<std::uint64_t>(std::llround(1'000 + deviation))});
    }
    const std::optional<Interval> interval = rate_interval(rows);
    covered += interval->low <= 1'000 && 1'000 <= interval->high ? 1 : 0;
  }
  EXPECT_GE(covered, kRuns * 90 / 100);
  EXPECT_LE(covered, kRuns * 98 / 100);
}

}  // namespace
}  // namespace ringstorm
