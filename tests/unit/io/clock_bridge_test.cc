#include "io/clock_bridge.h"

#include <gtest/gtest.h>

#include "base/prng.h"

namespace ringstorm {
namespace {

constexpr Duration kOffset = seconds(1'700'000'000);
constexpr Instant kStart{seconds(500)};

using Quality = KernelStamp::Quality;

/// A reading at `at` of a time of day that is `offset` ahead, with the clocks read so long apart.
ClockBridge::Reading reading(Instant at, Duration offset, Duration before, Duration after) {
  return {.before = at - before, .time_of_day = at.time_since_epoch() + offset, .after = at + after};
}

TEST(ClockBridgeTest, TheOffsetIsNarrowedDownByEachReading) {
  struct Row {
    const char* what;
    Duration before;
    Duration after;
    Duration uncertainty;
  };
  const Row rows[] = {
      {"the first", nanoseconds(100), nanoseconds(60), nanoseconds(80)},
      {"a wider one tells nothing", nanoseconds(5'000), nanoseconds(700), nanoseconds(80)},
      {"tighter before", nanoseconds(40), nanoseconds(90), nanoseconds(50)},
      {"tighter after", nanoseconds(500), nanoseconds(20), nanoseconds(30)},
      {"a thread that lost its processor in between", milliseconds(20), nanoseconds(30), nanoseconds(30)},
  };
  ClockBridge bridge;
  Instant at = kStart;
  for (const Row& row : rows) {
    at += milliseconds(10);
    bridge.observe(reading(at, kOffset, row.before, row.after));
    EXPECT_EQ(bridge.uncertainty(), row.uncertainty) << row.what;
    const KernelStamp stamp = bridge.to_monotonic((at - microseconds(3)).time_since_epoch() + kOffset);
    EXPECT_EQ(stamp.quality, Quality::exact) << row.what;
    EXPECT_LE(std::chrono::abs(stamp.at - (at - microseconds(3))), row.uncertainty) << row.what;
  }
  EXPECT_EQ(bridge.steps(), 0u);
}

TEST(ClockBridgeTest, BeforeTheFirstReadingNothingIsExact) {
  EXPECT_EQ(ClockBridge{}.to_monotonic(kOffset).quality, Quality::stepped);
}

TEST(ClockBridgeTest, AMomentThatHasNotComeYetIsOfAnotherClock) {
  ClockBridge bridge;
  bridge.observe(reading(kStart, kOffset, nanoseconds(50), nanoseconds(50)));
  const Duration now = kStart.time_since_epoch() + kOffset;
  EXPECT_EQ(bridge.to_monotonic(now).quality, Quality::exact);
  EXPECT_EQ(bridge.to_monotonic(now + microseconds(1)).quality, Quality::stepped);
}

TEST(ClockBridgeTest, AStepIsSeenAndMistrustedForAWhile) {
  for (const Duration step :
       {milliseconds(10), -milliseconds(10), seconds(3'600), -seconds(3'600), microseconds(2)}) {
    ClockBridge bridge;
    bridge.observe(reading(kStart, kOffset, nanoseconds(50), nanoseconds(50)));
    const auto stamp_at = [&](Instant at) {
      bridge.observe(reading(at, kOffset + step, nanoseconds(50), nanoseconds(50)));
      return bridge.to_monotonic((at - nanoseconds(200)).time_since_epoch() + kOffset + step);
    };
    const Instant stepped = kStart + milliseconds(1);
    EXPECT_EQ(stamp_at(stepped).quality, Quality::stepped) << step.count();
    EXPECT_EQ(stamp_at(stepped + ClockBridge::kMistrust - milliseconds(1)).quality, Quality::stepped);
    const Instant later = stepped + ClockBridge::kMistrust + milliseconds(1);
    const KernelStamp stamp = stamp_at(later);
    EXPECT_EQ(stamp.quality, Quality::exact);
    EXPECT_LE(std::chrono::abs(stamp.at - (later - nanoseconds(200))), bridge.uncertainty());
    EXPECT_EQ(bridge.steps(), 1u);
  }
}

// What the clocks contradict each other by when nobody set one: taken over, without a word.
TEST(ClockBridgeTest, NoiseIsNoStep) {
  ClockBridge bridge;
  bridge.observe(reading(kStart, kOffset, nanoseconds(10), nanoseconds(10)));
  const Instant at = kStart + milliseconds(1);
  bridge.observe(reading(at, kOffset + nanoseconds(900), nanoseconds(10), nanoseconds(10)));
  EXPECT_EQ(bridge.steps(), 0u);
  const KernelStamp stamp = bridge.to_monotonic(at.time_since_epoch() + kOffset + nanoseconds(900));
  EXPECT_EQ(stamp.quality, Quality::exact);
  EXPECT_LE(std::chrono::abs(stamp.at - at), nanoseconds(10));
}

TEST(ClockBridgeTest, TheTruthNeverLeavesItsBounds) {
  Prng prng(1);
  for (int run = 0; run < 200; ++run) {
    ClockBridge bridge;
    Instant at = kStart;
    for (int i = 0; i < 50; ++i) {
      const auto random = [&] {
        return nanoseconds(1 + static_cast<std::int64_t>(prng.below(1 << prng.below(20))));
      };
      at += random() + milliseconds(1);
      bridge.observe(reading(at, kOffset, random(), random()));
      const KernelStamp stamp = bridge.to_monotonic(at.time_since_epoch() + kOffset);
      ASSERT_EQ(stamp.quality, Quality::exact);
      ASSERT_LE(std::chrono::abs(stamp.at - at), bridge.uncertainty() + nanoseconds(1));
    }
    ASSERT_EQ(bridge.steps(), 0u);
  }
}

}  // namespace
}  // namespace ringstorm
