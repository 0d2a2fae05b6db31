#include "shard/timers.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

Instant at_ms(std::int64_t ms) {
  return Instant{milliseconds(ms)};
}

/// A queue of timeouts of 100 ms, with the slots that still wait.
class Rig {
 public:
  void set(Slot slot, std::int64_t ms) {
    queue.set(slot, at_ms(ms), [this](Slot other, Instant since) {
      return waiting.contains({other, since});
    });
    waiting.insert({slot, at_ms(ms)});
  }
  /// What expires at `ms`, in order.
  std::vector<Slot> expire(std::int64_t ms) {
    std::vector<Slot> expired;
    queue.expire(
        at_ms(ms),
        [this](Slot slot, Instant since) {
          return waiting.contains({slot, since});
        },
        [&](Slot slot) { expired.push_back(slot); });
    return expired;
  }

  TimeoutQueue queue{4, milliseconds(100)};
  std::set<std::pair<Slot, Instant>> waiting;
};

using Slots = std::vector<Slot>;

TEST(TimeoutQueue, HasNothingDueWhenNothingIsSet) {
  Rig rig;
  EXPECT_EQ(rig.queue.next(), kNever);
  EXPECT_EQ(rig.expire(1'000'000), Slots{});
}

// Slots that come and go leave timeouts behind that wait for nothing, however many there is room for.
TEST(TimeoutQueue, ForgetsWhatNoLongerMattersWhenItIsFull) {
  Rig rig;
  rig.set(1, 0);
  for (std::int64_t ms = 1; ms < 20; ++ms) {
    rig.set(2, ms);
    if (ms < 19) rig.waiting.erase({2, at_ms(ms)});
  }
  EXPECT_EQ(rig.expire(99), Slots{});
  EXPECT_EQ(rig.expire(118), Slots{1});
  EXPECT_EQ(rig.expire(119), Slots{2});
}

TEST(TimeoutQueue, ExpiresWhatIsDueInTheOrderItWasSet) {
  Rig rig;
  rig.set(7, 0);
  rig.set(3, 10);
  rig.set(5, 10);
  rig.set(1, 50);
  EXPECT_EQ(rig.expire(99), Slots{});
  EXPECT_EQ(rig.expire(100), Slots{7}) << "to the instant";
  EXPECT_EQ(rig.expire(100), Slots{}) << "once";
  EXPECT_EQ(rig.expire(149), (Slots{3, 5}));
  EXPECT_EQ(rig.expire(1'000), Slots{1});
  EXPECT_EQ(rig.queue.next(), kNever);
}

TEST(TimeoutQueue, SaysWhenTheNextMayFallDue) {
  Rig rig;
  rig.set(1, 0);
  rig.set(2, 30);
  EXPECT_EQ(rig.queue.next(), at_ms(100));
  rig.waiting.erase({1, at_ms(0)});
  EXPECT_EQ(rig.queue.next(), at_ms(100)) << "nobody has looked yet";
  EXPECT_EQ(rig.expire(40), Slots{});
  EXPECT_EQ(rig.queue.next(), at_ms(130)) << "the one that waits no more was dropped before it was due";
}

TEST(TimeoutQueue, DropsThoseThatWaitNoMore) {
  Rig rig;
  for (const Slot slot : {1U, 2U, 3U, 4U}) rig.set(slot, slot);
  rig.waiting.erase({1, at_ms(1)});
  rig.waiting.erase({3, at_ms(3)});
  EXPECT_EQ(rig.expire(200), (Slots{2, 4}));
  EXPECT_EQ(rig.queue.next(), kNever);
}

TEST(TimeoutQueue, MakesRoomByDropping) {
  Rig rig;
  // Four at once is its capacity; forty one after the other go round it ten times.
  for (std::int64_t ms = 0; ms < 40; ++ms) {
    rig.set(static_cast<Slot>(ms), ms);
    rig.waiting.clear();
    EXPECT_EQ(rig.expire(ms), Slots{});
    EXPECT_EQ(rig.queue.next(), kNever);
  }
}

TEST(TimeoutQueue, KnowsAnOldTimeoutOfASlotFromItsNewOne) {
  Rig rig;
  rig.set(1, 0);
  rig.waiting.clear();
  rig.set(1, 50);
  EXPECT_EQ(rig.expire(100), Slots{}) << "since when it waits tells them apart";
  EXPECT_EQ(rig.expire(150), Slots{1});
}

TEST(TimeoutQueueDeathTest, HoldsNoMoreThanItsCapacity) {
  Rig rig;
  for (const Slot slot : {1U, 2U, 3U, 4U}) rig.set(slot, 0);
  EXPECT_DEATH(rig.set(5, 0), "full");
}

}  // namespace
}  // namespace ringstorm
