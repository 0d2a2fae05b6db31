// Stamped sockets over a simulated kernel, whose truth is known: what a stamp calls exact is exact, and every
// message of a probe ends as a sample that is right or with a reason.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "io/sockets.h"
#include "shard/probe.h"
#include "sim/sim_ring.h"
#include "sim/sim_seeds.h"

namespace ringstorm {
namespace {

constexpr std::size_t kRequestBytes = 300;
constexpr std::size_t kReplyBytes = 400;

/// Answers each request, and now and then says something else right behind the answer, or goes.
class AnsweringPeer : public SimPeer {
 public:
  AnsweringPeer(SimConnection& connection, double chatter) : connection_(connection), chatter_(chatter) {}
  void on_bytes(std::span<std::byte> bytes) override {
    received_ += bytes.size();
    for (; received_ >= kRequestBytes; received_ -= kRequestBytes) {
      connection_.later(between(connection_.prng(), Duration{0}, microseconds(300)), [this] { answer(); });
    }
  }

 private:
  void answer() {
    if (chance(connection_.prng(), connection_.faults().peer_resets)) return connection_.reset();
    connection_.send(std::string(kReplyBytes, 'r'));
    if (chance(connection_.prng(), chatter_)) connection_.send("c");
  }

  SimConnection& connection_;
  double chatter_;
  std::size_t received_ = 0;
};

/// When the byte at `place` passed.
Instant passage_of(const std::vector<SimPassage>& passages, std::uint64_t place) {
  const auto found = std::ranges::upper_bound(passages, place, {}, &SimPassage::end);
  EXPECT_NE(found, passages.end());
  return found == passages.end() ? Instant{} : found->at;
}

struct World {
  std::uint64_t seed;
  Prng prng{seed};
  SimFaults faults = SimFaults::swarm(prng);
  SimRingOptions ring{.slots = 8,
                      .receive_buffers = 1U << prng.below(5),
                      .receive_buffer_bytes = chance(prng, 0.5) ? 64U : 1024U,
                      .completion_entries = 1U << (1 + prng.below(10))};
  std::size_t messages = 60;  ///< of each socket, as far as it lives
  double stamped = prng.unit();
  double chatter = chance(prng, 0.5) ? 0 : prng.unit();
  double laziness = chance(prng, 0.5) ? 0 : prng.unit();

  explicit World(std::uint64_t s) : seed(s) {}
};

class ProbingClient {
 public:
  explicit ProbingClient(World& world)
      : world_(world),
        network_(timeline_, world.faults, SimNetworkOptions{}, world.prng.next(),
                 [&world](const SocketAddress&, SimConnection& connection) {
                   return std::make_unique<AnsweringPeer>(connection, world.chatter);
                 }),
        ring_(world.ring, network_, world.prng.next()),
        sockets_(ring_, world.ring.slots) {}

  void run() {
    for (Slot slot = 0; slot < world_.ring.slots; ++slot) {
      states_[slot].asked = chance(world_.prng, world_.stamped);
      states_[slot].give_up_at = timeline_.now() + milliseconds(100);
      sockets_.connect(slot, address_, states_[slot].asked ? Stamping::on : Stamping::off);
    }
    while (open_ > 0) {
      sockets_.submit_and_wait({.until = timeline_.now() + milliseconds(1)});
      sockets_.deliver(*this);
      for (Slot slot = 0; slot < world_.ring.slots; ++slot) {
        if (states_[slot].give_up_at <= timeline_.now()) close(slot);
      }
    }
    ring_.check_idle();
    EXPECT_EQ(counters_.messages(), probe_messages_);
    EXPECT_EQ(counters_.out_of_order, 0u);
  }
  const ProbeCounters& counters() const { return counters_; }
  const SocketCounters& socket_counters() const { return sockets_.counters(); }
  std::uint64_t exact_stamps() const { return exact_stamps_; }
  std::uint64_t trace() const { return ring_.trace(); }

  // The handler.
  void on_connected(Slot slot) { send_next(slot); }
  void on_connect_failed(Slot slot, Failure) { close(slot); }
  void on_accepted(Slot) { FAIL() << "nobody listens"; }
  void on_received(Slot slot, std::span<std::byte> bytes) {
    EXPECT_FALSE(sockets_.stamped(slot)) << "a stamped socket has stamps";
    take(slot, bytes);
  }
  void on_received(Slot slot, std::span<std::byte> bytes, const KernelStamp& stamp) {
    State& state = states_[slot];
    EXPECT_TRUE(state.asked && sockets_.stamped(slot));
    if (stamp.exact()) {
      ++exact_stamps_;
      EXPECT_EQ(stamp.at, passage_of(ring_.connection(slot).arrivals(), state.received + bytes.size() - 1));
    }
    state.probe.received(stamp);
    take(slot, bytes);
  }
  void on_transmit_stamp(Slot slot, std::uint32_t key, const KernelStamp& stamp) {
    EXPECT_TRUE(states_[slot].asked && sockets_.stamped(slot));
    if (stamp.exact()) {
      ++exact_stamps_;
      EXPECT_EQ(stamp.at, passage_of(ring_.connection(slot).writes(), key));
    }
    judge(slot, states_[slot].probe.transmitted(key, stamp, counters_));
  }
  void on_sent(Slot slot) {
    states_[slot].sent = true;
    go_on(slot);
  }
  void on_ended(Slot slot, Failure) { close(slot); }
  void on_closed(Slot) { --open_; }

 private:
  struct State {
    bool asked = false;  ///< for stamps
    bool closing = false;
    bool sent = true;
    Instant give_up_at = kNever;
    std::size_t messages = 0;
    std::size_t reply_bytes = 0;    ///< of the message under way
    std::uint64_t received = 0;     ///< in all
    std::uint64_t reply_end = 0;    ///< the place behind the last reply
    std::uint64_t request_end = 0;  ///< ... and behind its request
    Instant handled{};
    Probe probe;
  };

  void close(Slot slot) {
    State& state = states_[slot];
    if (std::exchange(state.closing, true)) return;
    state.give_up_at = kNever;
    state.probe.give_up(counters_);
    sockets_.close(slot);
  }

  void send_next(Slot slot) {
    State& state = states_[slot];
    if (state.messages == world_.messages) return close(slot);
    state.give_up_at = timeline_.now() + milliseconds(100);
    ++state.messages;
    state.reply_bytes = 0;
    state.sent = false;
    state.probe.sends(request_.size());
    if (sockets_.stamped(slot)) {
      state.probe.sent(timeline_.now(), counters_);
      ++probe_messages_;
    }
    sockets_.send(slot, request_, chance(world_.prng, world_.laziness) ? Notice::lazy : Notice::prompt);
  }

  // The next message leaves when this one is sent and answered.
  void go_on(Slot slot) {
    State& state = states_[slot];
    if (!state.closing && state.sent && state.reply_bytes == kReplyBytes) send_next(slot);
  }

  void take(Slot slot, std::span<std::byte> bytes) {
    State& state = states_[slot];
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      ++state.received;
      if (bytes[i] == std::byte{'c'}) continue;
      if (++state.reply_bytes < kReplyBytes) continue;
      state.reply_end = state.received;
      state.request_end = state.messages * request_.size();
      state.handled = timeline_.now();
      if (sockets_.stamped(slot))
        judge(slot, state.probe.handled(timeline_.now(), i + 1 == bytes.size(), counters_));
    }
    go_on(slot);
  }

  void judge(Slot slot, const std::optional<ProbeSample>& sample) {
    if (!sample) return;
    const State& state = states_[slot];
    const Instant written = passage_of(ring_.connection(slot).writes(), state.request_end - 1);
    const Instant arrived = passage_of(ring_.connection(slot).arrivals(), state.reply_end - 1);
    EXPECT_EQ(sample->network_and_server, arrived - written);
    EXPECT_EQ(sample->receive_queueing, state.handled - arrived);
  }

  World& world_;
  SimTimeline timeline_;
  SimNetwork network_;
  SimRing ring_;
  Sockets<SimRing> sockets_;
  SocketAddress address_;
  std::array<State, 8> states_;
  std::array<std::byte, kRequestBytes> request_{};
  ProbeCounters counters_;
  std::uint64_t probe_messages_ = 0;
  std::uint64_t exact_stamps_ = 0;
  std::uint64_t open_ = states_.size();
};

static_assert(StampHandler<ProbingClient>);

TEST(StampsSim, WhatIsCalledExactIsExact) {
  for_each_seed(1'500, [](std::uint64_t seed) {
    World world(seed);
    ProbingClient(world).run();
  });
}

TEST(StampsSim, WithoutFaultsEveryMessageIsASample) {
  for_each_seed(40, [](std::uint64_t seed) {
    World world(seed);
    world.faults = SimFaults{};
    world.stamped = 1;
    world.chatter = 0;
    world.ring.receive_buffer_bytes = 1024;
    world.ring.completion_entries = 4096;
    ProbingClient client(world);
    client.run();
    EXPECT_EQ(client.counters().samples, world.ring.slots * world.messages);
    EXPECT_EQ(client.counters().messages(), client.counters().samples);
  });
}

TEST(StampsSim, TheSameSeedGivesTheSameRun) {
  const auto trace = [](std::uint64_t seed) {
    World world(seed);
    ProbingClient client(world);
    client.run();
    return client.trace();
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) EXPECT_EQ(trace(seed), trace(seed)) << seed;
}

// A fault that never happens tests nothing.
TEST(StampsSim, EveryReasonIsMet) {
  ProbeCounters met;
  SocketCounters sockets;
  std::uint64_t exact_stamps = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    World world(seed);
    ProbingClient client(world);
    client.run();
    met += client.counters();
    sockets.stamp_rearms += client.socket_counters().stamp_rearms;
    sockets.stamps_refused += client.socket_counters().stamps_refused;
    exact_stamps += client.exact_stamps();
  }
  EXPECT_GT(met.samples, 1'000u);
  EXPECT_GT(met.no_transmit_stamp, 100u);
  EXPECT_GT(met.no_receive_stamp, 100u);
  EXPECT_GT(met.crowded, 100u);
  EXPECT_GT(met.stepped, 100u);
  EXPECT_GT(met.unanswered, 0u);
  EXPECT_EQ(met.out_of_order, 0u);
  EXPECT_GT(sockets.stamp_rearms, 100u);
  EXPECT_GT(sockets.stamps_refused, 10u);
  EXPECT_GT(exact_stamps, 10'000u);
}

}  // namespace
}  // namespace ringstorm
