// What the golden file does not show: the corners of single fields. That the names are the contract's is its
// business.
#include "report/json_sink.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "golden/example_report.h"
#include "report/sink.h"

namespace ringstorm {
namespace {

TEST(JsonSink, AnEmptyHistogramIsACountOfZeroAndNulls) {
  const auto json = to_json(example::refused_run());
  const auto& service = json["latency"]["service"];
  EXPECT_EQ(service["count"], 0);
  for (const auto& [name, value] : service.items()) {
    EXPECT_TRUE(!name.ends_with("_ns") || value.is_null()) << name;
  }
}

TEST(JsonSink, AQuantileBelowItsFloorIsNull) {
  Report report;
  for (int i = 0; i < 999; ++i) report.measurements.service.record(microseconds(5));
  EXPECT_TRUE(to_json(report)["latency"]["service"]["p99_ns"].is_null());
  EXPECT_EQ(to_json(report)["latency"]["service"]["p95_ns"], 5'000);
  report.measurements.service.record(microseconds(5));
  EXPECT_EQ(to_json(report)["latency"]["service"]["p99_ns"], 5'000);
  EXPECT_TRUE(to_json(report)["latency"]["service"]["p99_9_ns"].is_null());
}

TEST(JsonSink, SeedIsANumberAsLongAsThatIsExact) {
  Report report;
  report.plan.seed = (std::uint64_t{1} << 53) - 1;
  EXPECT_EQ(to_json(report)["seed"], 9'007'199'254'740'991ULL);
  ++report.plan.seed;
  EXPECT_EQ(to_json(report)["seed"], "9007199254740992");
}

TEST(JsonSink, RatesAreOverTheMeasuredWindow) {
  Report report;
  report.measurements.counters.messages_sent = 1'000'000;
  report.measurements.counters.window_sent = 1'500;
  report.measurements.counters.window_received = 750;
  report.measurements.counters.window_answered = 600;
  report.window = milliseconds(500);
  report.usage.cpu_user = milliseconds(100);
  report.usage.cpu_system = milliseconds(300);
  const auto json = to_json(report);
  EXPECT_DOUBLE_EQ(json["rates"]["sent_per_s"], 3'000);
  EXPECT_DOUBLE_EQ(json["rates"]["received_per_s"], 1'500);
  EXPECT_DOUBLE_EQ(json["generator"]["messages_per_cpu_second"], 1'500);
}

TEST(JsonSink, WithoutAWindowThereAreNoRates) {
  const auto json = to_json(Report{});
  EXPECT_EQ(json["rates"]["sent_per_s"], 0);
  EXPECT_TRUE(json["generator"]["messages_per_cpu_second"].is_null());
}

TEST(JsonSink, TlsIsAnObjectWhereThereIsSome) {
  Report report = example::good_run();
  EXPECT_TRUE(to_json(report)["tls"].is_null());
  EXPECT_TRUE(to_json(report)["plan"]["tls"].is_null());
  EXPECT_FALSE(to_json(report)["phases"].contains("tls"));
  report.plan.target.tls = true;
  report.plan.scenario.tls_insecure = true;
  report.measurements.tls.record(milliseconds(3));
  report.measurements.counters.tls_full = 1;
  const auto json = to_json(report);
  EXPECT_EQ(json["tls"]["verified"], false);
  EXPECT_EQ(json["tls"]["handshakes_full"], 1);
  EXPECT_EQ(json["plan"]["tls"]["insecure"], true);
  EXPECT_EQ(json["phases"]["tls"]["count"], 1);
}

TEST(JsonSink, OtherFailuresHaveAName) {
  Report report;
  report.measurements.failures.count(Failure{});
  EXPECT_EQ(to_json(report)["errors"]["other"], 1);
}

TEST(JsonSink, CredentialsStayOut) {
  Report report;
  const std::vector<std::string> secret{"authorization", "Proxy-Authorization", "Cookie", "X-Auth-Token",
                                        "X-API-Key"};
  for (const std::string& name : secret) report.plan.scenario.headers.emplace_back(name, "hunter2");
  report.plan.scenario.headers.emplace_back("X-Room", "lobby");
  const std::string bytes = json_report(report);
  EXPECT_EQ(bytes.find("hunter2"), std::string::npos);
  EXPECT_NE(bytes.find("lobby"), std::string::npos);
}

TEST(JsonSink, ALongPayloadIsNotCopied) {
  Report report;
  report.plan.payload = std::string(1 << 20, 'x');
  report.plan.scenario.payload_text = report.plan.payload;
  EXPECT_LT(json_report(report).size(), 10'000U);
  EXPECT_EQ(to_json(report)["plan"]["payload_bytes"], 1 << 20);
}

TEST(JsonSink, BytesThatAreNotUtf8StillMakeJson) {
  Report report;
  report.measurements.failures.count({Cause::malformed_head, 0}, "\xff\xfe\xc3");
  report.plan.scenario.payload_text = std::string(255, 'x') + "\xc3\xa9";  // the cut falls into a character
  EXPECT_TRUE(nlohmann::json::accept(json_report(report)));
}

}  // namespace
}  // namespace ringstorm
