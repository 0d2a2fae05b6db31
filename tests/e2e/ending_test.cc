// How a run ends when something else ends it: Ctrl-C, a kill, a server that is taken away, a folder that
// cannot be written.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "e2e/peer.h"
#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::AnyOf;
using testing::Eq;
using testing::HasSubstr;

/// True once the process has something of its own to do about the signal: a handler, or a blocked signal it
/// reads.
bool minds(pid_t pid, int number) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  unsigned long long masks = 0;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigCgt:") || line.starts_with("SigBlk:"))
      masks |= std::stoull(line.substr(7), nullptr, 16);
  }
  return (masks >> (number - 1) & 1) != 0;
}

/// A run that has started and is under way.
class Running {
 public:
  explicit Running(std::vector<std::string> arguments)
      : process_(command_line(with_out(std::move(arguments)))) {
    EXPECT_TRUE(eventually([this] { return minds(process_.pid(), SIGINT); })) << process_.err();
    std::this_thread::sleep_for(milliseconds(400));
  }

  Process& process() { return process_; }

  Outcome finish(milliseconds patience = kDeadline) {
    Outcome outcome;
    outcome.exit_code = process_.wait(patience).value_or(-1);
    outcome.out = process_.out();
    outcome.err = process_.err();
    outcome.report = read_report(folder_.file("result"));
    return outcome;
  }

 private:
  std::vector<std::string> with_out(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "run");
    arguments.insert(arguments.end(), {"--out", folder_.file("result")});
    return arguments;
  }

  TemporaryFolder folder_;
  Process process_;
};

bool none_runs(const std::vector<pid_t>& pids) {
  return std::none_of(pids.begin(), pids.end(), is_running);
}

TEST(CtrlC, OnceEndsEarlyWithAReport) {
  Peer peer("echo_ws.js");
  Running running({peer.url(), "-c", "10", "-d", "60s"});
  running.process().signal(SIGINT);
  const Outcome outcome = running.finish();
  EXPECT_EQ(outcome.exit_code, 2) << outcome.all();
  ASSERT_TRUE(outcome.report.is_object()) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "");
  EXPECT_EQ(schema_violations(outcome.report), "");

  const PeerCounts counts = peer.stop();
  EXPECT_EQ(outcome.count("/messages/sent"), counts.messages);
  EXPECT_EQ(outcome.count("/messages/answered"), counts.messages);
  EXPECT_EQ(counts.closes.at("1000"), 10u) << counts.all.dump();
}

TEST(CtrlC, TwiceLeavesAtOnce) {
  const Peer peer = hostile_peer("never-answers");
  Running running({peer.url(), "-c", "4", "-d", "60s", "--drain", "60s"});
  running.process().signal(SIGINT);
  std::this_thread::sleep_for(milliseconds(300));
  ASSERT_EQ(running.process().wait(milliseconds(0)), std::nullopt)
      << "the first one should have waited for the replies";
  running.process().signal(SIGINT);
  const Outcome outcome = running.finish(seconds(10));
  EXPECT_EQ(outcome.exit_code, 130) << outcome.all();
}

TEST(CtrlC, WhileConnectingEndsToo) {
  const Peer peer = hostile_peer("silent");
  Running running({peer.url(), "-c", "4", "-d", "60s", "--upgrade-timeout", "60s"});
  running.process().signal(SIGINT);
  const Outcome outcome = running.finish(seconds(20));
  EXPECT_THAT(outcome.exit_code, AnyOf(Eq(2), Eq(5))) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "");
}

TEST(EmbeddedServer, IsGoneAfterTheRun) {
  Running running({"embedded:echo", "-c", "4", "-d", "1500ms"});
  const std::vector<pid_t> servers = children_of(running.process().pid());
  EXPECT_EQ(servers.size(), 1u);
  EXPECT_EQ(running.finish().exit_code, 0);
  EXPECT_TRUE(none_runs(servers));
}

TEST(EmbeddedServer, IsGoneAfterCtrlC) {
  Running running({"embedded:echo", "-c", "4", "-d", "60s"});
  const std::vector<pid_t> servers = children_of(running.process().pid());
  ASSERT_EQ(servers.size(), 1u);
  running.process().signal(SIGINT);
  EXPECT_EQ(running.finish().exit_code, 2);
  EXPECT_TRUE(eventually([&] { return none_runs(servers); }, seconds(5)));
}

TEST(EmbeddedServer, IsGoneWhenTheProgramIsKilled) {
  Running running({"embedded:echo", "-c", "4", "-d", "60s"});
  const std::vector<pid_t> servers = children_of(running.process().pid());
  ASSERT_EQ(servers.size(), 1u);
  running.process().signal(SIGKILL);
  EXPECT_EQ(running.finish().exit_code, 128 + SIGKILL);
  EXPECT_TRUE(eventually([&] { return none_runs(servers); }, seconds(5)));
}

TEST(EmbeddedServer, TakenAwayMidRunEndsInAReport) {
  Running running({"embedded:echo", "-c", "4", "-d", "60s"});
  const std::vector<pid_t> servers = children_of(running.process().pid());
  ASSERT_EQ(servers.size(), 1u);
  ::kill(servers[0], SIGKILL);
  const Outcome outcome = running.finish();
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "");
  // On a slow machine the server may be gone before all of them were open.
  EXPECT_EQ(outcome.count("/connections/lost") + outcome.count("/connections/failed"), 4u);
}

// /proc takes no new folder, not even from root.
TEST(Output, AFolderThatCannotBeMadeIsAClearErrorAndTheSummaryIsStillPrinted) {
  const Outcome outcome =
      ringstorm({"run", "embedded:echo", "-c", "2", "-d", "200ms", "--out", "/proc/nowhere/result"});
  EXPECT_NE(outcome.exit_code, 0) << outcome.all();
  EXPECT_NE(outcome.exit_code, -1);
  EXPECT_THAT(outcome.err, HasSubstr("/proc/nowhere")) << outcome.all();
  EXPECT_THAT(outcome.out, HasSubstr("p99")) << outcome.all();
}

// A limit on the size of files stands in for a disk that is full.
TEST(Output, AFullDiskIsAClearErrorAndTheSummaryIsStillPrinted) {
  const auto no_room = [] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{64, 64};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  };
  const Outcome outcome = run({"embedded:echo", "-c", "2", "-d", "200ms"}, no_room);
  EXPECT_NE(outcome.exit_code, 0) << outcome.all();
  EXPECT_NE(outcome.exit_code, -1);
  EXPECT_THAT(outcome.err, HasSubstr("result")) << outcome.all();
  EXPECT_THAT(outcome.out, HasSubstr("p99")) << outcome.all();
  EXPECT_TRUE(outcome.report.is_null()) << "half a report must not look like a whole one";
}

}  // namespace
}  // namespace ringstorm::e2e
