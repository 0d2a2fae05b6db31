// A whole shard over a simulated kernel, network and servers, under thousands of seeds: whatever fails, its
// sums close, its counts agree with what the servers counted, it ends in bounded time, and it allocates
// nothing.
#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "shard/shard.h"
#include "sim/no_allocation.h"
#include "sim/sim_echo_peer.h"
#include "sim/sim_ring.h"
#include "sim/sim_seeds.h"

namespace ringstorm {
namespace {

/// A run's choices, all from its seed.
struct World {
  Prng prng;
  SimFaults faults = SimFaults::swarm(prng);
  SimRingOptions ring;
  SimNetworkOptions network{.least_delay = microseconds(5),
                            .most_delay = microseconds(one_of({5, 100, 400}))};
  EchoPeerOptions peer{
      .expected_payload = {}, .least_think = Duration{0}, .most_think = microseconds(one_of({0, 50, 500}))};
  Plan plan;
  StopRequest stop = StopRequest::none;  ///< asked for at some time
  Duration stop_after{0};

  explicit World(std::uint64_t seed) : prng(seed) {
    Scenario& scenario = plan.scenario;
    scenario.connections = 1 + prng.below(20);
    scenario.open_rate = {one_of({1'000UL, 100'000UL}), seconds(1)};
    scenario.max_opening = one_of({1UL, 4UL, 100UL});
    scenario.connect_timeout = milliseconds(5);
    scenario.upgrade_timeout = milliseconds(5);
    scenario.close_timeout = milliseconds(5);
    scenario.drain = milliseconds(one_of({0, 1, 10}));
    scenario.max_head_bytes = 1'000;
    scenario.payload_kind = one_of({PayloadKind::text, PayloadKind::binary});
    scenario.payload_bytes = one_of({0UL, 1UL, 20UL, 125UL, 126UL, 3'000UL, 70'000UL});
    scenario.in_flight = one_of({1UL, 2UL, 16UL});
    scenario.warmup = milliseconds(one_of({0, 2}));
    scenario.waiting = one_of({Waiting::first, Waiting::batch, Waiting::spin});
    scenario.duration = milliseconds(1 + static_cast<std::int64_t>(prng.below(10)));
    if (chance(prng, 0.3)) scenario.messages = 1 + prng.below(scenario.payload_bytes > 1'000 ? 20 : 500);
    if (scenario.messages && chance(prng, 0.5)) {
      scenario.duration.reset();
      faults.peer_never_answers = 0;  // else such a run may have no end, and rightly
    }
    plan.upgrade.host = "sim:1";
    plan.payload.assign(scenario.payload_bytes, 'p');
    plan.expects_replies = !chance(prng, 0.1);
    plan.seed = seed;
    plan.segments = {{.first_connection = 0,
                      .connections = scenario.connections,
                      .messages = scenario.messages.value_or(0)}};
    plan.budget.send_buffers = one_of({1U, 2U, 32U});
    plan.budget.send_buffer_bytes = scenario.payload_bytes > 3'000 ? 8'192 : one_of({512U, 4'096U});
    peer.echoes = plan.expects_replies;
    if (!plan.expects_replies) faults.peer_never_answers = faults.peer_closes = 0;
    ring = {.slots = static_cast<std::uint32_t>(scenario.connections),
            .receive_buffers = one_of({1U, 2U, 64U}),
            .receive_buffer_bytes = one_of({16U, 256U, 4'096U}),
            .completion_entries = one_of({1U, 4U, 4'096U}),
            .poll_cost = microseconds(5),
            .most_turns = 1'000'000};
    // Small, but for the test to end today not too small.
    network.window_bytes = std::max(one_of({100UL, 64'000UL}), scenario.payload_bytes / 4);
    if (scenario.payload_bytes > 100 * ring.receive_buffer_bytes) ring.receive_buffer_bytes = 4'096;
    if (chance(prng, 0.2)) stop = one_of({StopRequest::gracefully, StopRequest::at_once});
    stop_after = between(prng, Duration{0}, milliseconds(15));
  }

  template <class T, std::size_t N>
  T one_of(const T (&choices)[N]) {
    return choices[prng.below(N)];
  }
};

class ShardRun {
 public:
  explicit ShardRun(World& world)
      : world_(world),
        network_(timeline_, world.faults, world.network, world.prng.next(),
                 [this](const SocketAddress&, SimConnection& connection) { return make_peer(connection); }),
        ring_(world.ring, network_, world.prng.next()),
        shard_(ring_, {.plan = world.plan,
                       .index = 0,
                       .target = target_,
                       .origin = timeline_.now(),
                       .control = control_,
                       .status = status_,
                       .mailbox = mailbox_}) {
    world.peer.expected_payload = world.plan.payload;
  }

  void run() {
    const Instant begin = timeline_.now();
    bool more = true;
    while (more) {
      steer(begin);
      const NoAllocation sealed;
      more = shard_.turn();
    }
    shard_.close_slice();
    ended_ = timeline_.now();
    collect();
    total_.merge(mailbox_.last().measurements);
    if (world_.stop == StopRequest::at_once && asked_to_stop_) return;
    ring_.check_idle();
    timeline_.run_until(timeline_.now() + seconds(1));
  }

  const Measurements& total() const { return total_; }
  const Counters& counters() const { return total_.counters; }
  ShardOutcome outcome() const { return shard_.outcome(); }
  const std::list<EchoPeerRecord>& peers() const { return peers_; }
  std::uint64_t trace() const { return ring_.trace(); }
  bool asked_to_stop() const { return asked_to_stop_; }
  Instant started() const { return started_; }
  Instant ended() const { return ended_; }

  template <class Member>
  std::uint64_t sum(Member member) const {
    std::uint64_t all = 0;
    for (const EchoPeerRecord& peer : peers_) all += static_cast<std::uint64_t>(peer.*member);
    return all;
  }

 private:
  // The part of the control thread: gives the start, takes slices now and then, stops early.
  void steer(Instant begin) {
    if (status_.phase == ShardPhase::ready && started_ == kNever) {
      started_ = timeline_.now() + microseconds(500);
      control_.start_at(started_);
    }
    if (chance(world_.prng, 0.01)) collect();
    if (world_.stop != StopRequest::none && timeline_.now() >= begin + world_.stop_after) {
      control_.stop = world_.stop;
      asked_to_stop_ = true;
    }
  }
  void collect() {
    if (Slice* slice = mailbox_.take(); slice != nullptr) {
      total_.merge(slice->measurements);
      mailbox_.recycle(slice);
    }
  }
  std::unique_ptr<SimPeer> make_peer(SimConnection& connection) {
    return std::make_unique<SimEchoPeer>(connection, world_.peer, peers_.emplace_back());
  }

  World& world_;
  std::list<EchoPeerRecord> peers_;
  SimTimeline timeline_;
  SimNetwork network_;
  SimRing ring_;
  SocketAddress target_;
  RunControl control_;
  ShardStatus status_;
  Mailbox mailbox_;
  Shard<SimRing> shard_;
  Measurements total_;
  Instant started_ = kNever;
  Instant ended_{};
  bool asked_to_stop_ = false;
};

void sums_close(const ShardRun& run, const World& world) {
  const Counters& counts = run.counters();
  EXPECT_EQ(counts.messages_sent,
            counts.messages_answered + counts.messages_failed + run.outcome().outstanding);
  EXPECT_EQ(counts.connections_opened, counts.connections_closed + counts.connections_lost);
  if (!run.asked_to_stop()) {
    EXPECT_EQ(world.plan.scenario.connections, counts.connections_opened + counts.connections_failed);
  }
  EXPECT_EQ(run.total().failures.total() >= counts.connections_failed + counts.connections_lost, true);
  EXPECT_EQ(run.total().service.count(), counts.messages_recorded);
  EXPECT_EQ(run.total().close.count(), counts.connections_closed);
  EXPECT_EQ(run.total().upgrade.count(), counts.connections_opened);
  EXPECT_EQ(counts.sent_payload_bytes, counts.messages_sent * world.plan.payload.size());
}

void servers_agree(const ShardRun& run) {
  const Counters& counts = run.counters();
  for (const EchoPeerRecord& peer : run.peers()) {
    EXPECT_FALSE(peer.violation) << to_string(peer.violation);
    EXPECT_EQ(peer.wrong_messages, 0u);
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
  if (counts.connections_failed > 0) return;
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

TEST(ShardSim, SumsCloseWhateverFails) {
  for_each_seed(3'000, [](std::uint64_t seed) {
    World world(seed);
    ShardRun run(world);
    run.run();
    if (run.asked_to_stop() && world.stop == StopRequest::at_once) return;  // everything is left as it is
    sums_close(run, world);
    servers_agree(run);
    ends_in_time(run, world);
  });
}

TEST(ShardSim, NothingFailsWhenNothingIsWrong) {
  std::uint64_t pongs = 0;
  for_each_seed(60, [&pongs](std::uint64_t seed) {
    World world(seed);
    world.faults = {};
    world.faults.peer_pings = 0.3;
    world.faults.peer_fragments = 0.3;
    world.stop = StopRequest::none;
    world.plan.scenario.upgrade_timeout = world.plan.scenario.close_timeout = world.plan.scenario.drain =
        seconds(10);
    ShardRun run(world);
    run.run();
    sums_close(run, world);
    servers_agree(run);
    const Counters& counts = run.counters();
    EXPECT_EQ(run.total().failures.total(), 0u);
    EXPECT_EQ(counts.connections_closed, world.plan.scenario.connections);
    EXPECT_GT(counts.messages_sent, 0u);
    pongs += run.sum(&EchoPeerRecord::pongs);
    if (world.plan.expects_replies) {
      EXPECT_EQ(counts.messages_answered, counts.messages_sent);
    }
    if (world.plan.scenario.messages && !world.plan.scenario.duration) {
      EXPECT_EQ(counts.window_sent, *world.plan.scenario.messages);
    }
  });
  EXPECT_GT(pongs, 0u);
}

void expect_near(const Histogram& histogram, Duration expected) {
  ASSERT_GT(histogram.count(), 0u);
  EXPECT_EQ(histogram.min(), expected);
  EXPECT_EQ(histogram.max(), expected);
  EXPECT_NEAR(static_cast<double>(histogram.quantile(0.5)->count()), static_cast<double>(expected.count()),
              0.001 * static_cast<double>(expected.count()));
}

// The oracle is the network: 100 us each way, 50 us in the server.
TEST(ShardSim, LatenciesAreTheVirtualDelays) {
  World world(1);
  world.faults = {};
  world.ring.receive_buffers = 64;
  world.ring.receive_buffer_bytes = 4'096;
  world.ring.completion_entries = 4'096;
  world.network = {.least_delay = microseconds(100), .most_delay = microseconds(100)};
  world.peer = {.expected_payload = {}, .least_think = microseconds(50), .most_think = microseconds(50)};
  world.stop = StopRequest::none;
  world.plan.budget = {};
  world.plan.budget.send_buffers = 64;
  world.plan.budget.send_buffer_bytes = 4'096;
  world.plan.expects_replies = true;
  world.plan.payload.assign(125, 'p');
  Scenario& scenario = world.plan.scenario;
  scenario.in_flight = 1;
  scenario.waiting = Waiting::first;
  scenario.max_opening = 100;
  scenario.warmup = milliseconds(1);
  scenario.duration = milliseconds(50);
  scenario.messages.reset();
  scenario.drain = seconds(1);
  world.plan.segments.front().messages = 0;
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  expect_near(run.total().connect, microseconds(200));
  expect_near(run.total().upgrade, microseconds(200));
  expect_near(run.total().first_message, microseconds(250));
  expect_near(run.total().service, microseconds(250));
  expect_near(run.total().close, microseconds(250));
  // 50 ms at one message each 250 us on every connection.
  EXPECT_EQ(run.counters().window_sent, scenario.connections * 200);
}

// A fault that never happens tests nothing.
TEST(ShardSim, TheFaultsAreMet) {
  Measurements met;
  std::uint64_t outstanding = 0;
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    World world(seed);
    ShardRun run(world);
    run.run();
    met.merge(run.total());
    outstanding += run.outcome().outstanding;
  }
  for (const Cause cause :
       {Cause::connect_refused, Cause::network_unreachable, Cause::connect_timed_out, Cause::connect_failed,
        Cause::upgrade_timed_out, Cause::upgrade_closed, Cause::http_status, Cause::reserved_bit,
        Cause::connection_reset, Cause::connection_closed, Cause::closed_by_server, Cause::close_timed_out,
        Cause::malformed_head}) {
    const auto rows = met.failures.rows();
    EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), [&](const FailureTable::Row& row) {
      return row.failure.cause == cause;
    })) << to_string({cause, 0});
  }
  const Counters& counts = met.counters;
  EXPECT_GT(outstanding, 0u);
  for (const std::uint64_t count :
       {counts.messages_failed, counts.connections_closed, counts.connections_lost, counts.pings_answered,
        counts.receive_rearms, counts.out_of_buffers, counts.short_sends, counts.completion_overflows}) {
    EXPECT_GT(count, 0u);
  }
}

TEST(ShardSim, TheSameSeedGivesTheSameRun) {
  const auto trace = [](std::uint64_t seed) {
    World world(seed);
    ShardRun run(world);
    run.run();
    return run.trace();
  };
  for (std::uint64_t seed = 1; seed <= 8; ++seed) EXPECT_EQ(trace(seed), trace(seed)) << seed;
  EXPECT_NE(trace(1), trace(2));
}

TEST(ShardSimDeathTest, AnAllocationAfterSealingIsFatal) {
  EXPECT_DEATH(
      {
        const NoAllocation sealed;
        ::operator delete(::operator new(1));
      },
      "allocates where nothing may");
}

}  // namespace
}  // namespace ringstorm
