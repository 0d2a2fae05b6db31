// Sockets over a simulated kernel: a client that connects, sends, receives, pauses and gives up at random,
// under thousands of seeds.
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "io/sockets.h"
#include "sim/sim_ring.h"
#include "sim/sim_seeds.h"

namespace ringstorm {
namespace {

/// The byte at a place of a connection's stream, the same for whoever computes it.
std::byte stream_byte(std::uint64_t connection, bool from_client, std::uint64_t place) {
  return static_cast<std::byte>(connection * 59 + from_client * 101 + place + (place >> 8) * 7);
}

void write_stream(std::span<std::byte> out, std::uint64_t connection, bool from_client, std::uint64_t place) {
  for (std::byte& byte : out) byte = stream_byte(connection, from_client, place++);
}

bool is_stream(std::span<const std::byte> bytes, std::uint64_t connection, bool from_client,
               std::uint64_t place) {
  return std::ranges::all_of(
      bytes, [&](std::byte byte) { return byte == stream_byte(connection, from_client, place++); });
}

SocketAddress address_of(std::uint32_t connection) {
  SocketAddress address;
  auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(connection);
  address.length = sizeof in;
  return address;
}

std::uint32_t connection_of(const SocketAddress& address) {
  return ntohl(reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr.s_addr);
}

/// How much each side says.
struct Script {
  std::uint64_t client_bytes;
  std::uint64_t peer_bytes;
  Script(std::uint64_t seed, std::uint32_t connection) {
    Prng prng(seed ^ std::uint64_t{connection} << 32);
    client_bytes = prng.below(2'000);
    peer_bytes = prng.below(2'000);
  }
};

/// What a peer saw; outlives it.
struct PeerRecord {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  bool wrong_bytes = false;
  bool finished = false;
  bool was_reset = false;
};

class StreamPeer : public SimPeer {
 public:
  StreamPeer(SimConnection& connection, std::uint32_t id, const Script& script, PeerRecord& record)
      : connection_(connection), id_(id), script_(script), record_(record) {}

  void on_connected() override { say_more(); }
  void on_bytes(std::span<std::byte> bytes) override {
    record_.wrong_bytes = record_.wrong_bytes || !is_stream(bytes, id_, true, record_.received);
    record_.received += bytes.size();
    if (chance(connection_.prng(), connection_.faults().peer_stalls)) connection_.stall(milliseconds(3));
  }

 private:
  void say_more() {
    Prng& prng = connection_.prng();
    if (record_.sent == script_.peer_bytes) return;
    std::string piece(std::min<std::uint64_t>(1 + prng.below(1'500), script_.peer_bytes - record_.sent), ' ');
    write_stream(std::as_writable_bytes(std::span(piece)), id_, false, record_.sent);
    record_.sent += piece.size();
    connection_.send(piece);
    if (chance(prng, connection_.faults().peer_ends)) {
      record_.finished = true;
      return connection_.finish();
    }
    if (chance(prng, connection_.faults().peer_resets)) {
      record_.was_reset = true;
      return connection_.reset();
    }
    connection_.later(between(prng, Duration{0}, microseconds(500)), [this] { say_more(); });
  }

  SimConnection& connection_;
  std::uint32_t id_;
  Script script_;
  PeerRecord& record_;
};

/// A run's choices, all from its seed.
struct World {
  std::uint64_t seed;
  Prng prng{seed};
  SimFaults faults = SimFaults::swarm(prng);
  SimRingOptions ring = choose_ring();
  std::uint32_t connections = 1 + static_cast<std::uint32_t>(prng.below(30));
  double impatience = chance(prng, 0.5) ? 0 : prng.unit() * 0.05;
  bool back_pressure =
      chance(prng, 0.3);  ///< reads nothing while it has something to send, as an echoing server does
  Duration patience = milliseconds(one_of({0, 1, 100}));
  double laziness = chance(prng, 0.5) ? 0 : prng.unit();
  double pauses = chance(prng, 0.5) ? 0 : prng.unit();
  double stamped = chance(prng, 0.5) ? 0 : prng.unit();  ///< sockets whose stamps nobody listens to

  explicit World(std::uint64_t s) : seed(s) {}

  template <class T, std::size_t N>
  T one_of(const T (&choices)[N]) {
    return choices[prng.below(N)];
  }
  SimRingOptions choose_ring() {
    return {.slots = one_of({1U, 3U, 16U}),
            .receive_buffers = one_of({1U, 2U, 8U, 64U}),
            .receive_buffer_bytes = one_of({1U, 16U, 128U, 4096U}),
            .completion_entries = one_of({1U, 2U, 16U, 4096U}),
            .most_turns = 300'000};
  }
  SimNetworkOptions network() {
    return {.least_delay = microseconds(1),
            .most_delay = microseconds(one_of({1, 50, 1'000})),
            .window_bytes = one_of({1UL, 500UL, 64'000UL})};
  }
};

class RandomClient {
 public:
  explicit RandomClient(World& world)
      : world_(world),
        network_(timeline_, world.faults, world.network(), world.prng.next(),
                 [this](const SocketAddress& address, SimConnection& connection) {
                   return make_peer(address, connection);
                 }),
        ring_(world.ring, network_, world.prng.next()),
        sockets_(ring_, world.ring.slots),
        states_(world.ring.slots),
        addresses_(world.connections) {
    for (std::uint32_t id = 0; id < world.connections; ++id) addresses_[id] = address_of(id);
  }

  void run() {
    for (Slot slot = 0; slot < world_.ring.slots; ++slot) open_next(slot);
    while (open_ > 0) {
      sockets_.submit_and_wait({.until = std::min(next_timer(), next_look()),
                                .completions = 1 + static_cast<std::uint32_t>(world_.prng.below(4)),
                                .at_most_after_first = microseconds(20)});
      sockets_.deliver(*this);
      run_timers();
    }
    EXPECT_EQ(opened_, world_.connections);
    EXPECT_EQ(closed_, opened_);
    EXPECT_LE(sockets_.counters().late_completions, ring_.stale_completions());
    ring_.check_idle();
    timeline_.run_until(timeline_.now() + seconds(10));
    for (const Ended& end : ended_) judge(end);
  }
  std::uint64_t trace() const { return ring_.trace(); }
  const SocketCounters& counters() const { return sockets_.counters(); }
  std::uint64_t overflows() const { return ring_.overflows(); }
  std::uint64_t complete() const { return complete_; }

  // The handler.
  void on_connected(Slot slot) {
    State& state = expect_open(slot);
    EXPECT_FALSE(state.connected);
    state.connected = true;
    state.give_up_at = kNever;
    go_on(slot);
  }
  void on_connect_failed(Slot slot, Failure failure) {
    EXPECT_FALSE(expect_open(slot).connected);
    EXPECT_TRUE(failure);
    close(slot);
  }
  void on_accepted(Slot) { FAIL() << "nobody listens"; }
  void on_received(Slot slot, std::span<std::byte> bytes) {
    State& state = expect_open(slot);
    EXPECT_TRUE(state.connected);
    EXPECT_FALSE(bytes.empty());
    EXPECT_TRUE(is_stream(bytes, state.end.connection, false, state.end.received));
    state.end.received += bytes.size();
    std::ranges::fill(bytes, std::byte{0});  // they are ours until we return
    if (impatient(slot)) return;
    if (world_.back_pressure && sockets_.sending(slot)) {
      sockets_.pause_receiving(slot);
    } else if (chance(world_.prng, world_.pauses)) {
      pause(slot);
    }
    go_on(slot);
  }
  void on_sent(Slot slot) {
    State& state = expect_open(slot);
    state.lazy = false;
    state.end.sent = state.end.asked_to_send;
    std::ranges::fill(state.piece, std::byte{0xEE});  // ours again
    if (impatient(slot)) return;
    if (world_.back_pressure) resume(slot);
    go_on(slot);
  }
  void on_ended(Slot slot, Failure failure) {
    State& state = expect_open(slot);
    EXPECT_TRUE(state.connected);
    EXPECT_TRUE(failure);
    EXPECT_FALSE(state.end.failure) << "told twice";
    state.end.failure = failure;
    close(slot);
  }
  void on_closed(Slot slot) {
    State& state = states_[slot];
    EXPECT_TRUE(state.open && state.closing);
    std::ranges::fill(state.piece, std::byte{0xEE});
    ended_.push_back(state.end);
    state = State{};
    ++closed_;
    --open_;
    open_next(slot);
  }

 private:
  struct Ended {
    std::uint32_t connection = 0;
    std::uint64_t received = 0;
    std::uint64_t asked_to_send = 0;
    std::uint64_t sent = 0;
    bool everything = false;
    Failure failure = {};
  };
  struct State {
    bool open = false;
    bool connected = false;
    bool closing = false;
    bool lazy = false;  ///< sends lazily
    Instant give_up_at = kNever;
    Instant resume_at = kNever;
    std::vector<std::byte> piece;
    Ended end = {};
  };

  std::unique_ptr<SimPeer> make_peer(const SocketAddress& address, SimConnection& connection) {
    const std::uint32_t id = connection_of(address);
    return std::make_unique<StreamPeer>(connection, id, Script(world_.seed, id), peers_[id]);
  }

  State& expect_open(Slot slot) {
    State& state = states_[slot];
    EXPECT_TRUE(state.open && !state.closing) << "told something after closing";
    return state;
  }

  void open_next(Slot slot) {
    if (opened_ == world_.connections) return;
    State& state = states_[slot];
    state.open = true;
    state.end.connection = opened_++;
    state.give_up_at = timeline_.now() + world_.patience;
    ++open_;
    const bool stamped = chance(world_.prng, world_.stamped);
    sockets_.connect(slot, addresses_[state.end.connection], stamped ? Stamping::on : Stamping::off);
    if (chance(world_.prng, world_.impatience)) close(slot);
  }
  void close(Slot slot) {
    states_[slot].closing = true;
    states_[slot].give_up_at = states_[slot].resume_at = kNever;
    sockets_.close(slot);
  }
  bool impatient(Slot slot) {
    if (!chance(world_.prng, world_.impatience)) return false;
    close(slot);
    return true;
  }
  void pause(Slot slot) {
    sockets_.pause_receiving(slot);
    states_[slot].resume_at = timeline_.now() + between(world_.prng, Duration{0}, milliseconds(1));
    if (chance(world_.prng, 0.2)) resume(slot);
  }
  void resume(Slot slot) {
    states_[slot].resume_at = kNever;
    sockets_.resume_receiving(slot);
  }

  // Sends the next piece, or closes when both streams are through.
  void go_on(Slot slot) {
    State& state = states_[slot];
    if (sockets_.sending(slot)) return;
    const Script script(world_.seed, state.end.connection);
    if (state.end.asked_to_send < script.client_bytes) {
      state.piece.resize(std::min<std::uint64_t>(1 + world_.prng.below(1'500),
                                                 script.client_bytes - state.end.asked_to_send));
      write_stream(state.piece, state.end.connection, true, state.end.asked_to_send);
      state.end.asked_to_send += state.piece.size();
      state.lazy = chance(world_.prng, world_.laziness);
      return sockets_.send(slot, state.piece, state.lazy ? Notice::lazy : Notice::prompt);
    }
    if (state.end.received < script.peer_bytes) return;
    state.end.everything = true;
    ++complete_;
    close(slot);
  }

  // A lazy send's end is no reason to wake up: whoever waits for nothing else has to look.
  Instant next_look() const {
    const bool lazy =
        std::any_of(states_.begin(), states_.end(), [](const State& state) { return state.lazy; });
    return lazy ? timeline_.now() + milliseconds(1) : kNever;
  }
  Instant next_timer() const {
    return std::accumulate(states_.begin(), states_.end(), kNever, [](Instant first, const State& state) {
      return std::min({first, state.give_up_at, state.resume_at});
    });
  }
  void run_timers() {
    for (Slot slot = 0; slot < world_.ring.slots; ++slot) {
      if (states_[slot].give_up_at <= timeline_.now()) close(slot);
      if (states_[slot].resume_at <= timeline_.now()) resume(slot);
    }
  }

  // What each end says about the other must agree.
  void judge(const Ended& end) {
    const PeerRecord& peer = peers_[end.connection];
    EXPECT_FALSE(peer.wrong_bytes);
    EXPECT_LE(peer.received, end.asked_to_send);
    EXPECT_LE(end.received, peer.sent);
    const bool peer_stayed = !peer.finished && !peer.was_reset;
    if (peer_stayed) {
      EXPECT_GE(peer.received, end.sent);
    }
    if (end.everything && peer_stayed) {
      EXPECT_EQ(peer.received, end.asked_to_send);
    }
    if (end.failure.cause == Cause::connection_closed) {
      EXPECT_EQ(end.received, peer.sent) << "an end of stream comes after all bytes";
    }
    if (end.failure) {
      EXPECT_FALSE(peer_stayed) << to_string(end.failure);
    }
  }

  World& world_;
  SimTimeline timeline_;
  SimNetwork network_;
  SimRing ring_;
  Sockets<SimRing> sockets_;
  std::vector<State> states_;
  std::vector<SocketAddress> addresses_;
  std::map<std::uint32_t, PeerRecord> peers_;
  std::vector<Ended> ended_;
  std::uint32_t opened_ = 0;
  std::uint32_t closed_ = 0;
  std::uint32_t open_ = 0;
  std::uint64_t complete_ = 0;
};

TEST(SocketsSim, KeepTheirPromisesUnderFaults) {
  for_each_seed(4'000, [](std::uint64_t seed) {
    World world(seed);
    RandomClient(world).run();
  });
}

TEST(SocketsSim, EverythingArrivesWhenNothingFails) {
  for_each_seed(40, [](std::uint64_t seed) {
    World world(seed);
    world.faults = SimFaults{};
    world.impatience = 0;
    world.patience = seconds(1);
    RandomClient client(world);
    client.run();
    EXPECT_EQ(client.complete(), world.connections);
  });
}

// A sender that waits for its bytes to leave before it reads on must hear that they never will.
TEST(SocketsSim, AResetIsToldToASenderThatDoesNotRead) {
  for_each_seed(200, [](std::uint64_t seed) {
    World world(seed);
    world.faults = SimFaults{
        .short_send = 0.3, .late_send = 0.3, .late_completion = 0.8, .peer_resets = 0.3, .peer_stalls = 0.3};
    world.back_pressure = true;
    world.pauses = 0;
    world.ring.receive_buffer_bytes = 128;
    RandomClient(world).run();
  });
}

TEST(SocketsSim, TheSameSeedGivesTheSameRun) {
  const auto trace = [](std::uint64_t seed) {
    World world(seed);
    RandomClient client(world);
    client.run();
    return client.trace();
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) EXPECT_EQ(trace(seed), trace(seed)) << seed;
  EXPECT_NE(trace(1), trace(2));
}

// A fault that never happens tests nothing.
TEST(SocketsSim, TheFaultsAreMet) {
  SocketCounters met;
  std::uint64_t overflows = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    World world(seed);
    RandomClient client(world);
    client.run();
    met.receive_rearms += client.counters().receive_rearms;
    met.out_of_buffers += client.counters().out_of_buffers;
    met.short_sends += client.counters().short_sends;
    met.late_completions += client.counters().late_completions;
    overflows += client.overflows();
  }
  EXPECT_GT(met.receive_rearms, 1'000u);
  EXPECT_GT(met.out_of_buffers, 100u);
  EXPECT_GT(met.short_sends, 1'000u);
  EXPECT_GT(met.late_completions, 10u);
  EXPECT_GT(overflows, 100u);
}

}  // namespace
}  // namespace ringstorm
