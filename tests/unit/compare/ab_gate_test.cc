#include "compare/ab_gate.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using testing::HasSubstr;

constexpr std::array<std::string_view, 3> kMeasured{"throughput", "latency.p50", "latency.p99"};

TEST(AbGate, WithoutGatesTheDefaultsOfWhatIsMeasured) {
  const auto metrics = gated_metrics(Scenario{}, kMeasured);
  ASSERT_TRUE(metrics.ok());
  ASSERT_EQ(metrics->size(), 3u);
  EXPECT_TRUE((*metrics)[0].gates);
  EXPECT_EQ((*metrics)[0].better, AbMetric::Better::higher);
  EXPECT_FALSE((*metrics)[1].gates);
  EXPECT_TRUE((*metrics)[2].gates);
  EXPECT_DOUBLE_EQ((*metrics)[2].trim, 0.25);
}

TEST(AbGate, NamedGatesAreTheOnlyOnes) {
  Scenario scenario;
  scenario.gates = {"latency.p50 8% from 3%"};
  const auto metrics = gated_metrics(scenario, kMeasured);
  ASSERT_TRUE(metrics.ok());
  EXPECT_FALSE((*metrics)[0].gates);
  EXPECT_TRUE((*metrics)[1].gates);
  EXPECT_DOUBLE_EQ((*metrics)[1].tolerance, 0.08);
  EXPECT_DOUBLE_EQ((*metrics)[1].minimum_effect, 0.03);
}

TEST(AbGate, AGateThatIsNotMeasuredIsAnError) {
  Scenario scenario;
  scenario.gates = {"cpu_per_message"};
  const auto metrics = gated_metrics(scenario, kMeasured);
  ASSERT_FALSE(metrics.ok());
  EXPECT_THAT(to_string(metrics.error()), HasSubstr("what is: throughput, latency.p50, latency.p99"));
}

TEST(AbGate, RulesFollowTheScenario) {
  Scenario scenario;
  scenario.gate_alpha = 0.005;
  scenario.gate_stall = milliseconds(40);
  EXPECT_DOUBLE_EQ(gate_rules(scenario).alpha, 0.005);
  EXPECT_EQ(gate_rules(scenario).stall_pause, milliseconds(40));
}

}  // namespace
}  // namespace ringstorm
