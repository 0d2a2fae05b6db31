// Whatever a command starts, and however it or we end: nothing of it is left.
#include "runner/kept_process.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/process_tree.h"

namespace ringstorm {
namespace {

KeptProcess keep(const std::string& text) {
  auto process = KeptProcess::start({.text = text, .cores = {}});
  if (!process) throw std::runtime_error(to_string(process.error()));
  return std::move(*process);
}

template <class Fact>
bool eventually(Fact fact) {
  for (int i = 0; i < 3000; ++i) {
    if (fact()) return true;
    ::usleep(10'000);
  }
  return false;
}

/// Those of the command: the keeper has no other descendants.
std::vector<pid_t> started_by(const KeptProcess& process) {
  return descendants_of(process.keeper()).value();
}

bool runs(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');
  return name_end != std::string::npos && text[name_end + 2] != 'Z';
}

std::vector<pid_t> wait_for_processes(const KeptProcess& process, std::size_t count) {
  EXPECT_TRUE(eventually([&] { return started_by(process).size() >= count; }));
  return started_by(process);
}

TEST(KeptProcess, TellsHowTheCommandEnded) {
  const struct {
    const char* text;
    const char* ending;
  } rows[] = {{"exit 0", "it ended with exit code 0"},
              {"exit 3", "it ended with exit code 3"},
              {"kill -9 $$", "it was ended by signal 9"},
              {"/nowhere/server", "it ended with exit code 127"}};
  for (const auto& row : rows) {
    KeptProcess process = keep(row.text);
    EXPECT_TRUE(eventually([&] { return process.ending().has_value(); })) << row.text;
    EXPECT_EQ(process.ending(), row.ending);
  }
}

TEST(KeptProcess, ARunningOneHasNoEnding) {
  KeptProcess process = keep("exec sleep 1000");
  EXPECT_EQ(process.ending(), std::nullopt);
  EXPECT_TRUE(process.stop(seconds(20))) << "SIGTERM is enough";
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
  EXPECT_EQ(errno, ECHILD);
}

TEST(KeptProcess, TheWholeGroupIsAskedToEnd) {
  KeptProcess process = keep("sleep 1000 & sleep 1000 & wait");
  const auto processes = wait_for_processes(process, 3);
  EXPECT_TRUE(process.stop(seconds(20)));
  for (const pid_t one : processes) EXPECT_FALSE(runs(one));
}

TEST(KeptProcess, WhoDoesNotEndIsKilled) {
  KeptProcess process = keep("trap '' TERM; sleep 1000; sleep 1000");
  const auto processes = wait_for_processes(process, 2);
  EXPECT_FALSE(process.stop(milliseconds(50)));
  for (const pid_t one : processes) EXPECT_FALSE(runs(one));
}

TEST(KeptProcess, WhatHasLeftTheGroupAndItsParentIsKilledToo) {
  KeptProcess process = keep("(setsid sleep 1000 &) ; exec sleep 1000");
  const auto has_left = [](pid_t one) { return ::getsid(one) == one; };
  ASSERT_TRUE(eventually([&] { return std::ranges::any_of(started_by(process), has_left); }));
  const auto processes = started_by(process);
  EXPECT_FALSE(process.stop(milliseconds(50)));
  for (const pid_t one : processes) EXPECT_FALSE(runs(one));
}

TEST(KeptProcess, WhatTheCommandLeavesBehindWhenItEndsIsKilled) {
  KeptProcess process = keep("sleep 1000 & exit 1");
  ASSERT_TRUE(eventually([&] { return process.ending().has_value(); }));
  const auto processes = wait_for_processes(process, 1);
  process.stop(Duration{0});
  for (const pid_t one : processes) EXPECT_FALSE(runs(one));
}

TEST(KeptProcess, HasNoInputAndNoOtherDescriptorsOfOurs) {
  KeptProcess process =
      keep("read line && exit 1; test \"$(ls /proc/self/fd | wc -l)\" -le 4 || exit 2; exit 7");
  ASSERT_TRUE(eventually([&] { return process.ending().has_value(); }));
  EXPECT_EQ(process.ending(), "it ended with exit code 7");
}

TEST(KeptProcess, NothingOutlivesUsHoweverWeEnd) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1UL), 0);  // so that orphans could be seen
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t owner = ::fork();
  if (owner == 0) {
    KeptProcess process = keep("trap '' TERM; (setsid sleep 1000 &) ; sleep 1000");
    for (const pid_t one : wait_for_processes(process, 3)) (void)!::write(ends[1], &one, sizeof one);
    ::kill(::getpid(), SIGKILL);
  }
  ::close(ends[1]);
  EXPECT_EQ(::waitpid(owner, nullptr, 0), owner);
  std::size_t seen = 0;
  for (pid_t one = 0; ::read(ends[0], &one, sizeof one) == static_cast<ssize_t>(sizeof one); ++seen)
    EXPECT_TRUE(eventually([&] { return !runs(one); })) << one;
  EXPECT_EQ(seen, 3U);
  ::close(ends[0]);
  EXPECT_TRUE(eventually([] { return ::waitpid(-1, nullptr, WNOHANG) == -1; })) << "the keeper ended too";
}

TEST(ProcessTree, CountsTheTimeOfDescendantsRunningAndEnded) {
  KeptProcess process = keep("i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; sleep 1000");
  ASSERT_TRUE(eventually([&] { return started_by(process).size() == 2; })) << "the loop is over";
  const Duration of_shell = cpu_time_of_descendants(process.keeper()).value();
  EXPECT_GT(of_shell, milliseconds(1));
  EXPECT_EQ(cpu_time_of_descendants(process.keeper()).value(), of_shell) << "nobody runs";
  process.stop(seconds(1));
  // The subshell has ended, and its parent waited for it.
  KeptProcess other = keep("(i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done); sleep 1000");
  ASSERT_TRUE(eventually([&] {
    const auto time = cpu_time_of_descendants(other.keeper());
    return time && *time > milliseconds(20) && started_by(other).size() == 2;
  }));
}

}  // namespace
}  // namespace ringstorm
