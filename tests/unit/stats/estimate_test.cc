// Censored quantiles against sorted values, in which each unanswered message was given every end it may have
// had.
#include "stats/estimate.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/prng.h"
#include "stats/confidence.h"

namespace ringstorm {
namespace {

using Values = std::vector<std::int64_t>;

Histogram histogram_of(const Values& values) {
  Histogram h;
  for (const std::int64_t value : values) h.record(nanoseconds(value));
  return h;
}

/// `count` values, evenly spaced up to `most`.
Values ramp(std::int64_t count, std::int64_t most) {
  Values values;
  for (std::int64_t i = 1; i <= count; ++i) values.push_back(i * most / count);
  return values;
}

Estimate quantile(const Values& recorded, const Values& censored, double q) {
  const auto estimate = estimate_quantile(histogram_of(recorded), histogram_of(censored), q);
  EXPECT_TRUE(estimate);
  return estimate.value_or(Estimate{});
}

TEST(EstimateQuantile, WithoutCensoringIsTheHistograms) {
  const Histogram recorded = histogram_of(ramp(10'000, 5'000'000));
  for (const double q : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999}) {
    const std::optional<Estimate> estimate = estimate_quantile(recorded, Histogram{}, q);
    ASSERT_TRUE(estimate);
    EXPECT_EQ(estimate->value, recorded.trusted_quantile(q));
    EXPECT_EQ(estimate->at_most, estimate->value);
    EXPECT_FALSE(estimate->at_least);
  }
}

TEST(EstimateQuantile, TheCensoredShareDecidesWhatIsKnown) {
  // 980 answered within 1,000 ns; 20 still unanswered after 2,000 ns.
  const Values recorded = ramp(980, 1'000);
  const Values censored(20, 2'000);
  const Estimate p50 = quantile(recorded, censored, 0.5);
  EXPECT_EQ(p50.value, nanoseconds(510));  // rank 500 of 1,000
  EXPECT_FALSE(p50.at_least);
  const Estimate p98 = quantile(recorded, censored, 0.98);
  EXPECT_EQ(p98.value, nanoseconds(1'000));  // the last of the answered
  EXPECT_FALSE(p98.at_least);
  const Estimate p99 = quantile(recorded, censored, 0.99);
  EXPECT_EQ(p99.value, nanoseconds(2'000));  // p99 > 2 us
  EXPECT_TRUE(p99.at_least);
  EXPECT_FALSE(p99.at_most);
}

TEST(EstimateQuantile, ABoundBelowTheValueMakesItUncertain) {
  // One message sent just before the end may have taken any time: p50 is the 500th or the 501st of the
  // others.
  const Values recorded = ramp(999, 999);
  const Estimate early = quantile(recorded, {3}, 0.5);
  EXPECT_EQ(early.value, nanoseconds(499));
  EXPECT_TRUE(early.at_least);
  EXPECT_EQ(early.at_most, nanoseconds(500));
  const Estimate late = quantile(recorded, {700}, 0.5);  // it lies above, however long it took
  EXPECT_EQ(late.value, nanoseconds(500));
  EXPECT_FALSE(late.at_least);
}

TEST(EstimateQuantile, ManyAnswersOfOneValueHideTheUncertainty) {
  const Estimate p50 = quantile(Values(1'000, 800), Values(10, 5), 0.5);
  EXPECT_EQ(p50.value, nanoseconds(800));
  EXPECT_FALSE(p50.at_least);  // 10 more or fewer below change nothing
}

TEST(EstimateQuantile, CensoredMessagesCountForTheSampleFloor) {
  EXPECT_FALSE(estimate_quantile(histogram_of(ramp(990, 990)), histogram_of(Values(9, 5'000)), 0.99));
  EXPECT_TRUE(estimate_quantile(histogram_of(ramp(990, 990)), histogram_of(Values(10, 5'000)), 0.99));
  EXPECT_FALSE(estimate_quantile(Histogram{}, Histogram{}, 0.5));
  EXPECT_FALSE(estimate_quantile(histogram_of(ramp(1'000, 9)), Histogram{}, 1.0));
}

TEST(EstimateQuantile, NothingAnsweredIsKnownFromBelow) {
  const Estimate p50 = quantile({}, ramp(100, 1'000), 0.5);
  EXPECT_EQ(p50.value, nanoseconds(500));
  EXPECT_TRUE(p50.at_least);
  EXPECT_FALSE(p50.at_most);
}

TEST(EstimateQuantile, BeyondTheRangeOnlyTheRangeIsKnown) {
  const std::int64_t hundred_s = 100'000'000'000;
  const Estimate p90 = quantile(ramp(50, 50), Values(50, hundred_s), 0.9);
  EXPECT_EQ(p90.value, Duration{Histogram::kHighestTrackable});
  EXPECT_TRUE(p90.at_least);
  EXPECT_FALSE(p90.at_most);
  const Estimate among_answers = quantile(Values(95, hundred_s), Values(5, 1), 0.9);
  EXPECT_EQ(among_answers.value, Duration{Histogram::kHighestTrackable});
  EXPECT_TRUE(among_answers.at_least);
  EXPECT_EQ(among_answers.at_most, nanoseconds(hundred_s));
}

TEST(EstimateQuantile, AServerStoppedForTheLastSecond) {
  // 10 s at 1,000/s; the last second's messages wait from 1 s down to 1 ms when the run ends.
  Histogram recorded;
  Histogram censored;
  for (int i = 0; i < 9'000; ++i) recorded.record(microseconds(100));
  for (int i = 1; i <= 1'000; ++i) censored.record(milliseconds(i));
  const std::optional<Estimate> p50 = estimate_quantile(recorded, censored, 0.5);
  EXPECT_FALSE(p50->at_least);
  EXPECT_NEAR(to_seconds(p50->value), 0.0001, 0.0000001);
  const std::optional<Estimate> p99 = estimate_quantile(recorded, censored, 0.99);
  EXPECT_TRUE(p99->at_least);
  EXPECT_NEAR(to_seconds(p99->value), 0.9, 0.001);
  EXPECT_FALSE(p99->at_most);
}

/// Small enough to have a bucket each.
Values some_values(Prng& random, std::uint64_t count) {
  Values values;
  for (std::uint64_t i = 0; i < count; ++i) values.push_back(static_cast<std::int64_t>(random.below(60)));
  return values;
}

std::int64_t at_rank(Values values, std::uint64_t rank) {
  std::ranges::sort(values);
  return values[rank - 1];
}

TEST(EstimateQuantile, HoldsForEveryEndTheCensoredMayHaveHad) {
  constexpr std::int64_t kNeverEnds = 1'000'000;
  Prng random(20);
  for (int run = 0; run < 3'000; ++run) {
    const Values recorded = some_values(random, random.below(60));
    const Values bounds = some_values(random, random.below(30));
    const std::uint64_t n = recorded.size() + bounds.size();
    const double q = std::array{0.1, 0.5, 0.75, 0.8}[random.below(4)];
    const auto estimate = estimate_quantile(histogram_of(recorded), histogram_of(bounds), q);
    ASSERT_EQ(estimate.has_value(), n >= Histogram::sample_floor(q));
    if (!estimate) continue;
    const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(n) - 1e-9));
    Values least = recorded;
    least.insert(least.end(), bounds.begin(), bounds.end());
    Values most = recorded;
    most.insert(most.end(), bounds.size(), kNeverEnds);
    ASSERT_EQ(estimate->value.count(), at_rank(least, rank)) << run;
    ASSERT_EQ(estimate->at_most.value_or(Duration{kNeverEnds}).count(), at_rank(most, rank)) << run;
    ASSERT_EQ(estimate->at_least, estimate->at_most != estimate->value) << run;
    Values truth = recorded;
    for (const std::int64_t bound : bounds)
      truth.push_back(bound + static_cast<std::int64_t>(random.below(99)));
    ASSERT_LE(estimate->value.count(), at_rank(truth, rank));
    ASSERT_GE(estimate->at_most.value_or(Duration{kNeverEnds}).count(), at_rank(truth, rank));
  }
}

TEST(EstimateQuantile, OverEveryMagnitudeIsTheMergedHistograms) {
  Prng random(5);
  for (int run = 0; run < 40; ++run) {
    Histogram recorded;
    Histogram censored;
    for (int i = 0; i < 2'000; ++i) {
      const auto value = nanoseconds(static_cast<std::int64_t>(random.next() >> (28 + random.below(36))));
      (random.below(10) == 0 ? censored : recorded).record(value);
    }
    Histogram merged;
    merged.merge(recorded);
    merged.merge(censored);
    for (const double q : {0.1, 0.5, 0.9, 0.99, 0.995})
      ASSERT_EQ(estimate_quantile(recorded, censored, q)->value, *merged.trusted_quantile(q));
  }
}

TEST(Estimate, OfTheLeastTheMeanAndTheMost) {
  const Histogram none;
  const Histogram recorded = histogram_of({10, 20, 30});
  EXPECT_FALSE(estimate_min(none, none));
  EXPECT_FALSE(estimate_mean(none, none));
  EXPECT_FALSE(estimate_max(none, none));

  struct Row {
    Values bounds;
    Estimate min;
    Estimate mean;
    Estimate max;
  };
  const auto known = [](std::int64_t ns) { return Estimate{nanoseconds(ns), false, nanoseconds(ns)}; };
  const auto above = [](std::int64_t ns) { return Estimate{nanoseconds(ns), true, std::nullopt}; };
  const std::vector<Row> rows{
      {{}, known(10), known(20), known(30)},
      {{40}, known(10), above(25), above(40)},
      {{4}, {nanoseconds(4), true, nanoseconds(10)}, above(16), above(30)},
      {{10}, known(10), above(18), above(30)},  // 17.5
  };
  const auto expect_same = [](const std::optional<Estimate>& found, const Estimate& expected) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->value, expected.value);
    EXPECT_EQ(found->at_least, expected.at_least);
    EXPECT_EQ(found->at_most, expected.at_most);
  };
  for (const Row& row : rows) {
    const Histogram censored = histogram_of(row.bounds);
    expect_same(estimate_min(recorded, censored), row.min);
    expect_same(estimate_mean(recorded, censored), row.mean);
    expect_same(estimate_max(recorded, censored), row.max);
  }
  expect_same(estimate_min(none, histogram_of({7})), above(7));
  expect_same(estimate_mean(none, histogram_of({7, 9})), above(8));
}

TEST(QuantileInterval, IsTheOrderStatistics) {
  const Values values = ramp(100, 1'000);
  const DurationInterval interval = quantile_interval(histogram_of(values), Histogram{}, 0.5);
  EXPECT_EQ(interval.low, nanoseconds(400));  // ranks 40 and 61
  EXPECT_EQ(interval.high, nanoseconds(610));
}

TEST(QuantileInterval, HasNoSideWithoutSamplesForIt) {
  const DurationInterval few = quantile_interval(histogram_of({1, 2, 3}), Histogram{}, 0.9);
  EXPECT_EQ(few.low, nanoseconds(1));  // that all three lie above is 0.1^3, that all lie below 0.9^3
  EXPECT_FALSE(few.high);
  const DurationInterval none = quantile_interval(Histogram{}, Histogram{}, 0.5);
  EXPECT_FALSE(none.low || none.high);
}

TEST(QuantileInterval, IsWidenedByCensoring) {
  // Ranks 40 and 61 of 100: below, the bounds count; above, only what was answered.
  const Values recorded = ramp(90, 900);
  const DurationInterval early = quantile_interval(histogram_of(recorded), histogram_of(Values(10, 1)), 0.5);
  EXPECT_EQ(early.low, nanoseconds(300));
  EXPECT_EQ(early.high, nanoseconds(610));
  const DurationInterval lost =
      quantile_interval(histogram_of(ramp(60, 600)), histogram_of(Values(40, 1'000)), 0.5);
  EXPECT_EQ(lost.low, nanoseconds(400));
  EXPECT_FALSE(lost.high);
}

TEST(MeanInterval, IsTheNormalOne) {
  Values values;
  for (int i = 0; i < 50; ++i) values.insert(values.end(), {900, 1'100});
  const DurationInterval interval = mean_interval(histogram_of(values), Histogram{});
  EXPECT_EQ(interval.low, nanoseconds(980));  // 1,000 -+ 1.96 * 100 / sqrt(100)
  EXPECT_EQ(interval.high, nanoseconds(1'020));
  EXPECT_FALSE(mean_interval(histogram_of(values), histogram_of({5})).low);
  EXPECT_FALSE(mean_interval(histogram_of(ramp(29, 29)), Histogram{}).low);
}

}  // namespace
}  // namespace ringstorm
