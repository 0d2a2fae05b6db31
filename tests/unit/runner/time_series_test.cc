#include "runner/time_series.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "base/prng.h"

namespace ringstorm {
namespace {

constexpr Instant kOrigin{seconds(1'000)};

/// What a shard with `up` connections measured from `begin_ms` to `end_ms` after the origin.
Slice slice(std::int64_t begin_ms, std::int64_t end_ms, std::uint64_t messages, std::uint64_t up = 1) {
  Slice made;
  made.begin = kOrigin + milliseconds(begin_ms);
  made.end = kOrigin + milliseconds(end_ms);
  made.connections_up = up;
  made.measurements.counters.messages_sent = messages;
  made.measurements.counters.messages_answered = messages / 2;
  made.measurements.counters.messages_received = messages / 3;
  return made;
}

std::vector<std::int64_t> starts_ms(const TimeSeries& series) {
  std::vector<std::int64_t> starts;
  for (const IntervalRow& row : series.rows()) starts.push_back(row.start / milliseconds(1));
  return starts;
}

using Starts = std::vector<std::int64_t>;

TEST(TimeSeries, HasNoRowsWithoutSlices) {
  TimeSeries series(kOrigin, 2);
  series.finish();
  EXPECT_TRUE(series.rows().empty());
  EXPECT_EQ(series.total().counters.messages_sent, 0U);
}

TEST(TimeSeries, AddsUpTheShardsOfOneSecond) {
  TimeSeries series(kOrigin, 3);
  series.add(slice(3, 1002, 10, 6));
  series.add(slice(0, 1000, 100, 5));
  EXPECT_TRUE(series.rows().empty()) << "one shard is still missing";
  series.add(slice(1, 1001, 1, 7));
  ASSERT_EQ(series.rows().size(), 1U);
  const IntervalRow& row = series.rows()[0];
  EXPECT_EQ(row.start, Duration{0}) << "the earliest";
  EXPECT_EQ(row.length, milliseconds(1002)) << "to the latest end";
  EXPECT_EQ(row.messages_sent, 111U);
  EXPECT_EQ(row.messages_answered, 55U);
  EXPECT_EQ(row.messages_received, 36U);
  EXPECT_EQ(row.connections_up, 18U);
  EXPECT_EQ(row.errors, 0U);
}

TEST(TimeSeries, CountsTheFailuresOfEveryCause) {
  TimeSeries series(kOrigin, 1);
  Slice failing = slice(0, 1000, 1);
  failing.measurements.failures.count({Cause::connection_reset});
  failing.measurements.failures.count({Cause::http_status, 503});
  failing.measurements.failures.count({Cause::http_status, 503});
  series.add(failing);
  EXPECT_EQ(series.rows()[0].errors, 3U);
  EXPECT_EQ(series.total().failures.rows().size(), 2U);
}

TEST(TimeSeries, TakesThePercentilesOfAllShardsTogether) {
  TimeSeries series(kOrigin, 2);
  Slice fast = slice(0, 1000, 0);
  Slice slow = slice(0, 1000, 0);
  for (int i = 0; i < 900; ++i) fast.measurements.service.record(microseconds(100));
  for (int i = 0; i < 100; ++i) slow.measurements.service.record(microseconds(900));
  series.add(slow);
  series.add(fast);
  const IntervalRow& row = series.rows()[0];
  ASSERT_TRUE(row.service_p50 && row.service_p99);
  EXPECT_NEAR(to_seconds(*row.service_p50), 100e-6, 1e-7);
  EXPECT_NEAR(to_seconds(*row.service_p99), 900e-6, 1e-6);
}

TEST(TimeSeries, GivesNoPercentileOfTooFewSamples) {
  TimeSeries series(kOrigin, 1);
  Slice few = slice(0, 1000, 0);
  for (int i = 0; i < 20; ++i) few.measurements.service.record(microseconds(100));
  series.add(few);
  EXPECT_TRUE(series.rows()[0].service_p50);
  EXPECT_FALSE(series.rows()[0].service_p99);
  series.add(slice(1000, 2000, 0));
  EXPECT_FALSE(series.rows()[1].service_p50) << "the samples were those of the row before";
}

TEST(TimeSeries, WaitsForALateShard) {
  TimeSeries series(kOrigin, 2);
  for (const std::int64_t second : {0, 1, 2}) series.add(slice(second * 1000, second * 1000 + 1000, 1));
  EXPECT_EQ(starts_ms(series), Starts{});
  series.add(slice(2, 1001, 1));
  EXPECT_EQ(starts_ms(series), Starts{0});
  series.add(slice(1001, 2003, 1));
  series.add(slice(2003, 3000, 1));
  EXPECT_EQ(starts_ms(series), (Starts{0, 1000, 2000}));
}

// A shard that found its last slice still in the mailbox hands over two seconds in one.
TEST(TimeSeries, DoesNotWaitForWhatASliceOfTwoSecondsSkipped) {
  TimeSeries series(kOrigin, 2);
  for (const std::int64_t second : {0, 1, 2}) series.add(slice(second * 1000, second * 1000 + 1000, 10));
  series.add(slice(0, 2001, 5));
  EXPECT_EQ(starts_ms(series), Starts{0});
  EXPECT_EQ(series.rows()[0].length, milliseconds(2001));
  EXPECT_EQ(series.rows()[0].messages_sent, 15U);
  series.add(slice(2001, 3000, 5));
  ASSERT_EQ(starts_ms(series), (Starts{0, 1000, 2000})) << "nothing can come for the second one any more";
  EXPECT_EQ(series.rows()[1].messages_sent, 10U);
  EXPECT_EQ(series.rows()[2].messages_sent, 15U);
}

TEST(TimeSeries, EndsWithTheRowsThatWereStillWaiting) {
  TimeSeries series(kOrigin, 2);
  series.add(slice(0, 1000, 1));
  series.add(slice(1000, 1500, 2));
  series.add(slice(0, 1000, 4));
  EXPECT_EQ(series.rows().size(), 1U);
  series.finish();
  ASSERT_EQ(starts_ms(series), (Starts{0, 1000}));
  EXPECT_EQ(series.rows()[1].messages_sent, 2U);
  EXPECT_EQ(series.rows()[1].length, milliseconds(500));
  series.finish();
  EXPECT_EQ(series.rows().size(), 2U);
}

TEST(TimeSeries, LeavesTheSliceAsItWas) {
  TimeSeries series(kOrigin, 1);
  Slice given = slice(0, 1000, 6);
  given.measurements.service.record(microseconds(5));
  series.add(given);
  EXPECT_EQ(given.measurements.counters.messages_sent, 6U);
  EXPECT_EQ(given.measurements.service.count(), 1U);
}

/// One shard's slices of a run: about a second each, now and then two or three, the last one cut short.
std::vector<Slice> slices_of_a_shard(Prng& random, std::int64_t run_ms) {
  std::vector<Slice> slices;
  for (std::int64_t begin = 0; begin < run_ms;) {
    const auto seconds_long = static_cast<std::int64_t>(random.below(10) == 0 ? 2 + random.below(2) : 1);
    const std::int64_t grid =
        (begin / 1000 + seconds_long) * 1000 + static_cast<std::int64_t>(random.below(30));
    const std::int64_t end = std::min(run_ms, grid);
    slices.push_back(slice(begin, end, random.below(1000)));
    begin = end;
  }
  return slices;
}

// Four shards whose slices reach the series in any order that keeps each shard's own.
TEST(TimeSeries, AddsUpToWhatWasMeasuredHoweverTheSlicesCome) {
  constexpr std::size_t kShards = 4;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Prng random{seed};
    TimeSeries series(kOrigin, kShards);
    std::vector<std::vector<Slice>> left;
    for (std::size_t i = 0; i < kShards; ++i) left.push_back(slices_of_a_shard(random, 20'500));
    std::uint64_t measured = 0;
    for (const auto& shard : left) {
      for (const Slice& each : shard) measured += each.measurements.counters.messages_sent;
    }
    while (!left.empty()) {
      const auto shard = left.begin() + static_cast<std::ptrdiff_t>(random.below(left.size()));
      series.add(shard->front());
      shard->erase(shard->begin());
      if (shard->empty()) left.erase(shard);
    }
    series.finish();
    std::uint64_t told = 0;
    for (const IntervalRow& row : series.rows()) told += row.messages_sent;
    EXPECT_EQ(told, measured) << "seed " << seed;
    EXPECT_EQ(series.total().counters.messages_sent, measured) << "seed " << seed;
    EXPECT_TRUE(std::ranges::is_sorted(starts_ms(series))) << "seed " << seed;
    EXPECT_LE(series.rows().size(), 21U) << "a second has one row; seed " << seed;
  }
}

}  // namespace
}  // namespace ringstorm
