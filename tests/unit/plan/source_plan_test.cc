#include "plan/source_plan.h"

#include <gtest/gtest.h>

#include "plan/plan.h"

namespace ringstorm {
namespace {

MachineLimits machine() {
  MachineLimits limits;
  limits.cores = 2;
  limits.open_files = 20'000;
  return limits;
}

Result<Plan> plan_of(const std::string& url, std::uint64_t connections, std::vector<std::string> sources = {},
                     const MachineLimits& limits = machine()) {
  Scenario s;
  s.url = url;
  s.connections = connections;
  s.open_rate = {10'000'000, seconds(1)};
  s.source_addresses = std::move(sources);
  return make_plan(s, limits);
}

std::string error_of(const Result<Plan>& plan) {
  return plan.ok() ? "" : to_string(plan.error());
}

TEST(SourcePlan, TheKernelChoosesWhileHalfOfItsPortsWouldDo) {
  EXPECT_FALSE(plan_of("embedded:echo", 14'116)->sources);
  EXPECT_TRUE(plan_of("embedded:echo", 14'117)->sources);
  EXPECT_TRUE(plan_of("ws://localhost:9001/", 14'117)->sources);
  EXPECT_FALSE(plan_of("ws://192.0.2.1/", 14'117)->sources);
  EXPECT_FALSE(plan_of("ws+unix:/run/app.sock:/", 19'000)->sources);
}

TEST(SourcePlan, TakesLoopbackAddressesWithSomeToSpare) {
  const auto plan = plan_of("embedded:echo", 1'000'000);
  ASSERT_TRUE(plan.ok()) << error_of(plan);
  const SourcePlan& sources = *plan->sources;
  EXPECT_TRUE(sources.automatic);
  EXPECT_EQ(sources.addresses.text(), "127.0.0.2 to 127.0.0.38");  // 36 would do
  EXPECT_EQ(sources.first_port, 32'768);
  EXPECT_EQ(sources.last_port, 60'999);
  EXPECT_GE(sources.room(1), 1'028'231U);
  EXPECT_NE(describe(*plan).find("\nfrom         127.0.0.2 to 127.0.0.38, ports 32768 to 60999: 1,044,584 in "
                                 "all, as one address has too few\n"),
            std::string::npos)
      << describe(*plan);
}

TEST(SourcePlan, TakesEveryUnprivilegedPortWhereFewAreEphemeral) {
  MachineLimits limits = machine();
  limits.ephemeral_ports = 100;
  const auto plan = plan_of("embedded:echo", 100'000, {}, limits);
  ASSERT_TRUE(plan.ok()) << error_of(plan);
  EXPECT_EQ(plan->sources->first_port, 1024);
  EXPECT_EQ(plan->sources->last_port, 65'535);
  EXPECT_EQ(plan->sources->addresses.count(), 3U);
}

TEST(SourcePlan, TheScenarioNamesThem) {
  const auto plan = plan_of("ws://192.0.2.1/", 56'462, {"10.0.0.5", "10.0.0.9"});
  ASSERT_TRUE(plan.ok()) << error_of(plan);
  EXPECT_FALSE(plan->sources->automatic);
  EXPECT_EQ(plan->sources->first_port, 32'768);
  const auto more = plan_of("ws://192.0.2.1/", 56'463, {"10.0.0.5", "10.0.0.9"});
  ASSERT_TRUE(more.ok()) << error_of(more);
  EXPECT_EQ(more->sources->first_port, 1024) << "the ephemeral ones are too few";
  const auto most = plan_of("ws://192.0.2.1/", 2 * 64'511, {"10.0.0.5", "10.0.0.9"});
  EXPECT_TRUE(most.ok()) << error_of(most);
}

TEST(SourcePlan, SaysHowManyAddressesWouldDo) {
  const auto plan = plan_of("ws://192.0.2.1/", 200'000, {"10.0.0.5", "10.0.0.9"});
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(error_of(plan),
            "/source_addresses: 200,000 connections from 2 addresses of 64,511 ports each towards 1 target: "
            "129,022 would fit (name 4 of this machine's addresses, or more targets in \"url\")");
}

TEST(SourcePlan, RefusesWhatIsNoAddressAndWhatHasNone) {
  EXPECT_NE(error_of(plan_of("embedded:echo", 10, {"10.0.0"})).find("/source_addresses"), std::string::npos);
  EXPECT_EQ(error_of(plan_of("ws+unix:/run/app.sock:/", 10, {"10.0.0.1"})),
            "/source_addresses: they are TCP's, and the url is a Unix socket's (leave them out)");
}

}  // namespace
}  // namespace ringstorm
