// The commands that run nothing of the user's: check, doctor, help and version.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

TEST(Check, PrintsThePlanAndItsMemory) {
  const TemporaryFolder folder;
  const std::string file = folder.write(
      "plan.json",
      R"({"url": "ws://127.0.0.1:1/chat", "connections": 1234, "message": {"size": 77}, "shards": 2})");
  const Outcome outcome = ringstorm({"check", file});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  for (const char* part : {"127.0.0.1:1", "/chat", "1,234", "77 B", "memory", "shard"}) {
    EXPECT_THAT(outcome.out, HasSubstr(part)) << outcome.all();
  }
}

TEST(Check, SaysWhatMakesAPlanImpossible) {
  const TemporaryFolder folder;
  const std::string file = folder.write(
      "slow.json",
      R"({"url": "ws://127.0.0.1:1/", "connections": {"count": 1000, "open_rate": "10/s"}, "duration": "1s"})");
  const Outcome outcome = ringstorm({"check", file});
  EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
  EXPECT_THAT(outcome.err, ContainsRegex("open.rate")) << outcome.all();
}

TEST(Check, TheScenariosThatComeWithItAreFine) {
  for (const char* name : {"quickstart", "echo", "sink", "firehose", "large-binary", "laboratory"}) {
    const Outcome outcome =
        ringstorm({"check", std::string{RINGSTORM_SOURCE_DIR} + "/scenarios/" + name + ".json"});
    EXPECT_EQ(outcome.exit_code, 0) << name << "\n" << outcome.all();
  }
}

TEST(Doctor, KnowsThisMachine) {
  const Outcome outcome = ringstorm({"doctor"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  for (const char* part :
       {"Linux ", "io_uring", "multishot receive", "open files", "ephemeral ports", "somaxconn", "memlock",
        "clock source", "cores", "governor", "fit for 1,000 connections"}) {
    EXPECT_THAT(outcome.out, HasSubstr(part)) << outcome.all();
  }
}

TEST(Doctor, JudgesAgainstTheSizeAskedFor) {
  const Outcome outcome = ringstorm({"doctor", "-c", "5000000"});
  EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
  EXPECT_THAT(outcome.out, HasSubstr("not fit for 5,000,000 connections")) << outcome.all();
}

TEST(Doctor, SpeaksJson) {
  const Outcome outcome = ringstorm({"doctor", "--json"});
  const auto document = nlohmann::json::parse(outcome.out, nullptr, false);
  ASSERT_TRUE(document.is_object()) << outcome.all();
  EXPECT_EQ(document["schema"], "ringstorm.doctor/1");
  EXPECT_EQ(document["fit"], true);
}

TEST(Doctor, CalibratesForLaterReports) {
  const TemporaryFolder cache;
  const auto cached = [&] { ::setenv("XDG_CACHE_HOME", cache.path().c_str(), 1); };
  const Outcome none = run({"embedded:echo", "-c", "2", "-d", "200ms"}, cached);
  EXPECT_TRUE(none.report["environment"]["calibration"].is_null()) << none.all();
  EXPECT_THAT(schema_violations(none.report), Not(HasSubstr("/environment")));

  const Outcome doctor = ringstorm({"doctor", "--calibrate"}, cached);
  EXPECT_EQ(doctor.exit_code, 0) << doctor.all();
  for (const char* part : {"bare timer", "waiting first", "waiting spin", "closed loop"})
    EXPECT_THAT(doctor.out, HasSubstr(part)) << doctor.all();

  const Outcome later = run({"embedded:echo", "-c", "2", "-d", "200ms"}, cached);
  EXPECT_THAT(schema_violations(later.report), Not(HasSubstr("/environment")));
  EXPECT_GT(later.count("/environment/calibration/timer/p50_ns"), 0) << later.all();
  EXPECT_GT(later.count("/environment/calibration/pacing/first/max_ns"), 0);
  EXPECT_EQ(later.report["environment"]["calibration"]["kernel"], later.report["environment"]["kernel"]);
  EXPECT_GT(later.report["environment"]["calibration"]["maximum"]["messages_per_s"], 0.0);

  cache.write("ringstorm/calibration.json", "{");
  const Outcome corrupt = run({"embedded:echo", "-c", "2", "-d", "200ms"}, cached);
  EXPECT_EQ(corrupt.exit_code, none.exit_code) << corrupt.all();
  EXPECT_TRUE(corrupt.report["environment"]["calibration"].is_null());
  EXPECT_THAT(ringstorm({"doctor"}, cached).out, HasSubstr("is ignored: it is not a JSON object"));
}

TEST(Version, NamesTheProgramItsVersionAndCommit) {
  const Outcome outcome = ringstorm({"--version"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, ContainsRegex("ringstorm [0-9]+\\.[0-9]+\\.[0-9]+ .*(unknown|[0-9a-f]{7})"))
      << outcome.all();
}

TEST(Help, NamesTheCommandsAndTheExitCodes) {
  const Outcome outcome = ringstorm({"--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* part : {"run", "serve", "check", "doctor", "bench", "could not be reached"}) {
    EXPECT_THAT(outcome.out, HasSubstr(part)) << outcome.all();
  }
}

class HelpOf : public testing::TestWithParam<const char*> {};

TEST_P(HelpOf, HasAnExample) {
  const std::string command = GetParam();
  const Outcome outcome = ringstorm({command, "--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("ringstorm " + command)) << outcome.all();
}

INSTANTIATE_TEST_SUITE_P(Commands, HelpOf, testing::Values("run", "serve", "check", "doctor", "bench"),
                         [](const auto& test) { return std::string{test.param}; });

TEST(HelpOf, RunNamesEveryFlag) {
  const Outcome outcome = ringstorm({"run", "--help"});
  for (const char* flag : {"--url",
                           "--connections",
                           "--open-rate",
                           "--in-flight",
                           "--size",
                           "--text",
                           "--binary",
                           "--duration",
                           "--messages",
                           "--warmup",
                           "--drain",
                           "--connect-timeout",
                           "--upgrade-timeout",
                           "--close-timeout",
                           "--waiting",
                           "--shards",
                           "--seed",
                           "--out",
                           "--quiet",
                           "--header",
                           "--subprotocol",
                           "--fault",
                           "--verify"}) {
    EXPECT_THAT(outcome.out, HasSubstr(flag)) << outcome.all();
  }
}

}  // namespace
}  // namespace ringstorm::e2e
