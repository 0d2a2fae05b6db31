#include "report/threshold_table.h"

#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "report/figure_text.h"

namespace ringstorm {
namespace {

using Outcome = ThresholdResult::Outcome;

std::vector<ThresholdResult> some_results() {
  const auto threshold = [](const char* text) { return *parse_threshold(text); };
  std::vector<ThresholdResult> results;
  results.push_back({threshold("errors.ratio < 0.1%"), Outcome::held, 0.0, false, 0.0, 0.0, 0.0000384,
                     "0 % (95 %: 0 to 0.00384 %)"});
  results.push_back({threshold("latency.p99 in peak < 5ms"), Outcome::failed, 7'131'135.0, false, 7'131'135.0,
                     6'901'759.0, 7'401'471.0, "7.13 ms (95 %: 6.9 to 7.4 ms)"});
  results.push_back({threshold("latency.p99.9 < 2s"), Outcome::unknown, 9e8, true, {}, 8e8, {}, "> 900 ms"});
  results.push_back({threshold("throughput.sent > 50k/s"),
                     Outcome::held,
                     50'123.45678,
                     false,
                     50'123.45678,
                     {},
                     {},
                     "50,123/s"});
  results.push_back(
      {threshold("connections.opened >= 10"), Outcome::unknown, {}, false, {}, {}, {}, "not measured"});
  return results;
}

TEST(ThresholdTable, IsAligned) {
  EXPECT_EQ(threshold_table(some_results()),
            "thresholds   2 held, 1 failed, 2 unknown\n"
            "             held     errors.ratio < 0.1%         0 % (95 %: 0 to 0.00384 %)\n"
            "             failed   latency.p99 in peak < 5ms   7.13 ms (95 %: 6.9 to 7.4 ms)\n"
            "             unknown  latency.p99.9 < 2s          > 900 ms\n"
            "             held     throughput.sent > 50k/s     50,123/s\n"
            "             unknown  connections.opened >= 10    not measured\n");
  EXPECT_EQ(threshold_table({}), "");
  const std::vector<ThresholdResult> one{some_results().front()};
  EXPECT_EQ(threshold_table(one).substr(0, 20), "thresholds   1 held\n");
}

TEST(ThresholdRows, HoldEveryFigureInItsUnit) {
  const auto expected = nlohmann::ordered_json::parse(R"json([
    {"threshold": "errors.ratio < 0.1%", "metric": "errors.ratio", "stage": null, "op": "<", "limit": 0.001,
     "unit": "ratio", "measured": 0.0, "at_least": false, "at_most": 0.0, "low": 0.0, "high": 0.0000384,
     "outcome": "held", "text": "0 % (95 %: 0 to 0.00384 %)"},
    {"threshold": "latency.p99 in peak < 5ms", "metric": "latency.p99", "stage": "peak", "op": "<", "limit": 5000000,
     "unit": "ns", "measured": 7131135, "at_least": false, "at_most": 7131135, "low": 6901759, "high": 7401471,
     "outcome": "failed", "text": "7.13 ms (95 %: 6.9 to 7.4 ms)"},
    {"threshold": "latency.p99.9 < 2s", "metric": "latency.p99.9", "stage": null, "op": "<", "limit": 2000000000,
     "unit": "ns", "measured": 900000000, "at_least": true, "at_most": null, "low": 800000000, "high": null,
     "outcome": "unknown", "text": "> 900 ms"},
    {"threshold": "throughput.sent > 50k/s", "metric": "throughput.sent", "stage": null, "op": ">", "limit": 50000.0,
     "unit": "per_s", "measured": 50123.457, "at_least": false, "at_most": 50123.457, "low": null, "high": null,
     "outcome": "held", "text": "50,123/s"},
    {"threshold": "connections.opened >= 10", "metric": "connections.opened", "stage": null, "op": ">=", "limit": 10,
     "unit": "count", "measured": null, "at_least": false, "at_most": null, "low": null, "high": null,
     "outcome": "unknown", "text": "not measured"}
  ])json");
  const nlohmann::ordered_json rows = threshold_rows(some_results());
  EXPECT_EQ(rows.dump(2), expected.dump(2));
  EXPECT_EQ(threshold_rows({}).dump(), "[]");
}

TEST(FigureText, HasThreeDigitsAndItsUnit) {
  struct Row {
    MetricUnit unit;
    double value;
    const char* text;
  };
  const std::vector<Row> rows{
      {MetricUnit::duration, 3'214'567, "3.21 ms"},
      {MetricUnit::duration, 0, "0 ns"},
      {MetricUnit::duration, 1e30, "1281024 h"},  // no more than a clock holds
      {MetricUnit::ratio, 0, "0 %"},
      {MetricUnit::ratio, 1, "100 %"},
      {MetricUnit::ratio, 0.0000384, "0.00384 %"},
      {MetricUnit::ratio, 0.12345, "12.3 %"},
      {MetricUnit::ratio, 1e-9, "0.0000001 %"},
      {MetricUnit::ratio, 0.9996, "100 %"},
      {MetricUnit::rate, 50'123.4, "50,123/s"},
      {MetricUnit::rate, 0.25, "0.25/s"},
      {MetricUnit::rate, 12.34, "12.3/s"},
      {MetricUnit::rate, 99.96, "100/s"},
      {MetricUnit::count, 1'234'567, "1,234,567"},
      {MetricUnit::count, 7, "7"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(figure_text(row.unit, row.value), row.text) << row.value;
  }
}

TEST(FigureText, NamesTheUnitOfARangeOnce) {
  EXPECT_EQ(range_text(MetricUnit::duration, 3.1e6, 3.4e6), "3.1 to 3.4 ms");
  EXPECT_EQ(range_text(MetricUnit::duration, 900e3, 1.2e6), "900 us to 1.2 ms");
  EXPECT_EQ(range_text(MetricUnit::duration, 3'100'001, 3'100'002), "3.1 ms");
  EXPECT_EQ(range_text(MetricUnit::ratio, 0, 0.01), "0 to 1 %");
  EXPECT_EQ(range_text(MetricUnit::rate, 10, 2'000), "10 to 2,000/s");
  EXPECT_EQ(range_text(MetricUnit::count, 10, 2'000), "10 to 2,000");
  EXPECT_EQ(confidence_text(MetricUnit::duration, 3.1e6, {}), " (95 %: above 3.1 ms)");
  EXPECT_EQ(confidence_text(MetricUnit::duration, {}, 3.1e6), " (95 %: below 3.1 ms)");
  EXPECT_EQ(confidence_text(MetricUnit::duration, {}, {}), "");
}

}  // namespace
}  // namespace ringstorm
