// A whole shard over a simulated kernel, network and servers, everything chosen from one seed, and what must
// hold of it whatever fails.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "load/payload.h"
#include "plan/load_plan.h"
#include "shard/shard.h"
#include "sim/no_allocation.h"
#include "sim/sim_echo_peer.h"
#include "sim/sim_ring.h"

namespace ringstorm {

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
  /// All servers stop reading at some time after the start, for so long.
  Duration server_stall_at{0};
  Duration server_stall{0};
  /// The generator does nothing at all for so long, again and again.
  Duration generator_stall{0};
  Duration generator_stall_every{0};
  StopRequest stop = StopRequest::none;  ///< asked for at some time
  Duration stop_after{0};
  bool with_faults = true;

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
    plan.budget.send_buffers = one_of({1U, 2U, 32U});
    plan.budget.send_buffer_bytes = scenario.payload_bytes > 3'000 ? 8'192 : one_of({512U, 4'096U});
    peer.echoes = plan.expects_replies;
    if (!plan.expects_replies) faults.peer_never_answers = faults.peer_closes = 0;
    ring = {.receive_buffers = one_of({1U, 2U, 64U}),
            .receive_buffer_bytes = one_of({16U, 256U, 4'096U}),
            .completion_entries = one_of({1U, 4U, 4'096U}),
            .poll_cost = microseconds(5),
            .most_turns = 1'000'000};
    // Small, but for the test to end today not too small.
    network.window_bytes = std::max(one_of({100UL, 64'000UL}), scenario.payload_bytes / 4);
    if (scenario.payload_bytes > 100 * ring.receive_buffer_bytes) ring.receive_buffer_bytes = 4'096;
    if (chance(prng, 0.5)) make_open_loop();
    replan();
    if (chance(prng, 0.2)) stop = one_of({StopRequest::gracefully, StopRequest::at_once});
    stop_after = between(prng, Duration{0}, milliseconds(15));
  }

  /// Its clients offer permessage-deflate, in one way or another, and most servers agree to it.
  void offer_deflate() {
    Scenario& scenario = plan.scenario;
    scenario.deflate = true;
    scenario.server_no_context_takeover = chance(prng, 0.3);
    scenario.keep_context = chance(prng, 0.5);
    scenario.client_no_context_takeover = !scenario.keep_context && chance(prng, 0.3);
    if (chance(prng, 0.3)) scenario.server_max_window_bits = 8 + prng.below(8);
    scenario.client_max_window_bits = one_of({0UL, 8UL, 12UL, 15UL});
    scenario.deflate_memory_level = one_of({1UL, 8UL});
    scenario.compress = !chance(prng, 0.1);
    plan.payload = make_payload(Filler::text, plan.payload.size(), plan.seed);
    plan.upgrade.deflate = deflate_offer(scenario);
    plan.prepared = PreparedMessage(plan.payload, scenario, *plan.upgrade.deflate);
    if (chance(prng, 0.2)) return;
    peer.deflate.emplace();
    peer.deflate->client_no_context_takeover = chance(prng, 0.3);
    if (chance(prng, 0.3)) peer.deflate->server_max_window_bits = 9;
    if (scenario.client_max_window_bits != 0 && chance(prng, 0.3)) peer.deflate->client_max_window_bits = 10;
  }

  /// A rate that the simulated servers can sometimes keep up with and sometimes not, or stages of rates and
  /// of connections.
  void make_open_loop() {
    Scenario& scenario = plan.scenario;
    scenario.in_flight = 1;
    scenario.max_in_flight = one_of({1UL, 2UL, 16UL});
    scenario.arrivals = one_of({Arrivals::constant, Arrivals::poisson});
    scenario.senders = one_of({Senders::round_robin, Senders::random, Senders::each});
    scenario.when_full = one_of({WhenFull::wait, WhenFull::wait, WhenFull::shed});
    plan.budget.waiting_messages = one_of({1U, 3U, 10'000U});
    // A run bounded by messages alone lasts as long as its servers take for them and for its warm-up.
    const bool bounded_by_time = scenario.duration.has_value();
    if (!bounded_by_time) scenario.senders = Senders::round_robin;
    const RateForm rate{
        .from = {bounded_by_time ? one_of({500UL, 5'000UL, 100'000UL}) : one_of({500UL, 5'000UL}),
                 seconds(1)}};
    if (!scenario.duration || scenario.messages || chance(prng, 0.5)) {
      scenario.rate = rate;
      return;
    }
    scenario.messages.reset();
    scenario.duration.reset();
    for (std::uint64_t left = 1 + prng.below(4); left > 0; --left) {
      StageForm stage;
      stage.length = milliseconds(1 + static_cast<std::int64_t>(prng.below(4)));
      stage.rate =
          scenario.arrivals == Arrivals::constant && chance(prng, 0.3)
              ? RateForm{.kind = RateForm::Kind::burst, .burst = 1 + prng.below(20), .every = milliseconds(1)}
              : rate;
      if (chance(prng, 0.5)) stage.connections = 1 + prng.below(20);
      scenario.stages.push_back(stage);
    }
  }

  /// Makes the plan anew of a scenario that was changed.
  void replan() {
    Scenario& scenario = plan.scenario;
    scenario.seed = plan.seed;
    if (!scenario.stages.empty()) scenario.duration = length_of_stages(scenario);
    plan.load = plan_load(scenario);
    plan.segments = {{.first_connection = 0,
                      .connections = plan.load.most_connections,
                      .messages = scenario.messages.value_or(0)}};
    ring.slots = static_cast<std::uint32_t>(plan.load.most_connections);
  }

  /// Nothing goes wrong and nothing varies: 100 us each way, 50 us in the server, room for everything.
  static World calm() {
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
    world.plan.budget.waiting_messages = 10'000;
    world.plan.expects_replies = true;
    world.plan.payload.assign(125, 'p');
    Scenario& scenario = world.plan.scenario;
    scenario = {};
    scenario.payload_bytes = 125;
    scenario.max_opening = 100;
    scenario.drain = seconds(1);
    return world;
  }

  template <class T, std::size_t N>
  T one_of(const T (&choices)[N]) {
    return choices[prng.below(N)];
  }
};

/// A shard, whatever its connections say.
class AnyShard {
 public:
  virtual ~AnyShard() = default;
  virtual bool turn() = 0;
  virtual void close_slice() = 0;
  virtual ShardOutcome outcome() const = 0;

  /// One that plays sessions when the plan has some.
  static std::unique_ptr<AnyShard> make(SimRing& ring, const ShardSetup& setup);
};

class ShardRun {
 public:
  explicit ShardRun(World& world)
      : world_(world),
        network_(timeline_, world.faults, world.network, world.prng.next(),
                 [this](const SocketAddress&, SimConnection& connection) { return make_peer(connection); }),
        ring_(world.ring, network_, world.prng.next()),
        shard_(AnyShard::make(ring_, {.plan = world.plan,
                                      .index = 0,
                                      .targets = targets_,
                                      .origin = timeline_.now(),
                                      .control = control_,
                                      .status = status_,
                                      .mailbox = mailbox_})),
        total_(parts_of(world.plan)) {
    world.peer.expected_payload = world.plan.payload;
  }

  void run() {
    const Instant begin = timeline_.now();
    bool more = true;
    while (more) {
      steer(begin);
      stall_generator();
      more = turn();
    }
    shard_->close_slice();
    ended_ = timeline_.now();
    collect();
    total_.merge(mailbox_.last().measurements);
    if (world_.stop == StopRequest::at_once && asked_to_stop_) return;
    ring_.check_idle();
    timeline_.run_until(timeline_.now() + seconds(1));
  }

  bool plays_sessions() const { return world_.plan.plays_sessions(); }
  const Measurements& total() const { return total_; }
  const Counters& counters() const { return total_.counters; }
  ShardOutcome outcome() const { return shard_->outcome(); }
  const std::list<EchoPeerRecord>& peers() const { return peers_; }
  std::uint64_t trace() const { return ring_.trace(); }
  bool asked_to_stop() const { return asked_to_stop_; }
  bool lags_too_much() const { return status_.lags_too_much; }
  Instant started() const { return started_; }
  Instant ended() const { return ended_; }

  template <class Member>
  std::uint64_t sum(Member member) const {
    std::uint64_t all = 0;
    for (const EchoPeerRecord& peer : peers_) all += static_cast<std::uint64_t>(peer.*member);
    return all;
  }

 private:
  // What stands above TCP may allocate while connections open and end.
  bool turn() {
    if (!world_.plan.route.empty() && (world_.with_faults || status_.phase != ShardPhase::running))
      return shard_->turn();
    const NoAllocation sealed;
    return shard_->turn();
  }

  // The part of the control thread: gives the start, takes slices now and then, stops early.
  void steer(Instant begin) {
    if (status_.phase == ShardPhase::ready && started_ == kNever) {
      started_ = timeline_.now() + microseconds(500);
      control_.start_at(started_);
    }
    stall_servers();
    if (chance(world_.prng, 0.01)) collect();
    if (world_.stop != StopRequest::none && timeline_.now() >= begin + world_.stop_after) {
      control_.stop = world_.stop;
      asked_to_stop_ = true;
    }
  }
  void stall_servers() {
    if (started_ == kNever || stalled_ || world_.server_stall == Duration{0}) return;
    if (timeline_.now() < started_ + world_.server_stall_at) return;
    stalled_ = true;
    for (SimConnection* connection : connections_) connection->stall(world_.server_stall);
  }
  void stall_generator() {
    if (started_ == kNever || world_.generator_stall == Duration{0}) return;
    const InsideSimulator inside;
    if (next_stall_ == kNever) next_stall_ = started_ + world_.generator_stall_every;
    if (timeline_.now() < next_stall_) return;
    timeline_.run_until(timeline_.now() + world_.generator_stall);
    next_stall_ += world_.generator_stall_every;
  }
  void collect() {
    if (Slice* slice = mailbox_.take(); slice != nullptr) {
      total_.merge(slice->measurements);
      mailbox_.recycle(slice);
    }
  }
  std::unique_ptr<SimPeer> make_peer(SimConnection& connection) {
    connections_.push_back(&connection);
    return std::make_unique<SimEchoPeer>(connection, world_.peer, peers_.emplace_back());
  }

  World& world_;
  std::list<EchoPeerRecord> peers_;
  std::vector<SimConnection*> connections_;  ///< for stalls while all are there
  SimTimeline timeline_;
  SimNetwork network_;
  SimRing ring_;
  TargetAddresses targets_{{SocketAddress{}}};
  RunControl control_;
  ShardStatus status_;
  Mailbox mailbox_{parts_of(world_.plan)};
  std::unique_ptr<AnyShard> shard_;
  Measurements total_;
  Instant started_ = kNever;
  Instant ended_{};
  Instant next_stall_ = kNever;
  bool stalled_ = false;
  bool asked_to_stop_ = false;
};

/// planned = sent + shed + due, sent = answered + failed + outstanding, opened = closed + lost, and every
/// histogram has the samples that the counters promise.
void sums_close(const ShardRun& run, const World& world);
/// What the engine counted and what the servers counted are the same, as far as nothing was lost between
/// them.
void servers_agree(const ShardRun& run);
void ends_in_time(const ShardRun& run, const World& world);

}  // namespace ringstorm
