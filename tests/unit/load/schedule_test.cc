#include "load/schedule.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/prng.h"

namespace ringstorm {
namespace {

constexpr Instant kStart{seconds(5)};
constexpr std::uint64_t kMaxCount = std::numeric_limits<std::uint64_t>::max();

Duration offset(const ConstantRate& schedule, std::uint64_t k) {
  return schedule.due_at(k) - kStart;
}

TEST(ConstantRate, SpacesEventsEvenly) {
  const ConstantRate schedule{kStart, {1000, seconds(1)}};
  EXPECT_EQ(offset(schedule, 0), Duration{0});
  EXPECT_EQ(offset(schedule, 1), milliseconds(1));
  EXPECT_EQ(offset(schedule, 1500), milliseconds(1500));
}

TEST(ConstantRate, RoundsEachInstantDownFromItsExactOne) {
  const ConstantRate schedule{kStart, {3, seconds(1)}};
  EXPECT_EQ(offset(schedule, 1), nanoseconds(333'333'333));
  EXPECT_EQ(offset(schedule, 2), nanoseconds(666'666'666));
  EXPECT_EQ(offset(schedule, 3), seconds(1));
}

TEST(ConstantRate, DoesNotDrift) {
  const ConstantRate schedule{kStart, {3, nanoseconds(1000)}};
  EXPECT_EQ(offset(schedule, 3'000'000'000'000), nanoseconds(1'000'000'000'000'000));
  const ConstantRate sevenths{kStart, {7'000'003, seconds(1)}};
  EXPECT_EQ(offset(sevenths, 7'000'003ULL * 1'000'000), seconds(1'000'000));
  EXPECT_EQ(sevenths.due_count(seconds(1'000'000)), 7'000'003ULL * 1'000'000 + 1);
}

TEST(ConstantRate, CountsWhatIsDue) {
  const ConstantRate schedule{kStart, {1000, seconds(1)}};
  EXPECT_EQ(schedule.due_count(nanoseconds(-1)), 0U);
  EXPECT_EQ(schedule.due_count(Duration::min()), 0U);
  EXPECT_EQ(schedule.due_count(Duration{0}), 1U);
  EXPECT_EQ(schedule.due_count(milliseconds(1) - nanoseconds(1)), 1U);
  EXPECT_EQ(schedule.due_count(milliseconds(1)), 2U);
}

TEST(ConstantRate, ManyEventsMayShareANanosecond) {
  const ConstantRate schedule{kStart, {10, nanoseconds(1)}};
  EXPECT_EQ(schedule.due_count(Duration{0}), 10U);
  EXPECT_EQ(offset(schedule, 9), Duration{0});
  EXPECT_EQ(offset(schedule, 10), nanoseconds(1));
}

TEST(ConstantRate, SaturatesInsteadOfOverflowing) {
  const ConstantRate slow{kStart, {1, Duration::max()}};
  EXPECT_EQ(slow.due_at(1), kNever);
  EXPECT_EQ(slow.due_at(kMaxCount), kNever);
  EXPECT_EQ(slow.due_count(Duration::max()), 2U);
  const ConstantRate fast{kStart, {kMaxCount, nanoseconds(1)}};
  EXPECT_EQ(fast.due_at(kMaxCount), kStart + nanoseconds(1));
  EXPECT_EQ(fast.due_count(Duration::max()), kMaxCount);
  const ConstantRate early{Instant::min(), {1, seconds(1)}};
  EXPECT_EQ(early.due_at(0), Instant::min());
  EXPECT_EQ(early.due_at(10'000'000'000), Instant::min() + seconds(9'000'000'000) + seconds(1'000'000'000));
}

TEST(ConstantRateDeathTest, NeedsARate) {
  EXPECT_DEATH((ConstantRate{kStart, {0, seconds(1)}}), "events");
  EXPECT_DEATH((ConstantRate{kStart, {1, Duration{0}}}), "per");
}

/// A number whose magnitude is as random as its digits.
std::uint64_t any_magnitude(Prng& random) {
  return random.next() >> random.below(64);
}

TEST(ConstantRate, InstantsAndCountsAgreeForEveryRate) {
  constexpr std::uint64_t kSeed = 20'240'601;
  Prng random{kSeed};
  int examined = 0;
  for (int i = 0; i < 200'000; ++i) {
    const Rate rate{any_magnitude(random) | 1,
                    Duration{static_cast<std::int64_t>(any_magnitude(random) >> 1) | 1}};
    const std::uint64_t k = any_magnitude(random);
    const ConstantRate schedule{kStart, rate};
    const Instant due = schedule.due_at(k);
    if (due == kNever) continue;
    ++examined;
    const Duration at = due - kStart;
    // Event k is due at its instant and not a nanosecond sooner.
    ASSERT_GT(schedule.due_count(at), k) << "seed " << kSeed << " round " << i;
    ASSERT_LE(schedule.due_count(at - nanoseconds(1)), k) << "seed " << kSeed << " round " << i;
    ASSERT_LE(due, schedule.due_at(k == kMaxCount ? k : k + 1)) << "seed " << kSeed << " round " << i;
  }
  EXPECT_GT(examined, 50'000);
}

}  // namespace
}  // namespace ringstorm
