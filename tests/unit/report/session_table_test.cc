#include "report/session_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ringstorm {
namespace {

using testing::HasSubstr;

Report report_with_sessions() {
  Report report(MeasuredParts{0, 2, 3});
  Script& script = report.plan.script;
  script.sessions.resize(2);
  script.sessions[0].name = "reader";
  script.sessions[1].name = "writer";
  script.steps = {"/sessions/0/steps/0", "/sessions/1/steps/0", "/sessions/1/steps/1"};
  report.plan.cast = {0, 0, 1};
  Measurements& m = report.measurements;
  m.sessions[1].passes = 1'234;
  m.sessions[1].sent = m.sessions[1].answered = 5'000;
  for (int i = 0; i < 5'000; ++i) m.sessions[1].latency.record(milliseconds(2));
  m.steps[2].timeouts = 3;
  m.steps[2].checks_failed = 1;
  m.counters.messages_received = 5'010;
  m.counters.messages_answered = 5'000;
  m.counters.messages_listened = 10;
  m.counters.pings_sent = 7;
  return report;
}

TEST(SessionTable, IsEmptyWithoutSessions) {
  EXPECT_EQ(session_table(Report{}), "");
  EXPECT_TRUE(sessions_json(Report{}).is_null());
}

TEST(SessionTable, HasALineForEachSessionAndEachStepThatWentWrong) {
  const std::string text = session_table(report_with_sessions());
  EXPECT_THAT(text, HasSubstr("  reader                2           0           0           0"));
  EXPECT_THAT(text, HasSubstr("  writer                1       1,234       5,000       5,000"));
  EXPECT_THAT(
      text,
      HasSubstr("5,010 received = 5,000 answers + 0 pushed + 10 listened to + 0 unmatched + 0 unawaited"));
  EXPECT_THAT(text, HasSubstr("7 sent, 0 answered"));
  EXPECT_THAT(text, HasSubstr("step         /sessions/1/steps/1: 3 timed out, 1 not right\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("/sessions/0/steps/0")));
}

TEST(SessionTable, SaysTheSameInJson) {
  const auto json = sessions_json(report_with_sessions());
  EXPECT_EQ(json["list"][0]["connections"], 2);
  EXPECT_EQ(json["list"][1]["name"], "writer");
  EXPECT_EQ(json["list"][1]["latency"]["count"], 5'000);
  EXPECT_EQ(json["heard"]["listened"], 10);
  ASSERT_EQ(json["steps"].size(), 1U);
  EXPECT_EQ(json["steps"][0]["step"], "/sessions/1/steps/1");
  EXPECT_EQ(json["steps"][0]["timeouts"], 3);
}

}  // namespace
}  // namespace ringstorm
