// The histogram against HdrHistogram itself (figures from the npm package hdr-histogram-js 3.0.1 with the
// range [1, 2^36 - 1] and 3 digits) and against sorted values, which know nothing of buckets.
#include "stats/histogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/prng.h"

namespace ringstorm {
namespace {

using Values = std::vector<std::int64_t>;

Histogram histogram_of(const Values& values) {
  Histogram h;
  for (const std::int64_t value : values) h.record(nanoseconds(value));
  return h;
}

/// Values of every magnitude from a linear congruential generator that is easy to write in any language.
Values wide_values() {
  Values values;
  std::uint64_t x = 1;
  for (int i = 0; i < 200'000; ++i) {
    x = x * 6364136223846793005ULL + 1442695040888963407ULL;
    const std::uint64_t top = x >> 40;
    const std::uint64_t shift = ((x >> 32) & 0xff) % 13;
    values.push_back(static_cast<std::int64_t>((top << shift) % 68'719'476'735ULL));
  }
  return values;
}

Values ramp(std::int64_t n) {
  Values values;
  for (std::int64_t i = 1; i <= n; ++i) values.push_back(i);
  return values;
}

Values mostly_one_thousand() {
  Values values(10'000, 1'000);
  values.push_back(100'000'000);
  return values;
}

Values around_powers_of_two() {
  Values values;
  for (int k = 0; k < 36; ++k) {
    for (const std::int64_t d : {-1, 0, 1}) values.push_back((std::int64_t{1} << k) + d);
  }
  return values;
}

void expect_same(const Histogram& a, const Histogram& b) {
  EXPECT_EQ(a.count(), b.count());
  EXPECT_EQ(a.overflow(), b.overflow());
  EXPECT_EQ(a.min(), b.min());
  EXPECT_EQ(a.max(), b.max());
  EXPECT_EQ(a.mean(), b.mean());
  EXPECT_EQ(a.stddev(), b.stddev());
  EXPECT_TRUE(std::ranges::equal(a.counts(), b.counts()));
}

TEST(HistogramLayout, BucketsAreHdrHistograms) {
  struct Row {
    std::uint64_t value;
    std::size_t index;
    std::uint64_t lowest;
    std::uint64_t highest;
  };
  const std::array rows{
      Row{0, 0, 0, 0},
      Row{1, 1, 1, 1},
      Row{2047, 2047, 2047, 2047},
      Row{2048, 2048, 2048, 2049},  // from here on two nanoseconds share a bucket
      Row{2049, 2048, 2048, 2049},
      Row{2050, 2049, 2050, 2051},
      Row{4095, 3071, 4094, 4095},
      Row{4096, 3072, 4096, 4099},  // four
      Row{4097, 3072, 4096, 4099},
      Row{10'007, 4322, 10'000, 10'007},
      Row{1'000'000, 11'169, 999'936, 1'000'447},
      Row{123'456'789, 18'267, 123'404'288, 123'469'823},
      Row{5'000'000'000, 23'720, 4'999'610'368, 5'003'804'671},
      Row{68'719'476'735, 27'647, 68'685'922'304, 68'719'476'735},
  };
  EXPECT_EQ(Histogram::kCounts, 27'648U);
  for (const Row& row : rows) {
    EXPECT_EQ(Histogram::index_of(row.value), row.index) << row.value;
    EXPECT_EQ(Histogram::lowest_equivalent(row.index), row.lowest) << row.value;
    EXPECT_EQ(Histogram::highest_equivalent(row.index), row.highest) << row.value;
  }
}

TEST(HistogramLayout, BucketsFollowEachOtherWithoutGapAndAreNarrow) {
  std::uint64_t next = 0;
  for (std::size_t i = 0; i < Histogram::kCounts; ++i) {
    const std::uint64_t low = Histogram::lowest_equivalent(i);
    const std::uint64_t high = Histogram::highest_equivalent(i);
    ASSERT_EQ(low, next);
    ASSERT_EQ(Histogram::index_of(low), i);
    ASSERT_EQ(Histogram::index_of(high), i);
    ASSERT_LE((high - low) * 1000, low);  // at most 0.1 %
    next = high + 1;
  }
  EXPECT_EQ(next, Histogram::kHighestTrackable + 1);
}

struct KnownQuantiles {
  const char* name;
  Values values;
  std::int64_t mean;  // exact here, of bucket middles in HdrHistogram, so compared within 0.1 %
  double stddev;
  std::vector<std::pair<double, std::int64_t>> quantiles;
};

TEST(Histogram, QuantilesAreHdrHistograms) {
  const std::array cases{
      KnownQuantiles{"mostly one thousand",
                     mostly_one_thousand(),
                     10'996,
                     999'641.7158,
                     {{0.5, 1000}, {0.99, 1000}, {0.999, 1000}, {0.9999, 1000}, {1.0, 100'007'935}}},
      KnownQuantiles{"ramp",
                     ramp(100'000),
                     50'000,
                     28'867.5371,
                     {{0.0, 1},
                      {0.01, 1000},
                      {0.1, 10'007},
                      {0.25, 25'007},
                      {0.5, 50'015},
                      {0.75, 75'007},
                      {0.9, 90'047},
                      {0.95, 95'039},
                      {0.99, 99'007},
                      {0.999, 99'903},
                      {0.9999, 100'031},
                      {1.0, 100'031}}},
      KnownQuantiles{"wide",
                     wide_values(),
                     5'150'919'068,
                     11'407'704'685.0,
                     {{0.01, 1'082'367},
                      {0.1, 10'706'943},
                      {0.25, 41'058'303},
                      {0.5, 386'138'111},
                      {0.75, 3'678'404'607},
                      {0.9, 16'357'785'599},
                      {0.95, 30'500'978'687},
                      {0.99, 59'391'344'639},
                      {0.999, 67'746'398'207},
                      {0.9999, 68'618'813'439},
                      {1.0, 68'719'476'735}}},
      KnownQuantiles{"around powers of two",
                     around_powers_of_two(),
                     1'909'340'387,
                     6'332'566'074.0,
                     {{0.0, 0},
                      {0.01, 1},
                      {0.1, 8},
                      {0.25, 257},
                      {0.5, 131'199},
                      {0.75, 67'174'399},
                      {0.9, 4'299'161'599},
                      {0.95, 17'179'869'183},
                      {0.99, 34'393'292'799}}},
  };
  for (const KnownQuantiles& known : cases) {
    const Histogram h = histogram_of(known.values);
    for (const auto& [q, expected] : known.quantiles) {
      // HdrHistogram gives the top of the bucket even where that is above the largest value; ringstorm does
      // not.
      EXPECT_EQ(h.quantile(q)->count(), std::min(expected, h.max()->count())) << known.name << " q " << q;
    }
    EXPECT_NEAR(static_cast<double>(h.mean()->count()), static_cast<double>(known.mean),
                1e-3 * static_cast<double>(known.mean));
    EXPECT_NEAR(static_cast<double>(h.stddev()->count()), known.stddev, 1e-3 * known.stddev) << known.name;
  }
}

TEST(Histogram, EveryQuantileIsWithinAThousandthOfTheSortedValues) {
  Prng prng(7);
  for (const std::size_t n : {1U, 2U, 3U, 10U, 99U, 1000U, 12'345U}) {
    Values values;
    for (std::size_t i = 0; i < n; ++i) {
      values.push_back(static_cast<std::int64_t>(prng.next() >> (28 + prng.below(30))));  // below 2^36
    }
    const Histogram h = histogram_of(values);
    std::ranges::sort(values);
    for (int thousandth = 1; thousandth <= 1000; ++thousandth) {
      // In whole numbers: the least rank that has this share of the values at or below it.
      const std::size_t rank = (n * static_cast<std::size_t>(thousandth) + 999) / 1000;
      const std::int64_t exact = values[rank - 1];
      const std::int64_t found = h.quantile(thousandth / 1000.0)->count();
      ASSERT_GE(found, exact) << "n " << n << " q " << thousandth;
      ASSERT_LE(found - exact, exact / 1000) << "n " << n << " q " << thousandth;
    }
    EXPECT_EQ(h.min()->count(), values.front());
    EXPECT_EQ(h.max()->count(), values.back());
  }
}

TEST(Histogram, AnEmptyOneKnowsNothing) {
  const Histogram h;
  EXPECT_EQ(h.count(), 0U);
  EXPECT_FALSE(h.min());
  EXPECT_FALSE(h.max());
  EXPECT_FALSE(h.mean());
  EXPECT_FALSE(h.stddev());
  EXPECT_FALSE(h.quantile(0.5));
  EXPECT_FALSE(h.trusted_quantile(0.5));
}

TEST(Histogram, ASingleValueIsExactEverywhere) {
  const Histogram h = histogram_of({1'234'567});
  for (const auto value :
       {h.min(), h.max(), h.mean(), h.quantile(0.0 + 1e-9), h.quantile(0.5), h.quantile(1.0)}) {
    EXPECT_EQ(value, nanoseconds(1'234'567));
  }
  EXPECT_LE(h.stddev()->count(), 1'234);  // of bucket middles
}

TEST(Histogram, NegativeCountsAsZero) {
  const Histogram h = histogram_of({-5, 3});
  EXPECT_EQ(h.min(), nanoseconds(0));
  EXPECT_EQ(h.mean(), nanoseconds(2));  // 1.5, rounded up
}

TEST(Histogram, OverflowKeepsItsMaximumAndCounts) {
  const std::int64_t beyond = std::int64_t{1} << 36;
  const Histogram h = histogram_of({1'000, beyond - 1, beyond, 5 * beyond});
  EXPECT_EQ(h.count(), 4U);
  EXPECT_EQ(h.overflow(), 2U);
  EXPECT_EQ(h.max(), nanoseconds(5 * beyond));
  EXPECT_EQ(h.mean()->count(), (1'000 + 7 * beyond - 1 + 2) / 4);
  EXPECT_EQ(h.quantile(0.25), nanoseconds(1'000));
  EXPECT_EQ(h.quantile(0.5), nanoseconds(beyond - 1));
  EXPECT_EQ(h.quantile(0.75), nanoseconds(5 * beyond));
}

TEST(Histogram, OnlyOverflows) {
  Histogram h =
      histogram_of({std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()});
  EXPECT_EQ(h.mean(), Duration::max());  // the sum needs more than 64 bits
  EXPECT_EQ(h.quantile(0.5), Duration::max());
  EXPECT_EQ(h.stddev(), nanoseconds(0));
  h.reset();
  expect_same(h, Histogram{});
}

TEST(Histogram, MergeIsTheSameAsRecordingEverythingInOne) {
  Prng prng(11);
  std::array<Histogram, 3> parts;
  Histogram whole;
  for (int i = 0; i < 30'000; ++i) {
    const auto value =
        nanoseconds(static_cast<std::int64_t>(prng.next() >> (25 + prng.below(38))));  // some overflow
    parts[prng.below(3)].record(value);
    whole.record(value);
  }
  ASSERT_GT(whole.overflow(), 0U);
  Histogram left;  // ((a + b) + c)
  left.merge(parts[0]);
  left.merge(parts[1]);
  left.merge(parts[2]);
  Histogram right;  // (a + (b + c)), begun with an empty one
  parts[1].merge(parts[2]);
  right.merge(Histogram{});
  right.merge(parts[1]);
  right.merge(parts[0]);
  right.merge(Histogram{});
  expect_same(left, whole);
  expect_same(right, whole);
}

TEST(Histogram, MergeAndResetReachTheFirstAndTheLastBucketInUse) {
  const Values values{3, 70, 5'000, 1'000'000, 68'719'476'735};
  for (std::size_t from = 0; from < values.size(); ++from) {
    for (std::size_t to = from; to < values.size(); ++to) {
      const Values part{values[from], values[to]};
      Histogram merged;
      merged.merge(histogram_of(part));
      expect_same(merged, histogram_of(part));
      merged.reset();
      expect_same(merged, Histogram{});
    }
  }
}

TEST(Histogram, ResetForgetsEverything) {
  Histogram h = histogram_of(wide_values());
  h.reset();
  expect_same(h, Histogram{});
  h.record(nanoseconds(5));
  expect_same(h, histogram_of({5}));
  h.reset();
  h.reset();
  expect_same(h, Histogram{});
}

TEST(Histogram, ItCanBeMoved) {
  Histogram from = histogram_of({1, 2, 3});
  Histogram to = std::move(from);
  expect_same(to, histogram_of({1, 2, 3}));
  from = Histogram{};
  from.record(nanoseconds(4));
  expect_same(from, histogram_of({4}));
}

TEST(SampleFloor, IsTenSamplesBeyondTheQuantile) {
  struct Row {
    double q;
    std::uint64_t floor;
  };
  const std::array rows{Row{0.0, 10},
                        Row{0.5, 20},
                        Row{0.75, 40},
                        Row{0.9, 100},
                        Row{0.95, 200},
                        Row{0.99, 1'000},
                        Row{0.999, 10'000},
                        Row{0.9999, 100'000},
                        Row{0.99999, 1'000'000},
                        Row{0.7, 34},  // 33.3 samples is one too few
                        Row{1.0, std::numeric_limits<std::uint64_t>::max()}};
  for (const Row& row : rows) EXPECT_EQ(Histogram::sample_floor(row.q), row.floor) << row.q;
}

TEST(SampleFloor, AQuantileAppearsWithItsLastSample) {
  for (const double q : {0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999}) {
    Histogram h;
    for (std::uint64_t i = 1; i < Histogram::sample_floor(q); ++i) h.record(nanoseconds(100));
    EXPECT_FALSE(h.trusted_quantile(q)) << q;
    EXPECT_EQ(h.quantile(q), nanoseconds(100)) << q;
    h.record(nanoseconds(100));
    EXPECT_EQ(h.trusted_quantile(q), nanoseconds(100)) << q;
  }
}

}  // namespace
}  // namespace ringstorm
