#include "shard/deliveries.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "base/prng.h"

namespace ringstorm {
namespace {

Instant at(std::int64_t ms) {
  return Instant{milliseconds(ms)};
}

SessionForm publisher(std::string topic) {
  SessionForm form;
  form.publishes = std::move(topic);
  return form;
}

SessionForm subscriber(std::string topic) {
  SessionForm form;
  form.subscribes = std::move(topic);
  return form;
}

/// Connections 0 and 1 publish to "news", 2 to "sport"; 3 and 4 subscribe to "news", 5 to both sends and
/// hears "sport".
struct World {
  explicit World(std::vector<SessionForm> forms = {publisher("news"), publisher("sport"), subscriber("news")},
                 std::vector<std::uint16_t> cast = {0, 0, 1, 2, 2}) {
    std::vector<bool> stamps;
    for (const SessionForm& form : forms)
      stamps.push_back(form.subscribes.empty() || !form.publishes.empty());
    plan.cast = std::move(cast);
    plan.fan_out = fan_out_of(forms, stamps, plan.cast);
    plan.stamp_key = {7, {1, 2}};
    plan.segments = {{.first_connection = 0, .connections = plan.cast.size()}};
    plan.scenario.duration = seconds(10);
    window.open(at(50), plan.scenario, 0);
    deliveries.emplace(plan, 0);
  }

  std::string message(std::uint64_t connection, std::uint64_t sequence, Instant intended) const {
    std::string text(kStampBytes, '\0');
    write_stamp(std::span<std::byte, kStampBytes>(reinterpret_cast<std::byte*>(text.data()), kStampBytes),
                {connection, sequence, intended}, plan.stamp_key);
    return "{\"m\":\"" + text + "\"}";
  }
  void hear(Slot slot, std::string text, Instant now, std::size_t piece = ~std::size_t{0}) {
    const std::span<std::byte> bytes = std::as_writable_bytes(std::span(text));
    for (std::size_t begin = 0; begin < bytes.size(); begin += std::min(piece, bytes.size())) {
      ConnectionEvent event;
      event.kind = ConnectionEvent::Kind::data;
      event.bytes = bytes.subspan(begin, std::min(piece, bytes.size() - begin));
      event.message_start = begin == 0;
      event.message_end = begin + event.bytes.size() == bytes.size();
      deliveries->take_piece(slot, event);
    }
    deliveries->on_message(slot, plan.cast[slot], window, measured, now);
  }
  void hear(Slot slot, std::uint64_t connection, std::uint64_t sequence) {
    hear(slot, message(connection, sequence, at(100)), at(105));
  }
  void settle() { deliveries->take_tally(plan.cast).settle(measured.deliveries, measured.last_receiver); }

  Plan plan;
  Window window;
  Measurements measured;
  std::optional<Deliveries> deliveries;
};

TEST(Deliveries, ATimedFromWhenTheMessageWasDue) {
  World world;
  world.deliveries->joined(3, true);
  for (const std::size_t piece : {1U, 7U, 51U, 1'000U}) {
    world.hear(3, world.message(1, piece, at(100)), at(100 + static_cast<std::int64_t>(piece)), piece);
  }
  EXPECT_EQ(world.measured.deliveries.received, 4U);
  EXPECT_EQ(world.measured.delivery.count(), 4U);
  EXPECT_EQ(world.measured.delivery.min(), milliseconds(1));
  EXPECT_EQ(world.measured.delivery.max(), milliseconds(1'000));
}

TEST(Deliveries, OutsideTheWindowTheyAreOnlyCounted) {
  World world;
  world.deliveries->joined(3, true);
  world.hear(3, world.message(0, 0, at(40)), at(60));
  world.hear(3, world.message(0, 1, at(9'999)), at(11'000));
  EXPECT_EQ(world.measured.deliveries.received, 2U);
  EXPECT_EQ(world.measured.delivery.count(), 1U);
}

TEST(Deliveries, WhatIsNotRightIsCountedAndNotBelieved) {
  World world;
  world.deliveries->joined(3, true);
  world.hear(3, "no stamp", at(1));
  world.hear(3, "~rs and no more", at(1));
  std::string forged = world.message(0, 0, at(1));
  forged[40] = forged[40] == '0' ? '1' : '0';
  world.hear(3, forged, at(1));
  world.hear(3, world.message(0, 0, at(100)), at(50));  // of a time to come
  StampKey other = world.plan.stamp_key;
  std::swap(world.plan.stamp_key, other);
  world.plan.stamp_key.run = 8;
  world.hear(3, world.message(0, 0, at(1)), at(1));
  const DeliveryCounts& counts = world.measured.deliveries;
  EXPECT_EQ(counts.malformed, 1U);
  EXPECT_EQ(counts.forged, 2U);
  EXPECT_EQ(counts.foreign, 1U);
  EXPECT_EQ(counts.stamped + counts.received, 0U);
  EXPECT_EQ(world.measured.delivery.count(), 0U);
}

TEST(Deliveries, AnotherTopicsAreStrays) {
  World world;
  world.deliveries->joined(3, true);
  world.hear(3, 2, 0);          // sport
  world.hear(3, 4, 0);          // a subscriber publishes nothing
  world.hear(3, 1'000'000, 0);  // nobody
  world.hear(4, 0, 0);          // does not listen yet
  EXPECT_EQ(world.measured.deliveries.stray, 4U);
  EXPECT_EQ(world.measured.deliveries.received, 0U);
}

TEST(Deliveries, TheOwnAreNobodys) {
  SessionForm member = publisher("room");
  member.subscribes = "room";
  World world({member}, {0, 0});
  for (const Slot slot : {0U, 1U}) world.deliveries->joined(slot, true);
  for (const Slot slot : {0U, 1U}) {
    world.deliveries->sent(slot);
    for (const std::uint64_t sender : {0U, 1U}) world.hear(slot, sender, 0);
  }
  world.settle();
  EXPECT_EQ(world.measured.deliveries.expected, 2U);
  EXPECT_EQ(world.measured.deliveries.received, 2U);
  EXPECT_EQ(world.measured.deliveries.stray, 2U);
  EXPECT_EQ(world.measured.deliveries.reached_everyone, 2U);
}

TEST(Deliveries, TheWindowTellsLateFromTwice) {
  World world;
  world.deliveries->joined(3, true);
  for (int i = 0; i < 100; ++i) world.deliveries->sent(0);
  world.hear(3, 0, 2);   // 0 and 1 are missing
  world.hear(3, 0, 0);   // late
  world.hear(3, 0, 0);   // twice
  world.hear(3, 0, 2);   // twice
  world.hear(3, 0, 65);  // 2 is the oldest in the window now
  world.hear(3, 0, 2);   // twice
  world.hear(3, 0, 1);   // too far behind to tell
  world.hear(3, 0, 99);
  world.hear(3, 0, 98);  // late
  const DeliveryCounts& counts = world.measured.deliveries;
  EXPECT_EQ(counts.received, 5U);
  EXPECT_EQ(counts.out_of_order, 2U);
  EXPECT_EQ(counts.duplicated, 3U);
  EXPECT_EQ(counts.behind, 1U);
  world.settle();
  EXPECT_EQ(counts.expected, 100U);
  EXPECT_EQ(counts.lost, 95U);
}

TEST(Deliveries, WhoComesLateOrLeavesEarlyIsToGetWhatCameMeanwhile) {
  World world;
  world.deliveries->joined(3, true);
  world.deliveries->joined(4, false);
  for (std::uint64_t sequence = 0; sequence < 10; ++sequence) {
    world.deliveries->sent(0);
    if (sequence != 5 && sequence < 8) world.hear(3, 0, sequence);
    if (sequence >= 4 && sequence != 6) world.hear(4, 0, sequence);
  }
  world.hear(4, 0, 3);  // from before it listened
  world.deliveries->left(3, 2, false);
  const DeliveryCounts& counts = world.measured.deliveries;
  EXPECT_EQ(counts.behind, 1U);
  world.settle();
  EXPECT_EQ(counts.expected, 8U + 6U);
  EXPECT_EQ(counts.lost, 2U);
}

// Whatever a server does to the deliveries, the sums close, and agree with a plain account of it.
TEST(Deliveries, AgreeWithAPlainAccount) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    World world;
    Prng random{seed};
    world.deliveries->joined(3, true);
    constexpr std::uint64_t kMessages = 300;
    std::vector<std::uint64_t> arrivals;
    for (std::uint64_t sequence = 0; sequence < kMessages; ++sequence) {
      world.deliveries->sent(1);
      const std::uint64_t copies = random.below(10) == 0 ? random.below(3) : 1;
      for (std::uint64_t i = 0; i < copies; ++i) arrivals.push_back(sequence);
      if (arrivals.size() > 5 && random.below(5) == 0)
        std::swap(arrivals.back(), arrivals[arrivals.size() - 1 - random.below(5)]);
    }
    std::vector<bool> had(kMessages, false);
    std::uint64_t received = 0, duplicated = 0, out_of_order = 0, latest = 0;
    for (const std::uint64_t sequence : arrivals) {
      world.hear(3, 1, sequence);
      const bool again = had[sequence];
      had[sequence] = true;
      ++(again ? duplicated : received);
      out_of_order += !again && sequence < latest;
      latest = std::max(latest, sequence);
    }
    world.settle();
    const DeliveryCounts& counts = world.measured.deliveries;
    EXPECT_EQ(counts.received, received) << seed;
    EXPECT_EQ(counts.duplicated, duplicated) << seed;
    EXPECT_EQ(counts.out_of_order, out_of_order) << seed;
    EXPECT_EQ(counts.behind, 0U) << seed;
    // Of the other publisher of the topic nothing was sent, and of the other subscriber nothing is known.
    EXPECT_EQ(counts.expected, kMessages) << seed;
    EXPECT_EQ(counts.lost, kMessages - received) << seed;
  }
}

TEST(Deliveries, WithoutTopicsEveryOtherConnectionIsAReceiver) {
  World world({publisher(""), publisher("")}, {0, 1});
  world.hear(0, 1, 0);
  world.hear(0, 0, 0);  // its own
  const DeliveryCounts& counts = world.measured.deliveries;
  EXPECT_EQ(counts.received, 1U);
  EXPECT_EQ(counts.stray, 1U);
  world.settle();
  EXPECT_EQ(counts.expected, 0U);
}

}  // namespace
}  // namespace ringstorm
