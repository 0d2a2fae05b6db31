#include "shard/mailbox.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

Instant at(std::int64_t ns) {
  return Instant{nanoseconds(ns)};
}

std::uint64_t sent(const Slice& slice) {
  return slice.measurements.counters.messages_sent;
}

TEST(Mailbox, HasNothingBeforeTheFirstIsHandedOver) {
  Mailbox mailbox;
  EXPECT_EQ(mailbox.take(), nullptr);
  EXPECT_EQ(sent(mailbox.current()), 0U);
}

TEST(Mailbox, HandsOverWhatWasMeasuredAndGoesOnEmpty) {
  Mailbox mailbox;
  Slice& first = mailbox.current();
  first.measurements.counters.messages_sent = 5;
  first.measurements.service.record(nanoseconds(40));
  first.connections_up = 3;
  first.end = at(1000);
  EXPECT_TRUE(mailbox.publish());
  EXPECT_NE(&mailbox.current(), &first);
  EXPECT_EQ(mailbox.current().begin, at(1000)) << "without a gap";
  EXPECT_EQ(sent(mailbox.current()), 0U);
  Slice* taken = mailbox.take();
  ASSERT_EQ(taken, &first);
  EXPECT_EQ(sent(*taken), 5U);
  EXPECT_EQ(taken->measurements.service.count(), 1U);
  EXPECT_EQ(taken->connections_up, 3U);
  EXPECT_EQ(mailbox.take(), nullptr) << "once";
}

TEST(Mailbox, GoesOnWithTheSameSliceWhileTheLastIsNotGivenBack) {
  Mailbox mailbox;
  mailbox.current().end = at(10);
  EXPECT_TRUE(mailbox.publish());
  mailbox.current().measurements.counters.messages_sent = 7;
  mailbox.current().end = at(20);
  EXPECT_FALSE(mailbox.publish()) << "not taken";
  Slice* taken = mailbox.take();
  EXPECT_FALSE(mailbox.publish()) << "taken, and still being read";
  EXPECT_EQ(sent(mailbox.current()), 7U);
  mailbox.recycle(taken);
  EXPECT_TRUE(mailbox.publish());
  taken = mailbox.take();
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(sent(*taken), 7U);
  EXPECT_EQ(taken->begin, at(10));
  EXPECT_EQ(taken->end, at(20));
}

TEST(Mailbox, GivesASliceBackEmpty) {
  Mailbox mailbox;
  mailbox.current().measurements.counters.messages_sent = 5;
  mailbox.current().measurements.connect.record(nanoseconds(40));
  mailbox.current().measurements.failures.count({Cause::connection_reset});
  EXPECT_TRUE(mailbox.publish());
  mailbox.recycle(mailbox.take());
  EXPECT_TRUE(mailbox.publish());
  const Slice& current = mailbox.current();
  EXPECT_EQ(sent(current), 0U);
  EXPECT_EQ(current.measurements.connect.count(), 0U);
  EXPECT_EQ(current.measurements.failures.total(), 0U);
}

TEST(Mailbox, KeepsTheRestForTheEnd) {
  Mailbox mailbox;
  EXPECT_TRUE(mailbox.publish());
  mailbox.current().measurements.counters.messages_sent = 2;
  EXPECT_EQ(sent(mailbox.last()), 2U);
  EXPECT_NE(mailbox.take(), &mailbox.last());
}

// A shard that hands over as often as it can, and a control thread that takes as fast as it can.
TEST(Mailbox, LosesNothingBetweenTwoThreads) {
  constexpr std::int64_t kTurns = 100'000;
  Mailbox mailbox;
  std::atomic<bool> done{false};
  std::thread shard([&] {
    for (std::int64_t turn = 1; turn <= kTurns; ++turn) {
      Slice& slice = mailbox.current();
      ++slice.measurements.counters.messages_sent;
      slice.measurements.service.record(nanoseconds(turn % 1000));
      if (turn % 100 == 0) slice.measurements.failures.count({Cause::connection_reset});
      slice.end = at(turn);
      mailbox.publish();
    }
    done = true;
  });
  Measurements total;
  std::uint64_t slices = 0;
  Instant seen_to{};
  const auto collect = [&](const Slice& slice) {
    EXPECT_EQ(slice.begin, seen_to) << "the slices follow each other without a gap";
    EXPECT_EQ(static_cast<std::int64_t>(sent(slice)), (slice.end - slice.begin).count());
    seen_to = slice.end;
    total.merge(slice.measurements);
    ++slices;
  };
  while (!done) {
    if (Slice* slice = mailbox.take(); slice != nullptr) {
      collect(*slice);
      mailbox.recycle(slice);
    }
  }
  shard.join();
  if (Slice* slice = mailbox.take(); slice != nullptr) collect(*slice);
  if (sent(mailbox.last()) > 0) collect(mailbox.last());
  EXPECT_EQ(seen_to, at(kTurns));
  EXPECT_EQ(total.counters.messages_sent, static_cast<std::uint64_t>(kTurns));
  EXPECT_EQ(total.service.count(), static_cast<std::uint64_t>(kTurns));
  EXPECT_EQ(total.failures.total(), static_cast<std::uint64_t>(kTurns / 100));
  EXPECT_GT(slices, 1U);
}

}  // namespace
}  // namespace ringstorm
