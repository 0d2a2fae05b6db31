// What a shard's connections say and hear when their scenario has sessions: each plays its script, message by
// message, and everything is counted and timed as for the single message. It knows no ring and no socket, and
// never reads a clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/fifo.h"
#include "connection/connection.h"
#include "session/interpreter.h"
#include "shard/alarms.h"
#include "shard/close_wish.h"
#include "shard/deliveries.h"
#include "shard/echoes.h"
#include "shard/feeder_rows.h"
#include "shard/gathering.h"
#include "shard/script_part.h"
#include "shard/traffic.h"

namespace ringstorm {

/// For the load, a pass through a session's steps is what a message is without sessions: one at a time on
/// each connection, begun by an arrival, or by the end of the one before.
class ScriptTraffic : public Traffic {
 public:
  /// Takes all its memory; nothing below allocates.
  ScriptTraffic(const Plan& plan, std::uint32_t shard, Slices& slices, LazyArray<Lane>& lanes,
                const ClockReader& clock);

  // ---- when

  void start(Instant at);
  Instant next_timeout() { return alarms_.next(); }
  bool idle() const { return mode_ >= Mode::finishing && playing_ == 0 && is_quiet_ && Traffic::idle(); }
  void give_up(Instant now);

  // ---- who

  void joined(Slot slot, Lane& lane, const std::optional<DeflateAgreement>& deflate, Instant now);
  void retire(Slot slot, Lane& lane, Instant now);
  bool busy(const Lane& lane) const { return part_of(lane).stage != ScriptPart::Stage::done; }
  /// Whether the slot, whose connection is gone, is kept for the next one of its session.
  bool comes_back(Slot slot, const Lane& lane, Instant now);
  /// One whose time has come to be connected again.
  std::optional<Slot> next_return();
  /// Somebody may, so that a shard without connections is not at its end.
  bool reconnects() const { return reconnects_; }
  /// Nobody comes back any more: calls `gone(slot)` for each that waited.
  template <class Gone>
  void forget_returns(Gone gone) {
    ends_ = true;
    for (Slot slot = 0; returning_ > 0 && slot < parts_.size(); ++slot) {
      if (!parts_[slot].comes_back) continue;
      parts_[slot].comes_back = false;
      --returning_;
      gone(slot);
    }
  }

  // ---- what

  template <class Wanted>
  void hand_out(Instant now, Wanted wanted) {
    while (const std::optional<Slot> slot = alarms_.take_due(now)) {
      ring(*slot, now);
      wanted(*slot);
    }
    Traffic::hand_out(now, [&](Slot slot) {
      proceed(slot, lanes_[slot], now);
      wanted(slot);
    });
    if (mode_ >= Mode::finishing && !is_quiet_) await_quiet(now);
    const bool sends_no_more = mode_ == Mode::finishing && queued_ == 0 && scheduled() == kNever;
    if (sends_no_more && !wound_up_) wind_up(now, wanted, [this](Slot slot) { return !only_listens(slot); });
    wound_up_ = wound_up_ || sends_no_more;
    if (wound_up_ && is_quiet_ && !all_wound_up_) {
      all_wound_up_ = true;
      wind_up(now, wanted, [this](Slot slot) { return deliveries_.subscribes(parts_[slot].play.session); });
    }
  }
  std::uint32_t due(const Lane& lane, Instant now) const;
  std::size_t write_rest(Slot slot, Lane& lane, std::span<std::byte> room, Instant now, SecureRandom& random);
  std::size_t write_due(Slot slot, Lane& lane, std::span<std::byte> room, Instant now, SecureRandom& random);
  /// A piece of a message came in. True when the connection has to be given up for it.
  bool take_piece(Slot slot, Lane& lane, const ConnectionEvent& piece);
  void on_message(Slot slot, Lane& lane, Instant now);
  void on_pong(Slot slot, Lane& lane, std::span<const std::byte> payload, Instant now);

  // ---- ends

  /// What the session wants to close its open connection with, once it does.
  std::optional<CloseWish> close_wish(Slot slot, Lane& lane, Instant now);
  /// What goes with the close that a step asked for.
  std::string_view close_reason(Slot slot) const;
  void closed(Slot slot, Lane& lane, Instant now, std::uint16_t code);
  void lost(Slot slot, Lane& lane, Instant now);
  void drop_begun(Lane& lane, Instant now);
  void let_go(Slot slot, Lane& lane, Instant now);

  bool expects_replies() const { return true; }
  /// What was counted of stamped messages for the end of the run; once, after the last turn.
  FanOutTally take_tally();

 private:
  using Stage = ScriptPart::Stage;

  Slot slot_of(const Lane& lane) const { return static_cast<Slot>(&lane - lanes_.data()); }
  const ScriptPart& part_of(const Lane& lane) const { return parts_[slot_of(lane)]; }
  PlayRef ref(Slot slot);
  const SessionScript& session_of(const ScriptPart& part) const {
    return script_.sessions[part.play.session];
  }
  SessionMeasurements& session_measured(const ScriptPart& part) {
    return measured().sessions[part.play.session];
  }
  std::span<Place> unanswered_of(Slot slot);
  const ScriptMessage& message_of(const ScriptPart& part) const {
    return script_.messages[interpreter_.instruction(part.play).index];
  }
  /// Something waits to be sent back.
  bool has_echo(Slot slot, const ScriptPart& part) const {
    return part.play.doing == Doing::echo && !echoes_.empty(slot);
  }

  void proceed(Slot slot, Lane& lane, Instant now);
  bool next_block(Slot slot, Lane& lane, ScriptPart& part, Instant now);
  bool begin_pass(Slot slot, Lane& lane, ScriptPart& part, Instant now);
  void end_pass(Slot slot, Lane& lane, ScriptPart& part, Instant now);
  bool close_down(ScriptPart& part);
  void cast(Slot slot, ScriptPart& part);
  void feed(Slot slot, ScriptPart& part);
  void finish_part(ScriptPart& part);
  bool may_leave(const ScriptPart& part) const;
  /// Subscribers go on listening until nothing more arrives.
  bool only_listens(Slot slot) const {
    const std::uint16_t session = parts_[slot].play.session;
    return deliveries_.subscribes(session) && !deliveries_.publishes(session);
  }
  void await_quiet(Instant now);
  template <class Wanted, class Whether>
  void wind_up(Instant now, Wanted wanted, Whether whether) {
    for (const Slot slot : rotation_) {
      if (!whether(slot)) continue;
      parts_[slot].winds_up = true;
      proceed(slot, lanes_[slot], now);
      wanted(slot);
    }
  }

  void ring(Slot slot, Instant now);
  void time_out(Slot slot, ScriptPart& part);
  void set_alarm(Slot slot, const ScriptPart& part);

  void begin_message(Slot slot, Lane& lane, ScriptPart& part, Instant now);
  std::span<const std::byte> payload_of(Slot slot, const ScriptPart& part);
  void fill(Slot slot, const ScriptMessage& message);
  std::size_t write_ping(Slot slot, ScriptPart& part, std::span<std::byte> room, Instant now,
                         SecureRandom& random);
  void written(Slot slot, Lane& lane, ScriptPart& part, std::uint64_t bytes, Instant now);
  void keep_place(Slot slot, ScriptPart& part, const Place& place);
  std::optional<Place> take_place(Slot slot, ScriptPart& part);
  void answer(Slot slot, Lane& lane, ScriptPart& part, Instant now);
  void end(Slot slot, Lane& lane, ScriptPart& part, Instant now);

  const Script& script_;
  const Interpreter interpreter_;
  LazyArray<ScriptPart> parts_;
  LazyArray<Place> unanswered_;
  LazyArray<std::uint64_t> counters_;
  LazyArray<std::byte> variables_;
  Alarms alarms_;
  Gathering gathering_;
  Echoes echoes_;
  Deliveries deliveries_;
  FeederRows feeders_;
  std::vector<std::uint64_t> rows_;  ///< that were last taken
  Fifo<Slot> returns_;               ///< whose time to come back has come
  std::vector<std::byte> scratch_;   ///< a filled message
  std::vector<std::string_view> values_;
  std::size_t filled_bytes_ = 0;
  Slot filled_ = Lane::kNone;  ///< whose message is in the scratch
  const bool reconnects_;
  std::uint64_t playing_ = 0;    ///< connections that are up and not done
  std::uint64_t returning_ = 0;  ///< slots kept for a next connection
  bool wound_up_ = false;        ///< those that send anything
  bool all_wound_up_ = false;    ///< those that only listen, too
  bool is_quiet_ = false;        ///< nothing more is on its way to subscribers, or nobody waits for it
  Instant finished_ = kNever;    ///< when that began to be waited for
  bool ends_ = false;            ///< nobody comes back
};

}  // namespace ringstorm
