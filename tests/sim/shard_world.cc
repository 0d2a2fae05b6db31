#include "sim/shard_world.h"

#include <gtest/gtest.h>

#include "shard/script_traffic.h"

namespace ringstorm {
namespace {

template <class Talk>
class ShardOf : public AnyShard {
 public:
  ShardOf(SimRing& ring, const ShardSetup& setup) : shard_(ring, setup) {}
  bool turn() override { return shard_.turn(); }
  void close_slice() override { shard_.close_slice(); }
  ShardOutcome outcome() const override { return shard_.outcome(); }

 private:
  Shard<SimRing, Talk> shard_;
};

}  // namespace

std::unique_ptr<AnyShard> AnyShard::make(SimRing& ring, const ShardSetup& setup) {
  if (setup.plan.plays_sessions()) return std::make_unique<ShardOf<ScriptTraffic>>(ring, setup);
  return std::make_unique<ShardOf<Traffic>>(ring, setup);
}

void sums_close(const ShardRun& run, const World& world) {
  const Counters& counts = run.counters();
  EXPECT_EQ(counts.messages_planned, counts.messages_sent + counts.messages_shed + counts.messages_due);
  EXPECT_EQ(counts.messages_sent,
            counts.messages_answered + counts.messages_failed + run.outcome().outstanding);
  EXPECT_EQ(counts.connections_opened, counts.connections_closed + counts.connections_lost);
  const std::uint64_t tried = counts.connections_opened + counts.connections_failed;
  const std::uint64_t begun = world.plan.load.planned_connections + counts.connections_reopened;
  EXPECT_LE(tried, begun);
  // Stages may end before their last connections had the time.
  const bool all_had_time = !run.asked_to_stop() && world.plan.load.stages.empty();
  if (all_had_time) {
    EXPECT_GE(tried, world.plan.load.planned_connections);
  }
  EXPECT_EQ(run.total().failures.total() >= counts.connections_failed + counts.connections_lost, true);
  EXPECT_EQ(run.total().service.count(), counts.messages_recorded);
  EXPECT_EQ(run.total().latency.count(), counts.messages_recorded);
  EXPECT_LE(run.total().censored.count(), counts.messages_due + run.outcome().outstanding);
  EXPECT_EQ(run.total().close.count(), counts.connections_closed);
  EXPECT_EQ(run.total().upgrade.count(), counts.connections_opened);
  const bool slow_connect = run.total().connect.max().value_or(Duration{0}) >= seconds(1);
  EXPECT_EQ(counts.connects_retried > 0, slow_connect);
  if (!world.plan.text && !world.plan.plays_sessions()) {
    EXPECT_EQ(counts.sent_payload_bytes, counts.messages_sent * world.plan.payload.size());
  }
}

void servers_agree(const ShardRun& run) {
  const Counters& counts = run.counters();
  for (const EchoPeerRecord& peer : run.peers()) {
    EXPECT_FALSE(peer.violation) << to_string(peer.violation);
    if (!run.plays_sessions()) {
      EXPECT_EQ(peer.wrong_messages, 0u);
    }
  }
  const std::uint64_t arrived = run.sum(&EchoPeerRecord::messages);
  EXPECT_LE(arrived, counts.messages_sent);
  EXPECT_LE(counts.messages_received, run.sum(&EchoPeerRecord::replies));
  EXPECT_LE(counts.connections_opened, run.sum(&EchoPeerRecord::upgraded));
  EXPECT_LE(run.sum(&EchoPeerRecord::pongs), counts.pings_answered);
  // A pong behind the close may find nobody.
  EXPECT_LE(counts.pings_answered, run.sum(&EchoPeerRecord::pings));
  if (counts.connections_lost > 0 || run.sum(&EchoPeerRecord::misbehaved) > 0) return;
  EXPECT_EQ(arrived, counts.messages_sent);
  // Whoever was still connecting at the end was sent away without a word.
  if (counts.connections_failed > 0 || run.peers().size() != counts.connections_opened) return;
  if (run.plays_sessions()) return;  // their steps may close with any code
  for (const EchoPeerRecord& peer : run.peers()) {
    EXPECT_EQ(peer.close_code, run.asked_to_stop() ? peer.close_code : close_code::normal);
  }
}

void ends_in_time(const ShardRun& run, const World& world) {
  const Scenario& scenario = world.plan.scenario;
  if (run.started() == kNever || !scenario.duration) return;
  // Late completions and the heartbeat take their part.
  const Duration allowed =
      scenario.warmup + *scenario.duration + scenario.drain + 2 * scenario.close_timeout + milliseconds(30);
  EXPECT_LE(run.ended() - run.started(), allowed);
}

}  // namespace ringstorm
