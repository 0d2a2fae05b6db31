// The forms of a rate and stages as a file writes them, and each mistake with its place.
#include "plan/load_reader.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "plan/scenario_file.h"

namespace ringstorm {
namespace {

RateForm rate(const std::string& json) {
  const auto scenario = parse_scenario("{\"rate\": " + json + "}", "t.json");
  EXPECT_TRUE(scenario.ok()) << json << ": " << (scenario.ok() ? "" : to_string(scenario.error()));
  return scenario.ok() && scenario->rate ? *scenario->rate : RateForm{};
}

TEST(LoadReader, EachFormOfARate) {
  using Kind = RateForm::Kind;
  EXPECT_EQ(rate("500").from.per_second(), 500);
  EXPECT_EQ(rate("\"50k/s\"").kind, Kind::steady);
  EXPECT_EQ(rate("\"50k/s\"").from.per_second(), 50'000);
  const RateForm ramp = rate(R"({"from": "1k/s", "to": "50k/s"})");
  EXPECT_EQ(ramp.kind, Kind::ramp);
  EXPECT_EQ(ramp.from.per_second(), 1'000);
  EXPECT_EQ(ramp.to.per_second(), 50'000);
  const RateForm steps = rate(R"({"from": 100, "to": 1000, "steps": 10})");
  EXPECT_EQ(steps.kind, Kind::steps);
  EXPECT_EQ(steps.steps, 10U);
  const RateForm burst = rate(R"({"burst": 100, "every": "500ms"})");
  EXPECT_EQ(burst.kind, Kind::burst);
  EXPECT_EQ(burst.burst, 100U);
  EXPECT_EQ(burst.every, milliseconds(500));
}

TEST(LoadReader, Stages) {
  const auto scenario = parse_scenario(
      R"({"stages": [{"name": "up", "rate": {"from": 0, "to": 10}, "for": "10s", "connections": 7}, {"for": 2}]})",
      "t.json");
  ASSERT_TRUE(scenario.ok());
  ASSERT_EQ(scenario->stages.size(), 2U);
  EXPECT_EQ(scenario->stages[0].name, "up");
  EXPECT_EQ(scenario->stages[0].rate->from.events, 0U);
  EXPECT_EQ(scenario->stages[0].length, seconds(10));
  EXPECT_EQ(scenario->stages[0].connections, 7U);
  EXPECT_FALSE(scenario->stages[1].rate);
  EXPECT_FALSE(scenario->stages[1].connections);
}

struct Mistake {
  const char* json;
  const char* place;  ///< and where the sentence begins
};

TEST(LoadReader, EachMistakeHasItsPlace) {
  const std::vector<Mistake> mistakes{
      {R"({"rate": true})", "t.json:1:10 /rate: "},
      {R"({"rate": "200M/s"})", "t.json:1:10 /rate: "},
      {R"({"rate": {"from": 1}})", "t.json:1:10 /rate: \"to\" is missing"},
      {R"({"rate": {"burst": 1}})", "t.json:1:10 /rate: \"every\" is missing"},
      {R"({"rate": {"from": 1, "to": 2, "steps": 1}})", "t.json:1:40 /rate/steps: "},
      {R"({"rate": {"burst": 1, "every": "1s", "from": 2}})", "t.json:1:38 /rate/from: a burst has no rate"},
      {R"({"rate": {"from": 1, "too": 2, "to": 3}})", "t.json:1:22 /rate/too: unknown field"},
      {R"({"stages": {}})", "t.json:1:12 /stages: "},
      {R"({"stages": [7]})", "t.json:1:13 /stages/0: "},
      {R"({"stages": [{"rate": 1}]})", "t.json:1:13 /stages/0: \"for\" is missing"},
      {R"({"stages": [{"rate": 1, "for": "soon"}]})", "t.json:1:32 /stages/0/for: "},
  };
  for (const Mistake& mistake : mistakes) {
    const auto scenario = parse_scenario(mistake.json, "t.json");
    ASSERT_FALSE(scenario.ok()) << mistake.json;
    EXPECT_TRUE(to_string(scenario.errors().front()).starts_with(mistake.place))
        << mistake.json << "\n"
        << to_string(scenario.errors().front());
  }
}

}  // namespace
}  // namespace ringstorm
