#include "plan/fan_out.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "plan/plan.h"
#include "plan/scenario_file.h"

namespace ringstorm {
namespace {

Plan plan_of(const std::string& text) {
  const auto scenario = parse_scenario(text, "scenario.json");
  EXPECT_TRUE(scenario.ok()) << (scenario.ok() ? "" : to_string(scenario.error()));
  MachineLimits limits;
  limits.cores = 2;
  limits.open_files = 20'000;
  auto plan = make_plan(*scenario, limits);
  EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : to_string(plan.error()));
  return plan.ok() ? std::move(*plan) : Plan{};
}

TEST(FanOut, TheShortFormIsTwoSessions) {
  const Plan plan = plan_of(R"({"url": "embedded:broadcast",
    "fan_out": {"publishers": 2, "subscribers": 7, "every": "50ms", "size": 100, "path": "/room"}})");
  EXPECT_EQ(plan.scenario.connections, 9U);
  ASSERT_EQ(plan.scenario.sessions.size(), 2U);
  EXPECT_EQ(plan.scenario.sessions[0].name, "publisher");
  EXPECT_EQ(plan.session_upgrades[1].target, "/room");
  ASSERT_EQ(plan.script.messages.size(), 1U);
  EXPECT_EQ(plan.script.messages[0].longest_bytes(), 100U);
  ASSERT_EQ(plan.fan_out.topics.size(), 1U);
  EXPECT_EQ(plan.fan_out.topics[0].publishers, 2U);
  EXPECT_EQ(plan.fan_out.topics[0].subscribers, 7U);
  EXPECT_EQ(plan.fan_out.pairs(plan.cast), 14U);
  EXPECT_FALSE(plan.fan_out.hears_stamps[0]);
  EXPECT_TRUE(plan.fan_out.hears_stamps[1]);
  EXPECT_FALSE(plan.expects_replies);
  EXPECT_NE(describe(plan).find("topic fan-out: 2 publishers to 7 subscribers"), std::string::npos);
}

TEST(FanOut, PublishersAreNumberedTopicByTopic) {
  const Plan plan = plan_of(R"({"url": "embedded:broadcast", "connections": 6, "duration": 1, "sessions": [
    {"name": "a", "count": 2, "publishes": "news", "steps": [{"send": "{{stamp}}"}, {"wait": "1s"}]},
    {"name": "b", "count": 2, "publishes": "sport", "subscribes": "news", "steps": [{"send": "{{stamp}}"}, {"wait": "1s"}]},
    {"name": "c", "count": 2, "subscribes": "sport", "steps": [{"listen": "1s"}]}]})");
  const FanOut& fan_out = plan.fan_out;
  ASSERT_EQ(fan_out.topics.size(), 2U);
  EXPECT_EQ(fan_out.publishers, 4U);
  EXPECT_EQ(fan_out.topics[1].first_publisher, 2U);
  std::array<std::vector<std::uint32_t>, 3> numbers;
  for (std::size_t connection = 0; connection < plan.cast.size(); ++connection)
    numbers[plan.cast[connection]].push_back(fan_out.publisher_of[connection]);
  EXPECT_EQ(numbers[0], (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(numbers[1], (std::vector<std::uint32_t>{2, 3}));
  EXPECT_EQ(numbers[2], (std::vector<std::uint32_t>{FanOut::kNobody, FanOut::kNobody}));
  EXPECT_EQ(fan_out.pairs(plan.cast), 2U * 2 + 2 * 2);
}

TEST(FanOut, ItsMemoryIsInTheBudget) {
  const auto shard_bytes = [](const std::string& publishers) {
    const Plan plan = plan_of(R"({"url": "embedded:broadcast", "shards": 1, "fan_out": {"publishers": )" +
                              publishers + R"(, "subscribers": 1000}})");
    EXPECT_LE(std::uint64_t{plan.fan_out.publishers} * plan.fan_out.followed_each, 65'536U + 16 * 2'000U);
    return plan.budget.total_bytes;
  };
  EXPECT_GE(shard_bytes("1001") - shard_bytes("1"), 1'000U * 1'000 * 24);
}

TEST(FanOut, WithoutStampsThereIsNone) {
  const Plan plan = plan_of(
      R"({"url": "embedded:echo", "duration": 1, "sessions": [{"steps": [{"send": "a"}, "expect"]}]})");
  EXPECT_FALSE(plan.fan_out.any());
  EXPECT_EQ(plan.fan_out.memory_bytes(plan.cast), 0U);
}

TEST(FanOut, EveryRunHasAKeyOfItsOwn) {
  const std::string text = R"({"url": "embedded:echo", "seed": 5})";
  EXPECT_NE(plan_of(text).stamp_key.secret.first, plan_of(text).stamp_key.secret.first);
}

}  // namespace
}  // namespace ringstorm
