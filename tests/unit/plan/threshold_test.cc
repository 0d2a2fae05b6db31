#include "plan/threshold.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/prng.h"

namespace ringstorm {
namespace {

using testing::HasSubstr;
using enum Comparison;

constexpr Statistic quantile(std::uint32_t millionths) {
  return {Statistic::Kind::quantile, millionths};
}

TEST(Threshold, IsReadAndWrittenBackInItsShortestForm) {
  struct Row {
    const char* text;
    Metric metric;
    Statistic statistic;
    const char* stage;
    Comparison comparison;
    double limit;
    const char* canonical;
  };
  const Statistic none;
  const std::vector<Row> rows{
      {"latency.p99 < 5ms", Metric::latency, quantile(990'000), "", below, 5e6, "latency.p99 < 5ms"},
      {"errors.ratio < 0.1%", Metric::errors_ratio, none, "", below, 0.001, "errors.ratio < 0.1%"},
      {"connect.p99 < 100ms", Metric::connect, quantile(990'000), "", below, 1e8, "connect.p99 < 100ms"},
      {"throughput.received > 50k/s", Metric::throughput_received, none, "", above, 5e4,
       "throughput.received > 50k/s"},
      {"send_lag.p99 < 1ms", Metric::send_lag, quantile(990'000), "", below, 1e6, "send_lag.p99 < 1ms"},
      {"latency.p99 in peak < 20ms", Metric::latency, quantile(990'000), "peak", below, 2e7,
       "latency.p99 in peak < 20ms"},
      // Spaces, and none.
      {"latency.p99<5ms", Metric::latency, quantile(990'000), "", below, 5e6, "latency.p99 < 5ms"},
      {"\t latency.p50  in  stage-2>=1.50 us ", Metric::latency, quantile(500'000), "stage-2", at_least,
       1'500, "latency.p50 in stage-2 >= 1.5us"},
      {"latency.max in in <= 1s",
       Metric::latency,
       {Statistic::Kind::max},
       "in",
       at_most,
       1e9,
       "latency.max in in <= 1s"},
      // Statistics.
      {"service.min > 10ns", Metric::service, {Statistic::Kind::min}, "", above, 10, "service.min > 10ns"},
      {"upgrade.mean < 1m", Metric::upgrade, {Statistic::Kind::mean}, "", below, 6e10, "upgrade.mean < 60s"},
      {"close.p99.90 < 1s", Metric::close, quantile(999'000), "", below, 1e9, "close.p99.9 < 1s"},
      {"first_message.p99.9999 < 1s", Metric::first_message, quantile(999'999), "", below, 1e9,
       "first_message.p99.9999 < 1s"},
      {"receive_queueing.p5 < 1s", Metric::receive_queueing, quantile(50'000), "", below, 1e9,
       "receive_queueing.p5 < 1s"},
      {"network_and_server.p0.0001 < 1s", Metric::network_and_server, quantile(1), "", below, 1e9,
       "network_and_server.p0.0001 < 1s"},
      {"latency.p99 < 1234567ns", Metric::latency, quantile(990'000), "", below, 1'234'567,
       "latency.p99 < 1.234567ms"},
      // Ratios, as shares of a hundred and of one.
      {"errors.ratio <= 0", Metric::errors_ratio, none, "", at_most, 0, "errors.ratio <= 0%"},
      {"shed.ratio < 7%", Metric::shed_ratio, none, "", below, 0.07, "shed.ratio < 7%"},
      {"censored.ratio < 0.001", Metric::censored_ratio, none, "", below, 0.001, "censored.ratio < 0.1%"},
      {"connections.lost_ratio < 100 %", Metric::connections_lost_ratio, none, "", below, 1,
       "connections.lost_ratio < 100%"},
      {"connections.failed_ratio > 1e-3", Metric::connections_failed_ratio, none, "", above, 0.001,
       "connections.failed_ratio > 0.1%"},
      // Rates and counts.
      {"throughput.sent >= 1000", Metric::throughput_sent, none, "", at_least, 1'000,
       "throughput.sent >= 1k/s"},
      {"throughput.answered > 600/m", Metric::throughput_answered, none, "", above, 10,
       "throughput.answered > 10/s"},
      {"throughput.answered > 0", Metric::throughput_answered, none, "", above, 0,
       "throughput.answered > 0/s"},
      {"throughput.answered > 0/s", Metric::throughput_answered, none, "", above, 0,
       "throughput.answered > 0/s"},
      {"errors.count <= 10", Metric::errors_count, none, "", at_most, 10, "errors.count <= 10"},
      {"connections.opened >= 1M", Metric::connections_opened, none, "", at_least, 1e6,
       "connections.opened >= 1000000"},
      {"generator.messages_per_cpu_second > 100k", Metric::messages_per_cpu_second, none, "", above, 1e5,
       "generator.messages_per_cpu_second > 100000"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const auto threshold = parse_threshold(row.text);
    ASSERT_TRUE(threshold) << to_string(threshold.error());
    EXPECT_EQ(*threshold, (Threshold{row.metric, row.statistic, row.stage, row.comparison, row.limit, {}}));
    EXPECT_EQ(to_string(*threshold), row.canonical);
    const auto again = parse_threshold(row.canonical);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, *threshold);
  }
}

TEST(Threshold, EveryMetricOfTheTableCanBeWrittenInItsUnit) {
  for (const MetricRow& row : threshold_metrics()) {
    const bool is_duration = row.unit == MetricUnit::duration;
    const std::string_view limit = is_duration                     ? "5ms"
                                   : row.unit == MetricUnit::ratio ? "5%"
                                   : row.unit == MetricUnit::rate  ? "5/s"
                                                                   : "5";
    const std::string text = std::string{row.name} + (is_duration ? ".p99" : "") + " < " + std::string{limit};
    const auto threshold = parse_threshold(text);
    ASSERT_TRUE(threshold) << to_string(threshold.error());
    EXPECT_EQ(threshold->metric, row.metric);
    EXPECT_EQ(to_string(*threshold), text);
    EXPECT_THAT(metric_reference(), HasSubstr(std::string{row.meaning}));
  }
}

TEST(Threshold, SaysWhatIsWrong) {
  struct Row {
    const char* text;
    std::vector<const char*> what;  ///< of each error, in order
    const char* hint;               ///< of the first
  };
  const std::vector<Row> rows{
      // Names.
      {"latncy.p99 < 5ms", {R"(unknown metric "latncy.p99")"}, R"(did you mean "latency.p99"?)"},
      {"Latency.p99.9 < 5ms", {R"(unknown metric "Latency.p99.9")"}, R"(did you mean "latency.p99.9"?)"},
      {"errors.ration < 1%", {R"(unknown metric "errors.ration")"}, R"(did you mean "errors.ratio"?)"},
      {"throughput.recieved > 1/s", {"unknown metric"}, R"(did you mean "throughput.received"?)"},
      {"p99 < 5ms", {R"(unknown metric "p99")"}, R"(did you mean "latency.p99"?)"},
      {"5ms > latency.p99", {R"(unknown metric "5ms")"}, ""},
      {"< 5ms", {"no metric"}, ""},
      {"latency < 5ms", {"latency is a distribution: expected latency.min, .mean, .max or a percentile"}, ""},
      // Statistics.
      {"latency.p999 < 5ms", {R"(unknown statistic "p999")"}, R"(did you mean "latency.p99.9"?)"},
      {"latency.p9999 < 5ms", {R"(unknown statistic "p9999")"}, R"(did you mean "latency.p99.99"?)"},
      {"latency.p100 < 5ms", {"unknown statistic"}, R"(did you mean "latency.max"?)"},
      {"latency.p0 < 5ms", {"unknown statistic"}, R"(did you mean "latency.min"?)"},
      {"latency.p < 5ms", {"unknown statistic"}, ""},
      {"latency.p99. < 5ms", {"unknown statistic"}, ""},
      {"latency.p99.99999 < 5ms", {"unknown statistic"}, ""},
      {"latency.p-1 < 5ms", {"unknown statistic"}, ""},
      {"latency.median < 5ms", {"unknown statistic"}, R"(did you mean "latency.p50"?)"},
      {"latency.avg < 5ms", {"unknown statistic"}, R"(did you mean "latency.mean"?)"},
      {"latency.maen < 5ms", {"unknown statistic"}, R"(did you mean "latency.mean"?)"},
      // Units.
      {"latency.p99 < 5",
       {R"(latency.p99 takes a duration with its unit, such as 5ms, found a number: "5")"},
       ""},
      {"latency.p99 < 5k/s", {R"(found a rate: "5k/s")"}, ""},
      {"latency.p99 < 5%", {R"(found a share: "5%")"}, ""},
      {"latency.p99 < fast", {R"(such as 5ms, found "fast")"}, ""},
      {"latency.p99 < -5ms", {R"(found "-5ms")"}, ""},
      {"latency.p99 < 200d", {R"(found "200d")"}, ""},
      {"latency.p99 < 9000h", {R"(found a duration: "9000h")"}, ""},
      {"errors.ratio < 5ms",
       {R"(errors.ratio takes a share from 0% to 100%, such as 0.1% or 0.001, found a duration)"},
       ""},
      {"errors.ratio < 101%", {R"(found a share: "101%")"}, ""},
      {"errors.ratio < 2", {R"(found a number: "2")"}, ""},
      {"errors.ratio < nan", {R"(found "nan")"}, ""},
      {"errors.ratio < -1%", {"found a share"}, ""},
      {"throughput.sent > 5ms",
       {R"(throughput.sent takes a rate, such as 50k/s, found a duration: "5ms")"},
       ""},
      {"errors.count < 0.5",
       {R"(errors.count takes a whole number, such as 50k, found a number: "0.5")"},
       ""},
      {"generator.messages_per_cpu_second > 1k/s", {"found a rate"}, ""},
      {"latency.p99 <", {"latency.p99 takes a duration with its unit, such as 5ms, found nothing"}, ""},
      // Comparisons.
      {"latency.p99 = 5ms", {R"(unknown comparison "=": expected <, <=, > or >=)"}, ""},
      {"latency.p99 =< 5ms", {"unknown comparison"}, R"(did you mean "<="?)"},
      {"latency.p99 => 5ms", {"unknown comparison"}, R"(did you mean ">="?)"},
      {"latency.p99 << 5ms", {"unknown comparison"}, ""},
      {"latency.p99 5ms", {"no comparison: expected <, <=, > or >="}, ""},
      {"latency.p99 \xe2\x89\xa4 5ms", {"no comparison"}, ""},
      {"1ms < latency.p99 < 5ms", {R"(unknown metric "1ms")"}, ""},
      // Stages.
      {"latency.p99 in < 5ms", {"no stage stands after \"in\""}, ""},
      {"latency.p99 in Peak < 5ms", {R"("Peak" is no name of a stage)"}, ""},
      {"latency.p99 in the peak < 5ms", {R"(unexpected "peak" before the comparison)"}, "a stage is named"},
      {"latency.p99 of peak < 5ms",
       {R"(unexpected "of")"},
       R"(a stage is named as in "latency.p99 in peak < 5ms")"},
      // All at once.
      {"latncy.p99 in PEAK == 5",
       {"unknown metric", "is no name of a stage", "unknown comparison"},
       R"(did you mean "latency.p99"?)"},
      {"latency.p999 5ms", {"unknown statistic", "no comparison"}, R"(did you mean "latency.p99.9"?)"},
      {"latency.p99 in a b ! 5",
       {"unexpected", "unknown comparison", "takes a duration"},
       "a stage is named"},
      // What says nothing.
      {"errors.ratio < 0%", {"no run can hold it"}, R"(did you mean "errors.ratio <= 0%"?)"},
      {"errors.count >= 0", {"every run holds it"}, R"(did you mean "errors.count > 0"?)"},
      {"errors.ratio > 100%", {"no run can hold it"}, R"(did you mean "errors.ratio >= 100%"?)"},
      {"errors.ratio <= 1", {"every run holds it"}, R"(did you mean "errors.ratio < 100%"?)"},
      {"", {"expected METRIC [in STAGE] COMPARISON LIMIT"}, ""},
      {"  ", {"expected METRIC [in STAGE] COMPARISON LIMIT"}, ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const auto threshold = parse_threshold(row.text);
    ASSERT_FALSE(threshold);
    ASSERT_EQ(threshold.errors().size(), row.what.size());
    for (std::size_t i = 0; i < row.what.size(); ++i)
      EXPECT_THAT(threshold.errors()[i].what, HasSubstr(row.what[i]));
    EXPECT_THAT(threshold.error().hint,
                row.hint[0] == '\0' ? testing::Eq("") : testing::Matcher<std::string>(HasSubstr(row.hint)));
  }
}

TEST(Threshold, NamesTheTextItIsAboutAndNoByteOfItRaw) {
  EXPECT_EQ(parse_threshold("x < 1").error().where, "\"x < 1\"");
  const auto hostile = parse_threshold("\x1b[2J.p99 < \r\n");
  ASSERT_FALSE(hostile);
  for (const Error& error : hostile.errors()) {
    for (const char c : to_string(error)) EXPECT_GE(c, 0x20);
  }
  EXPECT_THAT(parse_threshold(std::string(100'000, 'p')).error().what, HasSubstr("longer than 256"));
}

TEST(Threshold, WhateverIsReadIsReadAgainFromWhatItIsWrittenAs) {
  constexpr std::array<std::string_view, 8> kMetrics{"latency.p99",     "latency.p99.95", "connect.max",
                                                     "errors.ratio",    "shed.ratio",     "throughput.sent",
                                                     "messages.failed", "latency.p999"};
  constexpr std::array<std::string_view, 3> kStages{"", " in peak", " in"};
  constexpr std::array<std::string_view, 5> kComparisons{"<", "<=", " > ", ">=", "="};
  constexpr std::array<std::string_view, 12> kNumbers{"0",
                                                      "5",
                                                      "0.1",
                                                      "0.000001",
                                                      "1e3",
                                                      "7.123456789",
                                                      "1234567.891",
                                                      "999.9999999999",
                                                      "99.9999999999",
                                                      "9007199254740992",
                                                      "9007199254740993",
                                                      "-1"};
  constexpr std::array<std::string_view, 10> kUnits{"", "ns", "ms", " s", "h", "%", "k", "k/s", "/m", "/h"};
  Prng random(4);
  const auto any = [&](const auto& pieces) { return std::string{pieces[random.below(pieces.size())]}; };
  int read = 0;
  for (int run = 0; run < 20'000; ++run) {
    const std::string text = any(kMetrics) + any(kStages) + any(kComparisons) + any(kNumbers) + any(kUnits);
    const auto threshold = parse_threshold(text);
    if (!threshold) continue;
    ++read;
    const std::string canonical = to_string(*threshold);
    const auto again = parse_threshold(canonical);
    ASSERT_TRUE(again) << text << " -> " << canonical << ": " << to_string(again.error());
    ASSERT_EQ(to_string(*again), canonical) << text;
    ASSERT_NEAR(again->limit, threshold->limit, 1e-9 * std::max(1.0, threshold->limit)) << text;
  }
  EXPECT_GT(read, 1'000);
}

TEST(Threshold, AStageIsOneOfThoseThereAre) {
  constexpr std::array<std::string_view, 2> kStages{"ramp", "peak"};
  const auto in = [](const char* text) { return *parse_threshold(text); };
  EXPECT_FALSE(unknown_stage(in("latency.p99 < 5ms"), kStages));
  EXPECT_FALSE(unknown_stage(in("latency.p99 in peak < 5ms"), kStages));
  const auto error = unknown_stage(in("latency.p99 in paek < 5ms"), kStages);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->what, R"(unknown stage "paek")");
  EXPECT_EQ(error->hint, R"(did you mean "peak"?)");
  EXPECT_TRUE(unknown_stage(in("latency.p99 in peak < 5ms"), {}));
}

}  // namespace
}  // namespace ringstorm
