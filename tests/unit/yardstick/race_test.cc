#include "yardstick/race.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringstorm::yardstick {
namespace {

using testing::ElementsAre;

TEST(Median, IsTheMiddle) {
  EXPECT_EQ(median({3}), 3);
  EXPECT_EQ(median({9, 1, 5}), 5);
  EXPECT_EQ(median({1, 100, 3, 2}), 2.5);
}

/// A machine on which time passes only while a contestant runs.
class Course {
 public:
  Contestant contestant(char name, std::int64_t ns_per_call) {
    return {[this, name, ns_per_call](std::size_t first, std::size_t calls) {
      order_ += name;
      if (first != next_[name]) gaps_ = true;
      next_[name] = first + calls;
      now_ += nanoseconds(ns_per_call * static_cast<std::int64_t>(calls));
      if (interruption_ && order_.size() % 7 == 0) now_ += milliseconds(50);
    }};
  }
  std::function<Duration()> clock() {
    return [this] { return now_; };
  }
  void interrupt() { interruption_ = true; }

  std::string order_;
  bool gaps_ = false;
  std::map<char, std::size_t> next_;

 private:
  Duration now_{};
  bool interruption_ = false;
};

TEST(Race, FindsWhatACallCosts) {
  Course course;
  const std::vector<Contestant> contestants{course.contestant('a', 2), course.contestant('b', 5'000'000),
                                            course.contestant('c', 70)};
  EXPECT_THAT(race(contestants, {.rounds = 5, .slice = milliseconds(1)}, course.clock()),
              ElementsAre(2, 5'000'000, 70));
}

TEST(Race, InterruptedSlicesDoNotMoveTheResult) {
  Course course;
  course.interrupt();
  const std::vector<Contestant> contestants{course.contestant('a', 2), course.contestant('b', 10)};
  EXPECT_THAT(race(contestants, {.rounds = 9, .slice = milliseconds(1)}, course.clock()), ElementsAre(2, 10));
}

TEST(Race, TakesTurnsAndEveryOtherRoundBackwards) {
  Course course;
  const std::vector<Contestant> contestants{course.contestant('a', 2), course.contestant('b', 3),
                                            course.contestant('c', 4)};
  race(contestants, {.rounds = 4, .slice = milliseconds(1)}, course.clock());
  EXPECT_EQ(course.order_.substr(course.order_.size() - 12), "abccbaabccba");
}

TEST(Race, GoesOnWhereItStopped) {
  Course course;
  const std::vector<Contestant> contestants{course.contestant('a', 2), course.contestant('b', 3)};
  race(contestants, {.rounds = 3, .slice = milliseconds(1)}, course.clock());
  EXPECT_FALSE(course.gaps_);
  EXPECT_GT(course.next_['a'], 3 * 400'000U);  // three slices of about 1 ms at 2 ns each
}

TEST(Race, SurvivesAClockThatStandsStill) {
  const std::vector<Contestant> contestants{{[](std::size_t, std::size_t) {}}};
  EXPECT_THAT(race(contestants, {.rounds = 1, .slice = milliseconds(1)}, [] { return Duration{}; }),
              ElementsAre(0));
}

}  // namespace
}  // namespace ringstorm::yardstick
