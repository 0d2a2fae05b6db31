// One shard of the embedded server, over any completion ring: takes in connections, gives them their bytes,
// sends what they have queued with one send each at the end of a turn, holds back those that do not read, and
// ends those whose time is over.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "io/ring.h"
#include "io/sockets.h"
#include "server/connection.h"
#include "server/deadlines.h"
#include "server/slot_table.h"

namespace ringstorm {

/// When a connection with unsent output is not read from any more, and when again. What is on its way into
/// the process when receiving pauses still arrives: for all connections together no more than the ring's
/// receive buffers hold.
struct OutputLimits {
  std::uint64_t pause_above = std::uint64_t{256} * 1024;
  std::uint64_t give_up_above =
      std::uint64_t{64} * 1024 * 1024;  ///< far beyond what can still arrive: the connection ends
  /// When the whole shard has this much unsent, connections pause at `crowded_pause_above`.
  std::uint64_t crowded_above = std::uint64_t{512} * 1024 * 1024;
  std::uint64_t crowded_pause_above = std::uint64_t{16} * 1024;
};

template <CompletionRing Ring>
class EchoServer {
 public:
  /// The ring's table has `slots` slots.
  EchoServer(Ring& ring, ServerMode mode, std::uint64_t max_message_bytes, std::uint32_t slots,
             const OutputLimits& limits = {})
      : ring_(ring), sockets_(ring, slots), limits_(limits), clients_(slots), now_(ring.now()) {
    context_.mode = mode;
    context_.rules.max_message_bytes = max_message_bytes;
    dirty_.reserve(slots);
  }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;
  /// The ring must have ended before, or connections() be 0: the kernel may still be reading what is being
  /// sent.
  ~EchoServer() {
    clients_.for_each([this](Slot, Client& client) { client.connection.release(context_); });
  }

  void listen(int listener) { sockets_.accept(listener); }

  /// Hands everything to the kernel, waits until something has happened, `until` at the latest, and deals
  /// with it.
  void turn(Instant until) {
    sockets_.submit_and_wait(Wait{.until = std::min(until, deadlines_.next()), .completions = 1});
    now_ = ring_.now();
    sockets_.deliver(*this);
    deadlines_.take_due(now_, [this](const Deadlines::Entry& entry) { expire(entry); });
    settle_all();
  }

  /// Close 1001 to everybody; who comes now is sent away at once.
  void go_away() {
    going_away_ = true;
    now_ = ring_.now();
    clients_.for_each([this](Slot slot, Client& client) {
      client.connection.go_away(context_);
      touch(slot, client);
    });
    settle_all();
  }
  /// Closes every socket without a word; connections() falls to 0 in the turns to come.
  void close_all() {
    clients_.for_each([this](Slot slot, Client& client) { close(slot, client); });
  }

  std::uint32_t connections() const { return clients_.size(); }  ///< sockets, at whatever stage
  Instant now() const { return now_; }                           ///< of the last turn
  ServerCounts counts() const {
    ServerCounts counts = context_.counts;
    counts.turned_away = sockets_.counters().accepts_without_room;
    counts.peak_output_bytes = context_.pool.peak_bytes_in_use();
    return counts;
  }

  // What Sockets tells. Everything but the bytes themselves waits for the end of the turn.
  void on_connected(Slot) {}
  void on_connect_failed(Slot, Failure) {}
  void on_accepted(Slot slot) {
    ++context_.counts.accepted;
    Client& client = clients_.emplace(slot);
    set_deadline(slot, client);
    if (!going_away_) return;
    client.connection.go_away(context_);
    touch(slot, client);
  }
  void on_received(Slot slot, std::span<std::byte> bytes) {
    Client& client = clients_[slot];
    client.connection.receive(bytes, context_);
    touch(slot, client);
  }
  void on_sent(Slot slot) {
    Client& client = clients_[slot];
    client.connection.finish_send(context_);
    touch(slot, client);
  }
  void on_ended(Slot slot, Failure failure) {
    Client& client = clients_[slot];
    client.connection.receive_end(failure.cause == Cause::connection_closed, context_);
    touch(slot, client);
  }
  void on_closed(Slot slot) {
    clients_[slot].connection.release(context_);
    clients_.erase(slot);
  }

 private:
  using Phase = ServerConnection::Phase;

  struct Client {
    ServerConnection connection;
    Instant deadline = kNever;
    Phase timed_phase = Phase::upgrading;  ///< what the deadline is for
    bool touched = false;
    bool paused = false;
  };
  static_assert(sizeof(Client) <= 300, "there are tens of thousands of them");

  static constexpr Duration time_for(Phase phase) {
    switch (phase) {
      case Phase::upgrading: return seconds(10);
      case Phase::closing:
      case Phase::leaving:
      case Phase::failing: return seconds(5);
      case Phase::lingering: return milliseconds(100);
      case Phase::open:
      case Phase::finished:
      case Phase::closed: break;
    }
    return Duration::max();
  }

  void touch(Slot slot, Client& client) {
    if (client.touched) return;
    client.touched = true;
    dirty_.push_back(slot);
  }

  void settle_all() {
    for (const Slot slot : dirty_) settle(slot, clients_[slot]);
    dirty_.clear();
  }

  // Brings a connection's socket in line with what the turn has made of the connection.
  void settle(Slot slot, Client& client) {
    client.touched = false;
    ServerConnection& connection = client.connection;
    if (connection.output().bytes() > limits_.give_up_above) give_up(connection);
    if (connection.phase() == Phase::finished) return close(slot, client);
    if (connection.phase() == Phase::closed) return;
    if (const auto bytes = connection.start_send(); !bytes.empty()) sockets_.send(slot, bytes);
    if (connection.output().empty()) connection.output_is_out();
    if (connection.phase() == Phase::finished) return close(slot, client);
    if (connection.phase() != client.timed_phase) set_deadline(slot, client);
    balance(slot, client);
  }

  void give_up(ServerConnection& connection) {
    ++context_.counts.too_far_behind;
    connection.give_up(context_);
  }

  void balance(Slot slot, Client& client) {
    const std::uint64_t unsent = client.connection.output().bytes();
    const bool crowded = context_.pool.bytes_in_use() > limits_.crowded_above;
    const std::uint64_t limit = crowded ? limits_.crowded_pause_above : limits_.pause_above;
    if (!client.paused && unsent > limit) {
      client.paused = true;
      sockets_.pause_receiving(slot);
    } else if (client.paused && unsent <= limit / 2) {
      client.paused = false;
      sockets_.resume_receiving(slot);
    }
  }

  void set_deadline(Slot slot, Client& client) {
    client.timed_phase = client.connection.phase();
    const Duration allowed = time_for(client.timed_phase);
    client.deadline = allowed == Duration::max() ? kNever : now_ + allowed;
    if (client.deadline != kNever) deadlines_.add(client.deadline, slot);
  }

  void expire(const Deadlines::Entry& entry) {
    if (!clients_.contains(entry.slot)) return;
    Client& client = clients_[entry.slot];
    if (client.deadline != entry.at) return;
    client.connection.give_up(context_);
    touch(entry.slot, client);
  }

  void close(Slot slot, Client& client) {
    if (client.connection.phase() == Phase::closed) return;
    client.connection.mark_closed();
    client.deadline = kNever;
    sockets_.close(slot);
  }

  Ring& ring_;
  Sockets<Ring> sockets_;
  OutputLimits limits_;
  ServerContext context_;
  SlotTable<Client> clients_;
  Deadlines deadlines_;
  std::vector<Slot> dirty_;
  Instant now_;
  bool going_away_ = false;
};

}  // namespace ringstorm
