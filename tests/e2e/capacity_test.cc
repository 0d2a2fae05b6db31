// `ringstorm capacity` from its command line to capacity.json.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::HasSubstr;

TEST(Capacity, WhatCannotBeSearchedIsAUsageError) {
  const struct {
    std::vector<std::string> arguments;
    const char* says;
  } rows[] = {
      {{}, "nothing says what the target must keep"},
      {{"--slo", "latncy.p99 < 5ms"}, "--slo"},
      {{"--search", "speed", "--slo", "latency.p99 < 5ms"}, "expected rate, connections or open-rate"},
      {{"--step", "never", "--slo", "latency.p99 < 5ms"}, "--step never"}};
  for (const auto& row : rows) {
    std::vector<std::string> arguments{"capacity", "embedded:echo"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    const Outcome outcome = ringstorm(arguments);
    EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
    EXPECT_THAT(outcome.err, HasSubstr(row.says));
  }
}

TEST(Capacity, ADeadServerEndsTheSearch) {
  const TemporaryFolder folder;
  const Outcome outcome = ringstorm({"capacity", "ws://127.0.0.1:1/", "-c", "2", "--slo", "latency.p99 < 5ms",
                                     "--step", "300ms", "--out", folder.file("out")});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_THAT(outcome.out, HasSubstr("connection refused"));
  std::ifstream file(folder.file("out") + "/capacity.json");
  const auto json = nlohmann::json::parse(file, nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["schema"], "ringstorm.capacity/1");
  EXPECT_EQ(json["end"], "target_failed");
  EXPECT_TRUE(json["answer"].is_null());
}

}  // namespace
}  // namespace ringstorm::e2e
