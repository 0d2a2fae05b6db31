#include "plan/load_plan.h"

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

RateForm steady(std::uint64_t per_second) {
  RateForm form;
  form.from = {per_second, seconds(1)};
  return form;
}

Scenario rated(std::uint64_t per_second) {
  Scenario s;
  s.rate = steady(per_second);
  s.duration = seconds(10);
  s.seed = 1;
  return s;
}

std::string only_place(const std::vector<Error>& errors) {
  return errors.size() == 1 ? errors.front().where : std::to_string(errors.size()) + " mistakes";
}

TEST(LoadPlan, WithoutARateIsAClosedLoop) {
  Scenario s;
  s.duration = seconds(10);
  const LoadPlan load = plan_load(s);
  EXPECT_FALSE(load.open_loop());
  EXPECT_EQ(load.planned_connections, 100U);
  EXPECT_FALSE(load.planned_messages);
}

TEST(LoadPlan, TheWarmUpComesFirstAndCounts) {
  Scenario s = rated(1'000);
  s.warmup = seconds(2);
  const LoadPlan load = plan_load(s);
  ASSERT_EQ(load.shape.size(), 2U);
  EXPECT_EQ(load.shape[0].length, seconds(2));
  EXPECT_EQ(load.shape[1].length, seconds(10));
  EXPECT_EQ(load.planned_messages, 12'000U);
}

TEST(LoadPlan, TheRateOfEachConnection) {
  Scenario s = rated(10);
  s.senders = Senders::each;
  EXPECT_EQ(plan_load(s).shape[0].from.per_second(), 1'000);
}

TEST(LoadPlan, AStageWithoutARateGoesOnWithTheOneBefore) {
  Scenario s = rated(0);
  s.rate.reset();
  s.stages.resize(2);
  s.stages[0].rate = RateForm{.kind = RateForm::Kind::ramp, .from = {0, seconds(1)}, .to = {50, seconds(1)}};
  s.stages[0].length = seconds(4);
  s.stages[1].name = "peak";
  s.stages[1].length = seconds(6);
  const LoadPlan load = plan_load(s);
  ASSERT_EQ(load.shape.size(), 2U);
  EXPECT_EQ(load.shape[0].kind, Stage::Kind::ramp);
  EXPECT_EQ(load.shape[1].from.per_second(), 50);
  EXPECT_EQ(load.stages[0], (StageSpan{"1", seconds(0), seconds(4)}));
  EXPECT_EQ(load.stages[1], (StageSpan{"peak", seconds(4), seconds(10)}));
}

TEST(LoadPlan, Mistakes) {
  Scenario s = rated(10);
  EXPECT_TRUE(find_load_mistakes(s).empty());
  s.in_flight = 2;
  EXPECT_EQ(only_place(find_load_mistakes(s)), "/in_flight");
  EXPECT_EQ(only_place(find_load_mistakes(rated(0))), "/rate");
}

TEST(LoadPlan, Gaps) {
  Scenario s;
  s.when_full = WhenFull::shed;
  EXPECT_EQ(only_place(find_load_gaps(s)), "/when_full");
  s = rated(10);
  EXPECT_TRUE(find_load_gaps(s).empty());
  s.thresholds = {*parse_threshold("latency.p99 in nowhere < 5ms")};
  EXPECT_EQ(only_place(find_load_gaps(s)), "/thresholds/0");
}

}  // namespace
}  // namespace ringstorm
