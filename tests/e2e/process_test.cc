// The harness itself: a deadline that never came or a child that only seemed to be gone would make other
// tests pass.
#include "e2e/process.h"

#include <algorithm>
#include <csignal>

#include <gtest/gtest.h>
#include <unistd.h>

namespace ringstorm::e2e {
namespace {

TEST(Process, GathersOutputAndTheExitCode) {
  Process process({"sh", "-c", "echo said; echo complained >&2; exit 7"});
  EXPECT_EQ(process.wait(), 7);
  EXPECT_EQ(process.out(), "said\n");
  EXPECT_EQ(process.err(), "complained\n");
}

TEST(Process, GathersMoreThanAPipeHolds) {
  Process process({"sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"});
  EXPECT_EQ(process.wait(), 0);
  EXPECT_EQ(process.out().size(), 300'000u);
  EXPECT_EQ(process.err().size(), 300'000u);
}

TEST(Process, WaitingEndsAtTheDeadlineAndASignalIsAnExitCode) {
  Process process({"sleep", "60"});
  EXPECT_EQ(process.wait(milliseconds(50)), std::nullopt);
  EXPECT_TRUE(is_running(process.pid()));
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 128 + SIGTERM);
  EXPECT_FALSE(is_running(process.pid()));
}

TEST(Process, IsKilledWithItsOwner) {
  pid_t pid = 0;
  {
    const Process process({"sleep", "60"});
    pid = process.pid();
    EXPECT_TRUE(is_running(pid));
  }
  EXPECT_FALSE(is_running(pid));
}

TEST(Process, ChildrenAreFoundByTheirParent) {
  const Process process({"sleep", "60"});
  const std::vector<pid_t> children = children_of(::getpid());
  EXPECT_EQ(std::count(children.begin(), children.end(), process.pid()), 1);
}

TEST(Process, AProgramThatIsNotThereIsNoSuccess) {
  Process process({"/nowhere/program"});
  EXPECT_EQ(process.wait(), 127);
}

}  // namespace
}  // namespace ringstorm::e2e
