// The child runs this very program, so this program is also the server: `runner_test serve HOW`.
#include "runner/server_process.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ringstorm {
namespace {

// ---- the stand-in

void say(std::string_view text) {
  if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) ::_exit(9);
}

sigset_t sigterm() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  return signals;
}

std::string own_group_and_signals() {
  sigset_t blocked;
  ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
  const bool held = ::sigismember(&blocked, SIGTERM) == 1 || ::sigismember(&blocked, SIGINT) == 1;
  return std::string(::getpgrp() == ::getpid() ? "own group" : "their group") + (held ? ", held" : ", free");
}

int serve_as(std::string_view how) {
  ::alarm(60);  // whatever goes wrong, nobody is left behind
  const std::string place = own_group_and_signals();
  // From the first moment on, so that the end may come at any.
  const sigset_t term = sigterm();
  ::sigprocmask(SIG_BLOCK, &term, nullptr);
  if (how == "dead") return 3;
  if (how == "half") say("listening 127.0.0.1:");
  if (how == "half") return 0;
  if (how == "chatty") say("usage: ...\nlistening 127.0.0.1:1\n");
  if (how == "good" || how == "stubborn") say("listening 127.0.0.1:1\n");
  if (how == "early") say("listening 127.0.0.1:1\nearly ");
  if (how == "pid") say("listening " + std::to_string(::getpid()) + "\n");
  if (how == "place") say("listening " + place + "\n");
  if (how == "slow") {
    say("listening 127.0");
    ::usleep(50'000);
    say(".0.1:1\n");
  }
  while (how == "stubborn") ::pause();
  int taken = 0;
  ::sigwait(&term, &taken);  // also where "silent" is from its start
  if (how != "silent") say("counts\n");
  return 0;
}

// ---- the tests

Result<ServerProcess> start(const std::string& how, Duration patience = seconds(30)) {
  return ServerProcess::start({"serve", how}, patience);
}

std::string what_of(const Result<ServerProcess>& failed) {
  return failed.ok() ? "" : to_string(failed.error());
}

bool exists(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

TEST(ServerProcess, SaysWhereItListensAndGivesItsCountsWhenStopped) {
  auto server = start("good");
  ASSERT_TRUE(server) << what_of(server);
  EXPECT_EQ(server->listening_on(), "127.0.0.1:1");
  EXPECT_EQ(server->stop(), "counts\n");
  EXPECT_EQ(server->stop(), "") << "only once";
}

TEST(ServerProcess, WaitsForTheWholeLine) {
  auto server = start("slow");
  ASSERT_TRUE(server) << what_of(server);
  EXPECT_EQ(server->listening_on(), "127.0.0.1:1");
}

TEST(ServerProcess, GivesWhatCameTogetherWithTheLineToo) {
  auto server = start("early");
  ASSERT_TRUE(server) << what_of(server);
  EXPECT_EQ(server->listening_on(), "127.0.0.1:1");
  EXPECT_EQ(server->stop(), "early counts\n");
}

TEST(ServerProcess, GivesUpOnOneThatNeverSpeaks) {
  const auto server = start("silent", milliseconds(200));
  ASSERT_FALSE(server);
  EXPECT_EQ(what_of(server), "embedded server: it did not start listening within 200 ms");
}

TEST(ServerProcess, SaysThatItDied) {
  for (const char* how : {"dead", "half"}) {
    const auto server = start(how);
    ASSERT_FALSE(server) << how;
    EXPECT_EQ(what_of(server), "embedded server: it ended before it was listening") << how;
  }
}

TEST(ServerProcess, RefusesOneThatSaysSomethingElse) {
  const auto server = start("chatty");
  ASSERT_FALSE(server);
  EXPECT_EQ(what_of(server), "embedded server: it said \"usage: ...\" instead of where it listens");
}

TEST(ServerProcess, HasItsOwnGroupAndNoSignalsHeldBack) {
  sigset_t held, before;
  ::sigemptyset(&held);
  ::sigaddset(&held, SIGTERM);
  ::sigaddset(&held, SIGINT);
  ::sigprocmask(SIG_BLOCK, &held, &before);
  auto server = start("place");
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(server) << what_of(server);
  EXPECT_EQ(server->listening_on(), "own group, free");
}

TEST(ServerProcess, KillsOneThatDoesNotEnd) {
  auto server = start("stubborn");
  ASSERT_TRUE(server) << what_of(server);
  EXPECT_EQ(server->stop(), "");
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
  EXPECT_EQ(errno, ECHILD);
}

TEST(ServerProcess, EndsWithItsOwner) {
  pid_t pid = -1;
  {
    auto server = start("pid");
    ASSERT_TRUE(server) << what_of(server);
    pid = std::stoi(server->listening_on());
    EXPECT_TRUE(exists(pid));
  }
  EXPECT_FALSE(exists(pid));
}

TEST(ServerProcess, HasOneOwnerWhenMoved) {
  std::optional<ServerProcess> owner;
  pid_t pid = -1;
  {
    auto server = start("pid");
    ASSERT_TRUE(server) << what_of(server);
    owner.emplace(std::move(*server));
    pid = std::stoi(owner->listening_on());
  }
  EXPECT_TRUE(exists(pid));
  EXPECT_EQ(owner->stop(), "counts\n");
  EXPECT_FALSE(exists(pid));
}

TEST(ServerProcess, DoesNotOutliveAClientThatJustDies) {
  // So that the orphan becomes this process's child and its end can be waited for.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t client = ::fork();
  if (client == 0) {
    auto server = start("pid");
    const pid_t pid = server ? std::stoi(server->listening_on()) : -1;
    (void)!::write(ends[1], &pid, sizeof pid);
    ::_exit(0);
  }
  pid_t server = -1;
  EXPECT_EQ(::read(ends[0], &server, sizeof server), static_cast<ssize_t>(sizeof server));
  EXPECT_EQ(::waitpid(client, nullptr, 0), client);
  ASSERT_GT(server, 0);
  int status = 0;
  EXPECT_EQ(::waitpid(server, &status, 0), server);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace ringstorm

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "serve") == 0) return ringstorm::serve_as(argv[2]);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
