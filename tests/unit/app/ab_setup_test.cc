// What `ringstorm ab` is asked for, as a table of what it makes of it.
#include "app/ab_setup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/plan.h"

namespace ringstorm {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(AbServer, IsACommandWithAPlaceForThePortOrAUrl) {
  const auto command = parse_ab_server("--a", "./server --port {port}");
  ASSERT_TRUE(command);
  EXPECT_FALSE(command->is_url);
  const auto url = parse_ab_server("--a", "ws://127.0.0.1:9001/chat");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->is_url);
  for (const char* wrong : {"", "./server", "ws://"}) EXPECT_FALSE(parse_ab_server("--a", wrong)) << wrong;
  EXPECT_THAT(to_string(parse_ab_server("--b", "./server").error()),
              HasSubstr("--b: found \"./server\", expected a command with {port}"));
}

TEST(AbMistakes, AreWhatCannotBeAskedInSlices) {
  EXPECT_THAT(find_ab_mistakes(Scenario{}), IsEmpty());
  Scenario scenario;
  scenario.stages.emplace_back();
  scenario.rate = RateForm{.kind = RateForm::Kind::ramp};
  scenario.messages = 1;
  scenario.expects_reply = false;
  scenario.faults = {"drop 1%"};
  scenario.verify = true;
  scenario.sessions.emplace_back();
  EXPECT_EQ(find_ab_mistakes(scenario).size(), 7U);
}

TEST(LocalUrl, KeepsTheScenariosResource) {
  Scenario scenario;
  EXPECT_EQ(local_url(scenario, "127.0.0.1:5"), "ws://127.0.0.1:5/");
  scenario.url = "embedded:echo";
  EXPECT_EQ(local_url(scenario, "127.0.0.1:5"), "ws://127.0.0.1:5/");
  scenario.url = "ws://example.org:9001/chat?room=1";
  EXPECT_EQ(local_url(scenario, "[::1]:5"), "ws://[::1]:5/chat?room=1");
}

TEST(Scenarios, OfTheThreePartsOfARoundCanBePlanned) {
  Scenario base;
  base.rate = RateForm{.from = {5'000, seconds(1)}};
  base.arrivals = Arrivals::poisson;
  base.when_full = WhenFull::shed;
  base.in_flight = 1;
  base.warmup = seconds(3);
  const std::string url = "ws://127.0.0.1:1/";
  const auto saturated = make_plan(saturating(base, url), {.available_memory_bytes = 0});
  ASSERT_TRUE(saturated) << to_string(saturated.error());
  EXPECT_FALSE(saturated->load.open_loop());
  const auto steady = make_plan(paced(base, url, {2'000, seconds(1)}), {.available_memory_bytes = 0});
  ASSERT_TRUE(steady) << to_string(steady.error());
  EXPECT_EQ(steady->load.shape.back().from, (Rate{2'000, seconds(1)}));
  EXPECT_EQ(steady->scenario.arrivals, Arrivals::poisson);
  EXPECT_EQ(steady->scenario.when_full, WhenFull::wait) << "nothing may be missing on one side only";
  const auto opening = make_plan(connecting(base, url), {.available_memory_bytes = 0});
  ASSERT_TRUE(opening) << to_string(opening.error());
}

TEST(RateBelow, IsHalfOfTheSlowerSideToTwoDigits) {
  const struct {
    double a;
    double b;
    std::uint64_t events;
  } rows[] = {{100'000, 50'000, 25'000},
              {49'999, 60'000, 24'000},
              {3'333, 9'999, 1'600},
              {19, 19, 9},
              {1, 1, 1},
              {0, 100, 1}};
  for (const auto& row : rows) EXPECT_EQ(rate_below(row.a, row.b), (Rate{row.events, seconds(1)})) << row.a;
}

TEST(LatencySlice, HoldsTenMessagesBeyondItsP99WhereItCan) {
  EXPECT_EQ(latency_slice({10'000, seconds(1)}, milliseconds(100)), milliseconds(100));
  EXPECT_EQ(latency_slice({5'000, seconds(1)}, milliseconds(100)), milliseconds(200));
  EXPECT_EQ(latency_slice({100, seconds(1)}, milliseconds(100)), milliseconds(250));
  EXPECT_EQ(latency_slice({100, seconds(1)}, milliseconds(500)), milliseconds(500)) << "as it was asked for";
}

TEST(GuardGap, IsTheLongestLatencyWithinBounds) {
  EXPECT_EQ(guard_gap(microseconds(300)), milliseconds(20));
  EXPECT_EQ(guard_gap(milliseconds(60)), milliseconds(60));
  EXPECT_EQ(guard_gap(seconds(3)), milliseconds(250));
}

}  // namespace
}  // namespace ringstorm
