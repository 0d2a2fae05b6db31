#include "plan/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/scenario_file.h"

namespace ringstorm {
namespace {

using testing::HasSubstr;

TEST(Gate, IsAMetricWithItsDefaultsOrItsOwnShares) {
  struct Row {
    const char* text;
    Gate gate;
  };
  const Row rows[] = {
      {"latency.p99", {"latency.p99", 0.10, 0.05}},
      {"  latency.p99   8% ", {"latency.p99", 0.08, 0.05}},
      {"latency.p99 0.03", {"latency.p99", 0.03, 0.03}},  // the minimum is never above the tolerance
      {"throughput 10% from 4%", {"throughput", 0.10, 0.04}},
  };
  for (const Row& row : rows) {
    const Result<Gate> gate = parse_gate(row.text);
    ASSERT_TRUE(gate.ok()) << row.text << ": " << to_string(gate.error());
    EXPECT_EQ(*gate, row.gate) << row.text;
  }
}

TEST(Gate, SaysWhatIsWrong) {
  struct Row {
    const char* text;
    const char* what;
  };
  const Row rows[] = {
      {"", "found nothing, expected one of throughput, latency.p50, latency.p99"},
      {"thruput 5%", "found \"thruput\", expected one of throughput, "},
      {"latency.p98 10%", "did you mean \"latency.p99\"?"},
      {"throughput 5", "found \"5\", expected a share"},
      {"throughput 0%", "expected a share"},
      {"throughput 100%", "expected a share"},
      {"throughput 5% to 2%", "expected nothing more, or \"from\""},
      {"throughput 5% from", "found nothing, expected a share"},
      {"throughput 5% from 6%", "no more than the tolerance"},
      {"throughput 5% from 2% 1%", "expected nothing more"},
  };
  for (const Row& row : rows) {
    const Result<Gate> gate = parse_gate(row.text);
    ASSERT_FALSE(gate.ok()) << row.text;
    EXPECT_THAT(to_string(gate.error()), HasSubstr(row.what));
  }
}

TEST(Gate, MistakesHaveTheirPlaceInTheFile) {
  const auto scenario =
      parse_scenario(R"({"gate": {"metrics": ["throughput 5%", "p99 5%", "throughput"]}})", "scenario.json");
  ASSERT_FALSE(scenario.ok());
  ASSERT_EQ(scenario.errors().size(), 2u);
  EXPECT_THAT(to_string(scenario.errors()[0]), HasSubstr("scenario.json:1:40 /gate/metrics/1"));
  EXPECT_THAT(to_string(scenario.errors()[1]), HasSubstr("\"throughput\" gates already"));
}

TEST(Gate, TheTableIsSound) {
  for (const GateMetricRow& row : gate_metrics()) {
    EXPECT_GT(row.minimum_effect, 0) << row.name;
    EXPECT_LE(row.minimum_effect, row.tolerance) << row.name;
    EXPECT_EQ(parse_gate(row.name)->tolerance, row.tolerance) << row.name;
  }
}

}  // namespace
}  // namespace ringstorm
