// One shard of the embedded server, over any completion ring: takes in connections, gives them their bytes,
// sends what they have queued with one send each at the end of a turn, holds back those that do not read, and
// ends those whose time is over. Performs the part of a fault plan that is about time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "io/ring.h"
#include "io/sockets.h"
#include "server/client_wire.h"
#include "server/connection.h"
#include "server/counts_board.h"
#include "server/deadlines.h"
#include "server/rooms.h"
#include "server/slot_table.h"

namespace ringstorm {

/// When a connection with unsent output is not read from any more, and when again. What is on its way into
/// the process when receiving pauses still arrives: for all connections together no more than the ring's
/// receive buffers hold.
struct OutputLimits {
  std::uint64_t pause_above = std::uint64_t{256} * 1024;
  std::uint64_t give_up_above =
      std::uint64_t{64} * 1024 * 1024;  ///< far beyond what can still arrive: the connection ends
  /// Replies that wait because a fault plan wants them to: a limit of their own, since reading on is what
  /// makes each of them wait from when its message came.
  std::uint64_t pause_above_waiting = std::uint64_t{4} * 1024 * 1024;
  /// When the whole shard has this much unsent, connections pause at `crowded_pause_above`.
  std::uint64_t crowded_above = std::uint64_t{512} * 1024 * 1024;
  std::uint64_t crowded_pause_above = std::uint64_t{16} * 1024;
  /// A member of a room that is further behind what it was told ends, so that no receiver holds up the others
  /// and memory stays bounded; when the shard is crowded, much sooner.
  std::uint64_t room_give_up_above = std::uint64_t{32} * 1024 * 1024;
  std::uint64_t crowded_room_give_up_above = std::uint64_t{64} * 1024;
};

/// A shard's place among the others, and what they share. All pointers outlive the server.
struct ServerShardOptions {
  std::size_t shard = 0;
  std::size_t shards = 1;
  CountsBoard* board = nullptr;            ///< null: requests for the counts get no answer
  Laboratory* laboratory = nullptr;        ///< null: nothing is done wrong
  const std::string* expected = nullptr;   ///< what every message is to hold; null: anything
  const DeflateTerms* deflate = nullptr;   ///< null: permessage-deflate is declined
  TransportFactory* stages = nullptr;      ///< what each connection begins with; null: plain TCP
  Duration upgrade_timeout = seconds(10);  ///< for a stage to open and the request to be complete
};

template <ResettingRing Ring>
class EchoServer {
 public:
  /// The ring's table has `slots` slots.
  EchoServer(Ring& ring, ServerMode mode, std::uint64_t max_message_bytes, std::uint32_t slots,
             const ServerShardOptions& options = {}, const OutputLimits& limits = {})
      : ring_(ring),
        sockets_(ring, slots),
        options_(options),
        limits_(limits),
        clients_(slots),
        rooms_(mode == ServerMode::broadcast ? slots : 0),
        now_(ring.now()) {
    context_.mode = mode;
    context_.rules.max_message_bytes =
        broadcasts() ? std::min(max_message_bytes, RoomVoice::kMostMessageBytes) : max_message_bytes;
    context_.deflate_rules.max_message_bytes = max_message_bytes;
    // What one has said goes to others as it came, and they may have agreed to something else.
    if (options.deflate != nullptr && !broadcasts())
      context_.deflate = &deflate_.emplace(*options.deflate, slots);
    context_.expected = options.expected;
    context_.laboratory = options.laboratory;
    context_.next_number = options.shard;
    context_.number_step = options.shards;
    if (options.stages != nullptr) scratch_.resize(TransportStage::kScratchBytes);
    context_.scratch = scratch_;
    dirty_.reserve(slots);
  }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;
  /// The ring must have ended before, or connections() be 0: the kernel may still be reading what is being
  /// sent.
  ~EchoServer() {
    clients_.for_each([this](Slot, Client& client) { release(client); });
  }

  void listen(int listener) { sockets_.accept(listener); }

  /// Hands everything to the kernel, waits until something has happened, `until` at the latest, and deals
  /// with it.
  void turn(Instant until) {
    const Instant at = wake_at(until);
    sockets_.submit_and_wait(Wait{.until = at, .completions = at > now_ ? 1U : 0U});
    look_at_clock();
    sockets_.deliver(*this);
    deadlines_.take_due(now_, [this](const Deadlines::Entry& entry) { expire(entry); });
    if (options_.laboratory != nullptr)
      wakes_.take_due(now_, [this](const Deadlines::Entry& entry) { wake(entry); });
    settle_all();
    if (options_.board != nullptr) show_counts();
  }

  /// When the stall that the plan has for this very moment ends: until then there is to be no turn. Nothing
  /// when there is none.
  std::optional<Instant> stalled_until() {
    if (options_.laboratory == nullptr) return std::nullopt;
    const auto end = options_.laboratory->stall_end(ring_.now());
    if (end && *end != last_stall_end_) {
      last_stall_end_ = *end;
      ++context_.counts.faults.stalls;
    }
    return end;
  }

  /// Close 1001 to everybody; who comes now is sent away at once.
  void go_away() {
    going_away_ = true;
    look_at_clock();
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
    client.wire.begin(options_.stages);
    set_deadline(slot, client);
    if (!going_away_) return;
    client.connection.go_away(context_);
    touch(slot, client);
  }
  void on_received(Slot slot, std::span<std::byte> bytes) {
    Client& client = clients_[slot];
    if (options_.laboratory != nullptr) {
      receive_in_laboratory(client, bytes);
    } else {
      client.wire.receive(bytes, client.connection, context_);
    }
    touch(slot, client);
    if (broadcasts()) tell_room(slot, client);
  }
  void on_sent(Slot slot) {
    Client& client = clients_[slot];
    client.wire.finish_send(client.connection, context_);
    touch(slot, client);
  }
  void on_ended(Slot slot, Failure failure) {
    Client& client = clients_[slot];
    client.wire.receive_end(failure.cause == Cause::connection_closed, client.connection, context_);
    touch(slot, client);
  }
  void on_closed(Slot slot) {
    release(clients_[slot]);
    clients_.erase(slot);
    if (broadcasts()) rooms_.leave(slot);
    std::erase_if(askers_, [slot](const Asker& asker) { return asker.slot == slot; });
  }

 private:
  using Phase = ServerConnection::Phase;

  struct Client {
    ClientWire wire;
    ServerConnection connection;
    Instant deadline = kNever;
    Instant wake = kNever;                 ///< for what the plan has for it
    Instant read_again = Instant::min();   ///< it is to be read slowly, and not before then
    Phase timed_phase = Phase::upgrading;  ///< what the deadline is for
    bool touched = false;
    bool paused = false;
  };
  static_assert(sizeof(Client) <= 360, "there are tens of thousands of them");

  /// A connection that waits for the counts of all shards.
  struct Asker {
    Slot slot;
    std::uint64_t question;
  };
  static constexpr Duration kAskerPoll = milliseconds(1);
  /// A thread that sleeps wakes late, by 40 to 85 us on a virtual machine, and a delay is to be as long as
  /// the plan says: so the last of it is spent polling.
  static constexpr Duration kWakeEarly = microseconds(100);

  Duration time_for(Phase phase) const {
    switch (phase) {
      case Phase::upgrading: return options_.upgrade_timeout;
      case Phase::asking: return seconds(10);
      case Phase::closing:
      case Phase::leaving:
      case Phase::resetting:
      case Phase::failing: return seconds(5);
      case Phase::lingering: return milliseconds(100);
      case Phase::open:
      case Phase::finished:
      case Phase::closed: break;
    }
    return Duration::max();
  }

  void look_at_clock() {
    now_ = ring_.now();
    context_.now = now_;
  }

  Instant wake_at(Instant until) const {
    Instant at = std::min(until, deadlines_.next());
    if (options_.laboratory != nullptr)
      at = std::min({at, wakes_.next() - kWakeEarly, options_.laboratory->next_stall(now_)});
    return askers_.empty() ? at : std::min(at, now_ + kAskerPoll);
  }

  void receive_in_laboratory(Client& client, std::span<std::byte> bytes) {
    const std::uint64_t before = context_.counts.messages;
    const std::size_t size = bytes.size();
    client.wire.receive(bytes, client.connection, context_);
    const FaultPlan& plan = options_.laboratory->plan();
    if (plan.burn > Duration{0}) burn(context_.counts.messages - before, plan.burn);
    if (!client.connection.is_slow()) return;
    const double seconds = static_cast<double>(size) / static_cast<double>(plan.slow_read->bytes_per_second);
    client.read_again = std::max(client.read_again, now_) + nanoseconds(std::llround(seconds * 1e9));
  }

  bool broadcasts() const { return context_.mode == ServerMode::broadcast; }

  void tell_room(Slot slot, Client& client) {
    if (!client.connection.has_room()) return;
    if (!rooms_.contains(slot)) {
      rooms_.join(slot, client.connection.room());
      context_.counts.most_rooms = std::max<std::uint64_t>(context_.counts.most_rooms, rooms_.size());
    }
    for (const RoomFrame& frame : context_.said) {
      for (const Slot member : rooms_.with(slot)) tell(member, clients_[member], frame);
    }
    context_.said.clear();
  }

  void tell(Slot slot, Client& client, const RoomFrame& frame) {
    ServerConnection& connection = client.connection;
    if (connection.phase() != Phase::open) return;
    const bool crowded = context_.pool.bytes_in_use() > limits_.crowded_above;
    const std::uint64_t limit = crowded ? limits_.crowded_room_give_up_above : limits_.room_give_up_above;
    if (connection.output().bytes() > limit) {
      give_up(connection);
    } else {
      connection.hear(frame, context_);
      ++context_.counts.deliveries;
    }
    touch(slot, client);
  }

  // Costs the processor what a slower server would, for the messages of one receive.
  void burn(std::uint64_t messages, Duration each) {
    context_.counts.faults.burned_messages += messages;
    const Instant end = ring_.now() + static_cast<std::int64_t>(messages) * each;
    while (ring_.now() < end) {
    }
  }

  // An entry is a hint, as in expire().
  void wake(const Deadlines::Entry& entry) {
    if (!clients_.contains(entry.slot)) return;
    Client& client = clients_[entry.slot];
    if (client.wake != entry.at) return;
    client.wake = kNever;
    touch(entry.slot, client);
  }

  void plan_wake(Slot slot, Client& client) {
    Instant at = client.connection.next_due();
    if (client.read_again > now_) at = std::min(at, client.read_again);
    if (at == client.wake) return;
    client.wake = at;
    if (at != kNever) wakes_.add(at, slot);
  }

  void show_counts() {
    if (const std::uint64_t asked = options_.board->asked(); asked != shown_for_) {
      shown_for_ = asked;
      options_.board->leave(options_.shard, asked, {counts(), rows()});
    }
    if (!askers_.empty()) answer_askers();
  }

  std::vector<ConnectionRow> rows() {
    std::vector<ConnectionRow> rows;
    if (!options_.board->wants_rows()) return rows;
    rows = context_.ended.rows();
    std::size_t room = kMostRows;
    clients_.for_each([&](Slot, Client& client) {
      if (!client.connection.is_open() || room == 0) return;
      --room;
      rows.push_back(client.connection.row());
    });
    return rows;
  }

  void answer_askers() {
    std::erase_if(askers_, [this](const Asker& asker) {
      const auto sum = options_.board->answer(asker.question);
      if (!sum) return false;
      Client& client = clients_[asker.slot];
      if (client.connection.phase() == Phase::asking) {
        const bool listed = client.connection.asks_for_rows();
        client.connection.answer(listed ? to_json_line(sum->counts, sum->rows) : to_json_line(sum->counts),
                                 context_);
        touch(asker.slot, client);
      }
      return true;
    });
    settle_all();
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
    if (connection.phase() == Phase::closed) return;
    if (options_.laboratory != nullptr) connection.release_due(context_);
    if (connection.output().bytes() + connection.held_bytes() > limits_.give_up_above) give_up(connection);
    if (connection.phase() == Phase::finished) return close(slot, client);
    if (const auto bytes = client.wire.start_send(connection, context_); !bytes.empty())
      sockets_.send(slot, bytes);
    const bool is_out = client.wire.is_out(connection);
    if (is_out) connection.output_is_out();
    if (connection.phase() == Phase::finished) return close(slot, client);
    if (connection.phase() == Phase::resetting && is_out) return reset(slot, client);
    if (connection.phase() != client.timed_phase) change_phase(slot, client);
    balance(slot, client);
    if (options_.laboratory != nullptr) plan_wake(slot, client);
  }

  void change_phase(Slot slot, Client& client) {
    set_deadline(slot, client);
    if (client.timed_phase == Phase::asking && options_.board != nullptr)
      askers_.push_back({slot, options_.board->ask(client.connection.asks_for_rows())});
  }

  void give_up(ServerConnection& connection) {
    ++context_.counts.too_far_behind;
    connection.give_up(context_);
  }

  void balance(Slot slot, Client& client) {
    const std::uint64_t unsent = client.wire.unsent_bytes(client.connection);
    const bool crowded = context_.pool.bytes_in_use() > limits_.crowded_above;
    const std::uint64_t limit = crowded ? limits_.crowded_pause_above : limits_.pause_above;
    const bool full = unsent > (client.paused ? limit / 2 : limit);
    const bool pause = full || (options_.laboratory != nullptr && held_back_by_plan(client, crowded));
    if (pause == client.paused) return;
    client.paused = pause;
    pause ? sockets_.pause_receiving(slot) : sockets_.resume_receiving(slot);
  }

  bool held_back_by_plan(const Client& client, bool crowded) const {
    const std::uint64_t limit = crowded ? limits_.crowded_pause_above : limits_.pause_above_waiting;
    const std::uint64_t waiting = client.connection.waiting_bytes();
    return client.read_again > now_ || waiting > (client.paused ? limit / 2 : limit);
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

  void release(Client& client) {
    client.wire.release(context_);
    client.connection.release(context_);
  }
  void close(Slot slot, Client& client) {
    if (client.connection.phase() == Phase::closed) return;
    mark_closed(client);
    sockets_.close(slot);
  }
  void reset(Slot slot, Client& client) {
    mark_closed(client);
    sockets_.reset(slot);
  }
  static void mark_closed(Client& client) {
    client.connection.mark_closed();
    client.deadline = kNever;
    client.wake = kNever;
  }

  Ring& ring_;
  Sockets<Ring> sockets_;
  ServerShardOptions options_;
  OutputLimits limits_;
  std::optional<DeflateService> deflate_;
  ServerContext context_;
  std::vector<std::byte> scratch_;
  SlotTable<Client> clients_;
  Rooms rooms_;  ///< in mode broadcast
  Deadlines deadlines_;
  Deadlines wakes_;  ///< for what the plan has for single connections
  std::vector<Slot> dirty_;
  std::vector<Asker> askers_;
  std::uint64_t shown_for_ = 0;  ///< the last question that this shard's copy was made for
  Instant last_stall_end_ = Instant::min();
  Instant now_;
  bool going_away_ = false;
};

}  // namespace ringstorm
