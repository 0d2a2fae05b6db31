#include "stats/fan_out.h"

#include <gtest/gtest.h>

#include "base/prng.h"

namespace ringstorm {
namespace {

constexpr std::uint32_t kCapacity = 8;

/// A shard's tally of one publisher, all of whose messages its receivers had after so long.
FanOutTally tally_of(std::uint64_t sent, std::uint32_t receivers, Duration delay, std::uint64_t messages) {
  FanOutTally tally{.publishers = {{.sent = sent, .listeners = receivers, .from_start = receivers}},
                    .followed = {FollowedSample(kCapacity)}};
  for (std::uint64_t sequence = 0; sequence < messages; ++sequence) {
    for (std::uint32_t i = 0; i < receivers; ++i) {
      FollowedMessage* const message = tally.followed[0].find(sequence);
      if (message == nullptr) continue;
      message->last_ns = std::max(message->last_ns, delay.count());
      message->in_window = true;
      ++message->receivers;
    }
  }
  return tally;
}

struct Settled {
  DeliveryCounts counts;
  Histogram last;
};

Settled settled(const FanOutTally& tally, std::uint64_t received) {
  Settled out;
  out.counts.received = received;
  tally.settle(out.counts, out.last);
  return out;
}

TEST(FanOutTally, WhatWasToArriveIsKnownWhenTheShardsAreMerged) {
  FanOutTally all;
  FanOutTally publishing = tally_of(5, 2, milliseconds(1), 5);
  FanOutTally other = tally_of(0, 3, milliseconds(4), 5);
  all.merge(publishing);
  all.merge(other);
  const Settled out = settled(all, 25);
  EXPECT_EQ(out.counts.expected, 25U);
  EXPECT_EQ(out.counts.lost, 0U);
  EXPECT_EQ(out.counts.followed, 5U);
  EXPECT_EQ(out.counts.reached_everyone, 5U);
  EXPECT_EQ(out.last.count(), 5U);
  EXPECT_EQ(out.last.min(), milliseconds(4)) << "the last receiver was on the other shard";
}

TEST(FanOutTally, WhoMissedSomethingIsNotWaitedFor) {
  FanOutTally all = tally_of(5, 2, milliseconds(1), 4);
  all.publishers[0].listeners = 3;  // one more came when four had been sent
  all.publishers[0].missed = 4;
  all.expected_of_ended = 2;
  const Settled out = settled(all, 11);
  EXPECT_EQ(out.counts.expected, 5 * 3 - 4 + 2U);
  EXPECT_EQ(out.counts.lost, 2U);
  EXPECT_EQ(out.counts.followed, 5U) << "the fifth reached nobody";
  EXPECT_EQ(out.counts.reached_everyone, 4U);
  EXPECT_EQ(out.last.count(), 4U);
}

TEST(FanOutTally, AnEmptyOneSettlesNothing) {
  FanOutTally all, other;
  all.merge(other);
  const Settled out = settled(all, 7);
  EXPECT_EQ(out.counts.expected, 0U);
  EXPECT_EQ(out.last.count(), 0U);
}

// Each shard hears of another part of the messages, and their strides differ until they are merged.
TEST(FollowedSample, TheSameMessagesAreFollowedEverywhere) {
  for (const std::uint64_t heard_here : {1U, 8U, 9U, 100U, 1'000U}) {
    FanOutTally few = tally_of(1'000, 1, milliseconds(1), heard_here);
    FanOutTally many = tally_of(0, 1, milliseconds(2), 1'000);
    few.merge(many);
    const Settled out = settled(few, 0);
    EXPECT_LE(out.counts.followed, kCapacity);
    EXPECT_GT(out.counts.followed, kCapacity / 2 - 1);
    // Every 128th of 1,000 is followed in the end; those below `heard_here` reached both.
    EXPECT_EQ(out.counts.followed, 8U);
    EXPECT_EQ(out.counts.reached_everyone, (heard_here + 127) / 128) << heard_here;
  }
}

TEST(FollowedSample, ASequenceFarAheadIsNoLoopWithoutEnd) {
  FollowedSample sample(kCapacity);
  EXPECT_NE(sample.find(0), nullptr);
  (void)sample.find((std::uint64_t{1} << 40) - 1);
  (void)sample.find(std::uint64_t{1} << 39);
  FollowedSample none(0);
  EXPECT_EQ(none.find(0), nullptr);
}

}  // namespace
}  // namespace ringstorm
