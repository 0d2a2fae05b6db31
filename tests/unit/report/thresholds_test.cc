#include "report/thresholds.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using Outcome = ThresholdResult::Outcome;
using enum ThresholdResult::Outcome;

Threshold threshold(const std::string& text) {
  const auto parsed = parse_threshold(text);
  EXPECT_TRUE(parsed) << text;
  return *parsed;
}

struct Row {
  const char* threshold;
  Outcome outcome;
  const char* text;
};

void expect_rows(const ThresholdInputs& inputs, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.threshold);
    const ThresholdResult result = evaluate(threshold(row.threshold), inputs);
    EXPECT_EQ(to_string(result.outcome), to_string(row.outcome));
    EXPECT_EQ(result.text, row.text);
  }
}

/// 1, 2, 3 ... `count` milliseconds.
Histogram milliseconds_up_to(std::int64_t count) {
  Histogram h;
  for (std::int64_t i = 1; i <= count; ++i) h.record(milliseconds(i));
  return h;
}

TEST(Thresholds, OfDurationsThatAreKnown) {
  const Histogram latency = milliseconds_up_to(1'000);
  Histogram connect;
  for (int i = 0; i < 50; ++i) {
    connect.record(microseconds(90));
    connect.record(microseconds(110));
  }
  const std::vector<MeasuredDurations> durations{{Metric::latency, &latency, nullptr},
                                                 {Metric::connect, &connect, nullptr},
                                                 {Metric::upgrade, nullptr, nullptr}};
  ThresholdInputs inputs;
  inputs.durations = durations;
  expect_rows(
      inputs,
      {
          // By order statistics: ranks 469 and 532 of 1,000 around the median, 983 and 997 around p99.
          {"latency.p50 < 501ms", held, "500 ms (95 %: 469 to 532 ms)"},
          {"latency.p50 < 500ms", failed, "500 ms (95 %: 469 to 532 ms)"},
          {"latency.p50 > 499ms", held, "500 ms (95 %: 469 to 532 ms)"},
          {"latency.p99 < 2s", held, "990 ms (95 %: 983 to 997 ms)"},
          {"latency.p99 < 5ms", failed, "990 ms (95 %: 983 to 997 ms)"},
          {"latency.min >= 1ms", held, "1 ms"},
          {"latency.min > 1ms", failed, "1 ms"},
          {"latency.max <= 1s", held, "1 s"},
          {"latency.max < 1s", failed, "1 s"},
          {"connect.mean < 101us", held, "100 us (95 %: 98 to 102 us)"},
          {"connect.mean <= 100us", held, "100 us (95 %: 98 to 102 us)"},
          {"connect.mean < 100us", failed, "100 us (95 %: 98 to 102 us)"},
          // Too few of them, or none: not held, and not failed either.
          {"latency.p99.9 < 1h", unknown, "not enough samples: 1,000 of 10,000"},
          {"latency.p99.9 > 1ns", unknown, "not enough samples: 1,000 of 10,000"},
          {"upgrade.p99 < 1h", unknown, "not measured"},
          {"receive_queueing.p50 < 1h", unknown, "not measured"},
      });
}

TEST(Thresholds, OfDurationsOfWhichSomeHaveNoEnd) {
  Histogram latency;
  for (int i = 0; i < 9'000; ++i) latency.record(microseconds(100));
  Histogram censored;
  for (int i = 1; i <= 1'000; ++i) censored.record(milliseconds(i));
  const std::vector<MeasuredDurations> durations{{Metric::latency, &latency, &censored}};
  ThresholdInputs inputs;
  inputs.durations = durations;
  expect_rows(inputs, {
                          {"latency.p50 < 1ms", held, "100 us (95 %: 100 us)"},
                          {"latency.p99 < 500ms", failed, "> 900 ms"},
                          {"latency.p99 < 2s", unknown, "> 900 ms"},
                          {"latency.p99 <= 2s", unknown, "> 900 ms"},
                          {"latency.p99 > 500ms", held, "> 900 ms"},
                          {"latency.p99 >= 500ms", held, "> 900 ms"},
                          {"latency.p99 > 2s", unknown, "> 900 ms"},
                          {"latency.max < 1s", failed, "> 1 s"},
                          {"latency.max <= 1s", unknown, "> 1 s"},
                          {"latency.mean < 1ms", failed, "> 50.1 ms"},
                          {"latency.mean < 1s", unknown, "> 50.1 ms"},
                          {"latency.min < 1ms", held, "100 us"},
                      });
}

TEST(Thresholds, OfDurationsThatAreKnownBetweenTwoBounds) {
  // 40 of 1,000 were sent just before the end: the median is a value from the 460th to the 500th of the
  // others.
  const Histogram latency = milliseconds_up_to(960);
  Histogram censored;
  for (int i = 0; i < 40; ++i) censored.record(microseconds(1));
  const std::vector<MeasuredDurations> durations{{Metric::latency, &latency, &censored}};
  ThresholdInputs inputs;
  inputs.durations = durations;
  expect_rows(inputs, {
                          {"latency.p50 < 501ms", held, "460 to 500 ms"},
                          {"latency.p50 < 480ms", unknown, "460 to 500 ms"},
                          {"latency.p50 < 460ms", failed, "460 to 500 ms"},
                          {"latency.p50 > 501ms", failed, "460 to 500 ms"},
                          {"latency.p50 > 480ms", unknown, "460 to 500 ms"},
                          {"latency.p50 > 459ms", held, "460 to 500 ms"},
                      });
  const ThresholdResult result = evaluate(threshold("latency.p50 < 1s"), inputs);
  EXPECT_TRUE(result.at_least);
  EXPECT_NEAR(*result.measured, 460e6, 460e3);
  EXPECT_NEAR(*result.at_most, 500e6, 500e3);
  EXPECT_LT(*result.low, *result.measured);
  EXPECT_GT(*result.high, *result.at_most);
}

TEST(Thresholds, OfRatios) {
  ThresholdInputs inputs;
  inputs.counts = {.messages_planned = 1'000,
                   .messages_sent = 900,
                   .messages_answered = 890,
                   .messages_received = 890,
                   .messages_failed = 5,
                   .messages_shed = 100,
                   .messages_censored = 10,
                   .messages_recorded = 790,
                   .connections_opened = 90,
                   .connections_failed = 10,
                   .connections_lost = 0};
  expect_rows(inputs,
              {
                  {"errors.ratio < 2%", held, "1.5 % (95 %: 0.911 to 2.46 %)"},  // 15 of 1,000
                  {"errors.ratio <= 1.5%", held, "1.5 % (95 %: 0.911 to 2.46 %)"},
                  {"errors.ratio < 1.5%", failed, "1.5 % (95 %: 0.911 to 2.46 %)"},
                  {"shed.ratio < 0.1", failed, "10 % (95 %: 8.29 to 12 %)"},                 // 100 of 1,000
                  {"censored.ratio > 1%", held, "1.25 % (95 %: 0.68 to 2.29 %)"},            // 10 of 800
                  {"connections.failed_ratio < 5%", failed, "10 % (95 %: 5.52 to 17.4 %)"},  // 10 of 100
                  {"connections.lost_ratio <= 0", held, "0 % (95 %: 0 to 4.09 %)"},          // 0 of 90
              });
  inputs.counts = {.messages_sent = 0,
                   .messages_shed = 5,
                   .messages_censored = 0,
                   .messages_recorded = 0,
                   .connections_opened = 0,
                   .connections_lost = 3};
  expect_rows(inputs, {
                          {"errors.ratio < 2%", unknown, "not measured"},
                          {"shed.ratio < 2%", unknown, "not measured"},
                          {"censored.ratio < 2%", unknown, "no samples"},
                          {"connections.lost_ratio < 2%", unknown, "no samples"},
                      });
  inputs.counts = {.connections_opened = 2, .connections_lost = 3};
  expect_rows(inputs, {{"connections.lost_ratio < 2%", unknown, "its counts do not add up"}});
}

TEST(Thresholds, OfRates) {
  const std::vector<RateRow> rows{
      {seconds(1), 900}, {seconds(1), 1'100}, {seconds(1), 1'000}, {seconds(1), 1'000}};
  ThresholdInputs inputs;
  inputs.sent = {4'000, seconds(4), rows};
  inputs.received = {41, milliseconds(4'100), {}};
  expect_rows(inputs, {
                          {"throughput.sent > 999/s", held, "1,000/s (95 %: 870 to 1,130/s)"},
                          {"throughput.sent > 1k/s", failed, "1,000/s (95 %: 870 to 1,130/s)"},
                          {"throughput.sent >= 1k/s", held, "1,000/s (95 %: 870 to 1,130/s)"},
                          {"throughput.received < 11/s", held, "10/s"},
                          {"throughput.answered < 11/s", unknown, "not measured"},
                      });
}

TEST(Thresholds, OfCounts) {
  ThresholdInputs inputs;
  inputs.counts = {.messages_planned = 1,
                   .messages_sent = 2,
                   .messages_answered = 3,
                   .messages_received = 4,
                   .messages_failed = 5,
                   .messages_shed = 6,
                   .messages_censored = 7,
                   .connections_opened = 8'000,
                   .connections_failed = 9,
                   .connections_lost = 10};
  inputs.messages_per_cpu_second = 123'456.7;
  expect_rows(inputs, {
                          {"errors.count <= 24", held, "24"},
                          {"errors.count < 24", failed, "24"},
                          {"messages.planned >= 1", held, "1"},
                          {"messages.sent >= 2", held, "2"},
                          {"messages.answered >= 3", held, "3"},
                          {"messages.received >= 4", held, "4"},
                          {"messages.failed >= 5", held, "5"},
                          {"messages.shed >= 6", held, "6"},
                          {"messages.censored >= 7", held, "7"},
                          {"connections.opened >= 8k", held, "8,000"},
                          {"connections.failed > 9", failed, "9"},
                          {"connections.lost > 9", held, "10"},
                          {"generator.messages_per_cpu_second > 100k", held, "123,457"},
                      });
}

TEST(Thresholds, EveryMetricWithoutAFigureIsUnknown) {
  for (const MetricRow& row : threshold_metrics()) {
    Threshold asked;
    asked.metric = row.metric;
    asked.statistic = {Statistic::Kind::max};
    const ThresholdResult result = evaluate(asked, {});
    EXPECT_EQ(result.outcome, unknown) << row.name;
    EXPECT_EQ(result.text, "not measured") << row.name;
    EXPECT_FALSE(result.measured || result.low || result.high || result.at_most) << row.name;
  }
}

TEST(Thresholds, AreJudgedByTheirStage) {
  ThresholdInputs all;
  all.counts.messages_sent = 100;
  ThresholdInputs peak;
  peak.stage = "peak";
  peak.counts.messages_sent = 60;
  const std::vector<ThresholdInputs> stages{all, peak};
  const std::vector<Threshold> thresholds{threshold("messages.sent > 80"),
                                          threshold("messages.sent in peak > 80"),
                                          threshold("messages.sent in other > 80")};
  const std::vector<ThresholdResult> results = evaluate(thresholds, stages);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].outcome, held);
  EXPECT_EQ(results[1].outcome, failed);
  EXPECT_EQ(results[2].outcome, unknown);
  const ThresholdTally counted = tally(results);
  EXPECT_EQ(counted.held, 1U);
  EXPECT_EQ(counted.failed, 1U);
  EXPECT_EQ(counted.unknown, 1U);
}

TEST(Thresholds, EndARunOnlyWhenTheyFailedForLongEnough) {
  ThresholdResult result;
  result.threshold = threshold("errors.count < 5");
  result.outcome = failed;
  EXPECT_FALSE(calls_for_abort(result, seconds(60)));  // it does not ask for it
  result.threshold.abort_after = seconds(5);
  EXPECT_FALSE(calls_for_abort(result, milliseconds(4'999)));
  EXPECT_TRUE(calls_for_abort(result, seconds(5)));
  result.outcome = unknown;
  EXPECT_FALSE(calls_for_abort(result, seconds(60)));
  result.outcome = held;
  EXPECT_FALSE(calls_for_abort(result, seconds(60)));
}

}  // namespace
}  // namespace ringstorm
