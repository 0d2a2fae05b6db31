// The measured window: what belongs to it, and when it ends.
#include "shard/window.h"

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

constexpr Instant at(std::int64_t ms) {
  return Instant{milliseconds(ms)};
}

Scenario scenario(std::int64_t warmup_ms, std::optional<Duration> duration,
                  std::optional<std::uint64_t> messages) {
  Scenario asked;
  asked.warmup = milliseconds(warmup_ms);
  asked.duration = duration;
  asked.messages = messages;
  return asked;
}

TEST(Window, HoldsNothingBeforeItIsOpen) {
  const Window window;
  EXPECT_FALSE(window.contains(at(0)));
  EXPECT_FALSE(window.over(at(1'000'000)));
}

TEST(Window, BeginsAfterTheWarmUpAndExcludesItsEnd) {
  Window window;
  window.open(at(100), scenario(50, milliseconds(1000), {}), 0);
  EXPECT_FALSE(window.contains(at(149)));
  EXPECT_TRUE(window.contains(at(150)));
  EXPECT_TRUE(window.contains(at(1149)));
  EXPECT_FALSE(window.contains(at(1150)));
  EXPECT_FALSE(window.over(at(1149)));
  EXPECT_TRUE(window.over(at(1150)));
}

TEST(Window, CountsMessagesOnlyAfterTheWarmUp) {
  Window window;
  window.open(at(0), scenario(50, {}, 10), 2);
  EXPECT_EQ(window.allowance(at(10)), Window::kUnlimited);
  window.spend(at(10));
  EXPECT_EQ(window.allowance(at(50)), 2U);
  window.spend(at(50));
  window.spend(at(51));
  EXPECT_EQ(window.allowance(at(52)), 0U);
  EXPECT_TRUE(window.over(at(52)));
}

TEST(Window, BoundedByMessagesEndsWithTheLastReply) {
  Window window;
  window.open(at(0), scenario(0, {}, 1), 1);
  window.spend(at(1));
  window.stop_sending(at(1), false);
  EXPECT_TRUE(window.contains(at(5))) << "its replies still belong to it";
  window.close(at(7));
  EXPECT_EQ(window.end(), at(7));
}

TEST(Window, WithoutAnyReplyIsEmptyAndNotNegative) {
  Window window;
  window.open(at(10), scenario(20, {}, 1), 1);
  window.spend(at(31));
  window.stop_sending(at(31), false);
  window.close(Instant{});
  EXPECT_EQ(window.end(), window.begin());
}

TEST(Window, CutShortEndsNow) {
  Window by_time;
  by_time.open(at(0), scenario(0, seconds(10), {}), 0);
  by_time.stop_sending(at(1500), true);
  EXPECT_EQ(by_time.end(), at(1500));

  Window by_messages;
  by_messages.open(at(0), scenario(0, {}, 100), 100);
  by_messages.stop_sending(at(1500), true);
  by_messages.close(at(1600));
  EXPECT_EQ(by_messages.end(), at(1500));
}

TEST(Window, WithBothBoundsEndsWithTheFirst) {
  Window window;
  window.open(at(0), scenario(0, seconds(1), 100), 100);
  window.stop_sending(at(1000), false);
  EXPECT_EQ(window.end(), at(1000));
}

}  // namespace
}  // namespace ringstorm
