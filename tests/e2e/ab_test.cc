// `ringstorm ab` from its command line to its verdict, with servers that behave and servers that do not. No
// speed is held against a figure: sides are compared with each other, far beyond any noise.
#include <algorithm>
#include <fstream>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/peer.h"
#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string embedded_server(const std::string& more = "") {
  return std::string("exec '") + RINGSTORM_BINARY + "' serve --listen 127.0.0.1:{port} " + more;
}

/// Four short rounds decide that it is worse, five that it is not, between throughput and stalls alone, at a
/// level that four can reach.
class Ab : public testing::Test {
 protected:
  std::vector<std::string> arguments(const std::string& a, const std::string& b,
                                     const std::vector<std::string>& more = {}) const {
    std::vector<std::string> list{"ab", scenario_, "--a", a, "--b", b, "--out", folder_.file("out")};
    const std::pair<const char*, const char*> defaults[] = {
        {"--rounds", "4"}, {"--pairs", "2"}, {"--warmup", "50ms"}, {"--generator-limits", "report"}};
    for (const auto& [flag, value] : defaults) {
      if (std::ranges::find(more, flag) == more.end()) list.insert(list.end(), {flag, value});
    }
    list.insert(list.end(), more.begin(), more.end());
    return list;
  }
  Outcome ab(const std::string& a, const std::string& b, const std::vector<std::string>& more = {}) const {
    return ringstorm(arguments(a, b, more));
  }
  /// With a second and a third try for a machine that was too busy to tell, which is an answer, but not a
  /// wrong one.
  Outcome judged(const std::string& a, const std::string& b,
                 const std::vector<std::string>& more = {}) const {
    constexpr int kInconclusive = 2;
    Outcome outcome = ab(a, b, more);
    for (int again = 0; again < 2 && outcome.exit_code == kInconclusive; ++again) outcome = ab(a, b, more);
    return outcome;
  }
  nlohmann::json record() const {
    std::ifstream file(folder_.file("out") + "/ab.json");
    return nlohmann::json::parse(file, nullptr, false);
  }
  /// For a command: leaves its process's number in a file.
  std::string leave_pid(const std::string& name) const { return "echo $$ > " + folder_.file(name) + "; "; }
  pid_t left_pid(const std::string& name) const {
    std::ifstream file(folder_.file(name));
    pid_t pid = 0;
    file >> pid;
    return pid;
  }
  void expect_gone(const std::string& name) const {
    const pid_t pid = left_pid(name);
    EXPECT_GT(pid, 0) << name;
    EXPECT_TRUE(eventually([&] { return !is_running(pid); })) << name;
  }

  TemporaryFolder folder_;
  std::string scenario_ = folder_.write("ab.json", R"({
    "name": "short", "url": "ws://127.0.0.1:1/chat", "connections": 10, "rate": "2k/s",
    "gate": {"metrics": ["throughput 20% from 10%"], "alpha": "20%", "stall": "1h"}})");
};

TEST_F(Ab, WhatCannotBeComparedIsAUsageError) {
  const std::string good = embedded_server();
  const struct {
    std::string a;
    std::string b;
    std::vector<std::string> more;
    const char* says;
  } rows[] = {{"./server --port 9000",
               good,
               {},
               "--a: found \"./server --port 9000\", expected a command with {port}"},
              {good, "", {}, "--b: found nothing, expected a command with {port}"},
              {"ws://", good, {}, "ws://"},
              {good, good, {"--rounds", "6,6"}, "--rounds 6,6: expected rising numbers"},
              {good, good, {"--pairs", "1"}, "--pairs 1: expected a number from 2"},
              {good, good, {"--slice", "1ms"}, "--slice 1ms: expected a time from 20ms"},
              {good, good, {"--fault", "drop 1%"}, "/server/faults: ab starts the servers by their commands"},
              {good, good, {"--no-reply"}, "nobody answers"},
              {good, good, {"--messages", "100"}, "/messages: ab measures for as long as a verdict takes"}};
  for (const auto& row : rows) {
    const Outcome outcome = ab(row.a, row.b, row.more);
    EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
    EXPECT_THAT(outcome.err, HasSubstr(row.says));
  }
}

TEST_F(Ab, AGreatRegressionIsFound) {
  const Outcome outcome =
      judged(leave_pid("a") + embedded_server(), leave_pid("b") + embedded_server("--fault 'burn 200us'"));
  EXPECT_EQ(outcome.exit_code, 1) << outcome.all();
  EXPECT_THAT(outcome.out, HasSubstr("regressed"));
  const nlohmann::json found = record();
  ASSERT_TRUE(found.is_object());
  EXPECT_EQ(found["rounds"].size(), 4U);
  expect_gone("a");
  expect_gone("b");
}

TEST_F(Ab, TheOtherWayRoundItIsAnImprovement) {
  const Outcome outcome =
      judged(embedded_server("--fault 'burn 200us'"), embedded_server(), {"--rounds", "5"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_THAT(outcome.out, HasSubstr("improved"));
}

// Under whatever load this machine is: never a regression, and never much longer than it says.
TEST_F(Ab, TheSameServerOnBothSidesDoesNotRegress) {
  Process process(command_line({"ab", "--self-test", "--quick", "-c", "10", "--out", folder_.file("out")}));
  const auto code = process.wait(seconds(100));
  EXPECT_TRUE(code == 0 || code == 2) << process.err() << process.out();
  EXPECT_THAT(process.out(), AllOf(HasSubstr("verdict"), HasSubstr("throughput"), HasSubstr("self-test")));
  EXPECT_TRUE(record().is_object());
}

TEST_F(Ab, RunningServersAreComparedByTheirUrls) {
  const Peer a("echo_websockets.py");
  const Peer b("echo_websockets.py");
  const Outcome outcome = ab(a.url(), b.url(), {"--inconclusive", "pass", "--format", "json"});
  EXPECT_TRUE(outcome.exit_code == 0 || outcome.exit_code == 1) << outcome.all();
  const auto document = nlohmann::json::parse(outcome.out, nullptr, false);
  ASSERT_TRUE(document.is_object()) << outcome.all();
  EXPECT_EQ(outcome.out.find("cpu_per_message"), std::string::npos) << "nobody tells their processor time";
  EXPECT_EQ(document, record());
}

TEST_F(Ab, AUrlThatNobodyServesIsSaid) {
  const Outcome outcome = ab(embedded_server(), "ws://127.0.0.1:1/");
  EXPECT_EQ(outcome.exit_code, 3) << outcome.all();
  EXPECT_THAT(outcome.err, HasSubstr("ws://127.0.0.1:1/: nobody accepts connections there"));
}

TEST_F(Ab, AServerThatFailsToStartIsSaidWithWhatItPrinted) {
  const Outcome outcome =
      ab(leave_pid("a") + embedded_server(), "echo no such file: config.toml >&2; exit 3; # {port}");
  EXPECT_EQ(outcome.exit_code, 3) << outcome.all();
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("server B: it ended with exit code 3"),
                                 HasSubstr("no such file: config.toml")));
  EXPECT_THAT(outcome.out, HasSubstr("server B: it ended with exit code 3"));
  EXPECT_EQ(record()["verdict"]["result"], "not valid") << record().dump();
}

TEST_F(Ab, AServerWhosePortIsTakenIsSaidWithWhatItPrinted) {
  const Peer other("echo_websockets.py");
  const Outcome outcome = ab(
      embedded_server(), std::string("exec '") + RINGSTORM_BINARY +
                             "' serve --listen 127.0.0.1:" + std::to_string(other.port()) + " # not {port}");
  EXPECT_EQ(outcome.exit_code, 3) << outcome.all();
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("server B: it ended with exit code"), HasSubstr("in use")));
}

TEST_F(Ab, AServerThatListensTooLateIsSaidAndStopped) {
  const Outcome outcome =
      ab(leave_pid("a") + embedded_server(), leave_pid("b") + "echo thinking; exec sleep 1000 # {port}",
         {"--patience", "1s"});
  EXPECT_EQ(outcome.exit_code, 3) << outcome.all();
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("server B: it was not listening on port "),
                                 HasSubstr("within 1 s"), HasSubstr("thinking")));
  expect_gone("b");
}

TEST_F(Ab, AServerThatDiesWhileItIsMeasuredIsSaid) {
  const std::string mortal =
      std::string("'") + RINGSTORM_BINARY +
      "' serve --listen 127.0.0.1:{port} & sleep 1; kill -9 $!; echo out of luck; exit 9";
  const Outcome outcome = ab(leave_pid("a") + embedded_server(), mortal, {"--warmup", "10s"});
  EXPECT_EQ(outcome.exit_code, 3) << outcome.all();
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("server B: it ended with exit code 9"), HasSubstr("out of luck")));
  expect_gone("a");
}

TEST_F(Ab, AServerThatIgnoresBeingAskedToEndIsKilled) {
  const std::string stubborn = "trap '' TERM; (setsid sh -c 'echo $$ > " + folder_.file("left") +
                               "; exec sleep 1000' &); sleep 1000 & " + leave_pid("b") + embedded_server();
  const Outcome outcome =
      ab(embedded_server(), stubborn, {"--rounds", "1", "--grace", "100ms", "--inconclusive", "pass"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_THAT(outcome.err, HasSubstr("server B did not end when it was asked to and was killed"));
  expect_gone("b");
  expect_gone("left");
}

TEST_F(Ab, AServerThatSpeaksNoWebSocketIsSaid) {
  const Outcome outcome = ab(embedded_server(), "exec python3 -m http.server --bind 127.0.0.1 {port}");
  EXPECT_EQ(outcome.exit_code, 3) << outcome.all();
  EXPECT_THAT(outcome.err, HasSubstr("server B: of 10 connections 10 could not be opened"));
}

TEST_F(Ab, ControlCEndsItInGoodOrder) {
  Process process(command_line(arguments(leave_pid("a") + embedded_server(),
                                         leave_pid("b") + embedded_server(), {"--rounds", "1000"})));
  ASSERT_TRUE(process.wait_for_output("round 1 ")) << process.err();
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 2) << process.err();
  EXPECT_THAT(process.err(), HasSubstr("interrupted"));
  EXPECT_THAT(process.out(), HasSubstr("inconclusive"));
  EXPECT_GE(record()["rounds"].size(), 1U);
  expect_gone("a");
  expect_gone("b");
}

TEST_F(Ab, NothingOutlivesItWhenItIsKilled) {
  Process process(command_line(arguments(leave_pid("a") + embedded_server(),
                                         leave_pid("b") + embedded_server(), {"--rounds", "1000"})));
  ASSERT_TRUE(process.wait_for_output("round 1 ")) << process.err();
  ASSERT_TRUE(eventually([&] { return is_running(left_pid("a")) && is_running(left_pid("b")); }));
  process.signal(SIGKILL);
  expect_gone("a");
  expect_gone("b");
}

}  // namespace
}  // namespace ringstorm::e2e
