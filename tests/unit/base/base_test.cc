// The small parts everything stands on: results, checks, causes, the clock, the queue and the generator.
#include <set>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/cause.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/fifo.h"
#include "base/prng.h"
#include "base/result.h"

namespace ringstorm {
namespace {

TEST(Error, IsPrintedWithItsPlaceAndHint) {
  EXPECT_EQ(to_string(Error{"a.json:1:2", "unknown field", "did you mean \"url\"?"}),
            "a.json:1:2: unknown field (did you mean \"url\"?)");
  EXPECT_EQ(to_string(Error{"", "no memory", ""}), "no memory");
}

TEST(Result, HoldsAValueOrItsErrors) {
  const Result<int> value = 3;
  EXPECT_TRUE(value.ok());
  EXPECT_EQ(*value, 3);
  const Result<int> errors = std::vector<Error>{{"a", "b", ""}, {"c", "d", ""}};
  EXPECT_FALSE(errors);
  EXPECT_EQ(errors.errors().size(), 2U);
  EXPECT_EQ(errors.error().where, "a");
}

TEST(ResultDeathTest, DoesNotGiveWhatItDoesNotHold) {
  const Result<int> failed = Error{"", "no", ""};
  EXPECT_DEATH((void)*failed, "ok\\(\\)");
  EXPECT_DEATH((void)Result<int>{3}.errors(), "!ok\\(\\)");
  EXPECT_DEATH((void)Result<int>{std::vector<Error>{}}, "empty");
}

TEST(CheckDeathTest, NamesTheFactThatDidNotHold) {
  EXPECT_DEATH(RS_CHECK(1 + 1 == 3), "1 \\+ 1 == 3");
}

TEST(Cause, EveryOneHasAnOwnName) {
  std::set<std::string> names;
  for (int i = 0; i < static_cast<int>(Cause::count_); ++i)
    names.insert(to_string(Failure{static_cast<Cause>(i), 0}));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Cause::count_));
}

TEST(Cause, DetailTellsItsCasesApart) {
  EXPECT_EQ(to_string(Failure{Cause::http_status, 403}), "http 403");
  EXPECT_EQ(to_string(Failure{Cause::wrong_accept_key, 0}), "wrong accept key");
  EXPECT_EQ(to_string(Failure{Cause::send_failed, 32}), "send failed: Broken pipe");
  EXPECT_EQ(to_string(Failure{Cause::closed_by_server, 1001}), "closed by server 1001");
}

TEST(Cause, ViolationsAreThoseOfFraming) {
  EXPECT_TRUE(is_violation(Cause::masked_frame));
  EXPECT_TRUE(is_violation(Cause::malformed_close));
  EXPECT_FALSE(is_violation(Cause::unoffered_extension));
  EXPECT_FALSE(is_violation(Cause::connection_reset));
}

TEST(Clock, NeverGoesBack) {
  Instant last = MonotonicClock::now();
  for (int i = 0; i < 1000; ++i) {
    const Instant now = MonotonicClock::now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(Clock, CpuTimePassesWithWorkAndNotWithSleep) {
  const Duration before_sleep = thread_cpu_time();
  std::this_thread::sleep_for(milliseconds(50));
  const Duration before_work = thread_cpu_time();
  EXPECT_LT(before_work - before_sleep, milliseconds(40));
  while (thread_cpu_time() - before_work < milliseconds(1)) {
  }
  EXPECT_GT(thread_cpu_time(), before_work);
}

TEST(Fifo, KeepsOrderAroundItsEnd) {
  Fifo<int> fifo(3);
  int pushed = 0, popped = 0;
  for (int round = 0; round < 10; ++round) {
    while (!fifo.full()) fifo.push(pushed++);
    EXPECT_EQ(fifo.size(), 3U);
    EXPECT_EQ(fifo.front(), popped);
    EXPECT_EQ(fifo.pop(), popped++);
    EXPECT_EQ(fifo.pop(), popped++);
  }
  EXPECT_EQ(fifo.pop(), popped);
  EXPECT_TRUE(fifo.empty());
}

TEST(FifoDeathTest, NeitherOverflowsNorUnderflows) {
  Fifo<int> fifo(1);
  EXPECT_DEATH((void)fifo.pop(), "empty");
  fifo.push(1);
  EXPECT_DEATH(fifo.push(2), "full");
}

TEST(Prng, FollowsSplitMix64) {
  // The first outputs of Vigna's reference splitmix64.c for the seed 1234567.
  Prng random{1234567};
  EXPECT_EQ(random.next(), 6457827717110365317ULL);
  EXPECT_EQ(random.next(), 3203168211198807973ULL);
  EXPECT_EQ(random.next(), 9817491932198370423ULL);
}

TEST(Prng, StaysWithinItsBounds) {
  Prng random{1};
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_LT(random.below(7), 7U);
    const double unit = random.unit();
    ASSERT_GE(unit, 0.0);
    ASSERT_LT(unit, 1.0);
  }
}

}  // namespace
}  // namespace ringstorm
