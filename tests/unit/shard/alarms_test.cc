#include "shard/alarms.h"

#include <gtest/gtest.h>

#include "base/prng.h"

namespace ringstorm {
namespace {

Instant at(std::int64_t ns) {
  return Instant{nanoseconds(ns)};
}

TEST(Alarms, RingInTheOrderInWhichTheyFallDue) {
  Alarms alarms(4);
  EXPECT_EQ(alarms.next(), kNever);
  alarms.set(0, at(30));
  alarms.set(1, at(10));
  alarms.set(2, at(20));
  EXPECT_EQ(alarms.next(), at(10));
  EXPECT_EQ(alarms.take_due(at(9)), std::nullopt);
  EXPECT_EQ(alarms.take_due(at(25)), 1U);
  EXPECT_EQ(alarms.take_due(at(25)), 2U);
  EXPECT_EQ(alarms.take_due(at(25)), std::nullopt);
  EXPECT_EQ(alarms.next(), at(30));
}

TEST(Alarms, ASlotHasOneThatIsOnlyMovedToAnEarlierTime) {
  Alarms alarms(2);
  alarms.set(0, at(20));
  alarms.set(0, at(30));
  EXPECT_EQ(alarms.next(), at(20));
  alarms.set(0, at(10));
  EXPECT_EQ(alarms.next(), at(10));
  alarms.set(1, kNever);
  EXPECT_EQ(alarms.take_due(at(100)), 0U);
  EXPECT_EQ(alarms.next(), kNever);
  alarms.set(0, at(50));
  EXPECT_EQ(alarms.next(), at(50));
}

TEST(Alarms, AgreeWithAPlainListUnderRandomUse) {
  constexpr std::size_t kSlots = 37;
  Alarms alarms(kSlots);
  std::vector<Instant> plain(kSlots, kNever);
  Prng random{1};
  std::int64_t now = 0;
  for (int round = 0; round < 20'000; ++round) {
    const auto slot = static_cast<Slot>(random.below(kSlots));
    const Instant when = at(now + static_cast<std::int64_t>(random.below(100)));
    alarms.set(slot, when);
    plain[slot] = std::min(plain[slot], when);
    now += static_cast<std::int64_t>(random.below(3));
    ASSERT_EQ(alarms.next(), *std::ranges::min_element(plain));
    while (const auto due = alarms.take_due(at(now))) {
      ASSERT_LE(plain[*due], at(now));
      ASSERT_EQ(plain[*due], *std::ranges::min_element(plain));
      plain[*due] = kNever;
    }
    ASSERT_GT(*std::ranges::min_element(plain), at(now));
  }
}

}  // namespace
}  // namespace ringstorm
