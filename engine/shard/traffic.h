// What a shard's connections say and hear: which message is due on which connection, what each reply answers,
// and everything that is counted and timed of messages. It knows no ring and no socket, and never reads a
// clock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/lazy_array.h"
#include "codec/secure_random.h"
#include "connection/connection.h"
#include "load/arrivals.h"
#include "load/shape.h"
#include "load/share.h"
#include "plan/plan.h"
#include "session/session.h"
#include "shard/close_wish.h"
#include "shard/compression.h"
#include "shard/frame_trace.h"
#include "shard/lane.h"
#include "shard/message_texts.h"
#include "shard/slices.h"
#include "shard/turnstile.h"
#include "shard/waiting_room.h"
#include "shard/window.h"

namespace ringstorm {

class Traffic {
 public:
  /// Takes all its memory; nothing below allocates. `clock` is for what cannot be timed by turns.
  Traffic(const Plan& plan, std::uint32_t shard, Slices& slices, LazyArray<Lane>& lanes,
          const ClockReader& clock);

  // ---- when

  void start(Instant at);
  const Window& window() const { return window_; }
  /// Everything that was to be sent has been, or the generator lags beyond the scenario's cap.
  bool over(Instant now) const;
  bool lags_too_much() const { return lags_too_much_; }
  /// An open loop's next message, or when a closed one may go on; kNever when there is none, or nobody and
  /// nowhere to wait for it.
  Instant next_due() const {
    if (rotation_.empty()) return kNever;
    return std::min(turnstile_.next(), room_.full() ? kNever : scheduled());
  }

  /// Nothing becomes due from now on; what is due already may still go. `early`: before the planned end.
  void finish(Instant now, bool early);
  /// Nothing is due, half sent, or awaited any more.
  bool idle() const { return awaited_ == 0 && begun_ == 0 && queued_ == 0 && scheduled() == kNever; }
  /// Whatever is still due stays unsent.
  void give_up(Instant now);
  /// Every reply that will come has come.
  void close_window() { window_.close(last_reply_); }
  /// A run bounded by messages alone has no end of its own when the server stops answering or reading.
  bool stalled(Instant now) const;
  void progressed(Instant now) { last_progress_ = now; }

  // ---- who

  void joined(Slot slot, Lane& lane, const std::optional<DeflateAgreement>& deflate, Instant now);
  /// How what arrives on the connection is to be understood.
  Receiving receiving(Slot slot) { return compression_.receiving(slot, measured().compression); }
  /// It takes no more messages; those that wait for it go to the others.
  void leaves(Lane& lane);
  /// It is to be closed as soon as it is not busy.
  void retire(Slot, Lane& lane, Instant) { leaves(lane); }
  bool busy(const Lane& lane) const {
    return lane.outgoing.begun() || (expects_replies() && lane.session.outstanding() > 0);
  }
  /// The connection that joined last and has not left, to be closed when there are to be fewer.
  std::optional<Slot> last_joined() const;

  // ---- what

  /// Gives each message that has become due to its connection, and calls `wanted(slot)` for it.
  template <class Wanted>
  void hand_out(Instant now, Wanted wanted) {
    if (turnstile_.moves_to(now)) std::ranges::for_each(rotation_, wanted);
    while (const std::optional<Slot> slot = hand_out_next(now)) wanted(*slot);
  }
  /// How many messages the connection may send now.
  std::uint32_t due(const Lane& lane, Instant now) const;
  /// Writes the rest of a begun message, and as many of the due ones as fit; returns the bytes written.
  std::size_t write_rest(Slot slot, Lane& lane, std::span<std::byte> room, Instant now, SecureRandom& random);
  std::size_t write_due(Slot slot, Lane& lane, std::span<std::byte> room, Instant now, SecureRandom& random);
  /// A whole message came in.
  void on_message(Slot slot, Lane& lane, Instant now);

  // ---- ends

  /// A connection ended in good order: what it did not answer stays outstanding.
  void closed(Slot slot, Lane& lane, Instant now, std::uint16_t code);
  /// It ended otherwise: what it did not answer has failed.
  void lost(Slot slot, Lane& lane, Instant now);
  /// The message that was half handed over will never be whole.
  void drop_begun(Lane& lane, Instant now);
  /// It is let go, and what it held is free: the message that was half handed over will never be whole.
  void let_go(Slot slot, Lane& lane, Instant now);

  bool expects_replies() const { return program_.expects_reply; }
  std::uint64_t outstanding() const { return outstanding_; }

  // ---- what only sessions do: here nothing, at no cost

  static void trace_to(const TraceSink*) {}
  static void said(Slot, std::span<const std::byte>) {}  ///< what goes to the server, its upgrade request too
  static void heard(Slot, std::span<const std::byte>) {}  ///< what comes from it
  static bool take_piece(Slot, const Lane&, const ConnectionEvent&) { return false; }
  static void on_pong(Slot, const Lane&, std::span<const std::byte>, Instant) {}
  static std::optional<CloseWish> close_wish(Slot, const Lane&, Instant) { return std::nullopt; }
  static std::string_view close_reason(Slot) { return {}; }
  static Instant next_timeout() { return kNever; }
  static bool comes_back(Slot, const Lane&, Instant) { return false; }
  static std::optional<Slot> next_return() { return std::nullopt; }
  static bool reconnects() { return false; }
  static FanOutTally take_tally() { return {}; }
  template <class Gone>
  static void forget_returns(Gone) {}

 protected:
  Traffic(const Plan& plan, std::uint32_t shard, Slices& slices, LazyArray<Lane>& lanes,
          const ClockReader& clock, const Program& program);

  enum class Mode : std::uint8_t { before, sending, finishing, stopped };

  Instant scheduled() const { return next_arrival_ > schedule_end_ ? kNever : next_arrival_; }
  Measurements& measured() { return slices_.measured(); }
  Counters& counters() { return measured().counters; }
  std::span<Place> places_of(Slot slot);
  std::span<const std::byte> payload_of(Slot slot);
  StageMeasurements* stage_of(Instant intended);
  bool counts(Instant intended, Instant sent) const;

  std::optional<Slot> hand_out_next(Instant now);
  std::optional<Instant> take_arrival(Instant now);
  void find_arrival();
  Slot next_sender();
  std::uint32_t room_of(const Lane& lane) const;
  Instant room_since(Slot slot, const Lane& lane);
  bool is_full(const Lane& lane) const;
  void plan_message(Instant intended);
  void shed(Instant intended);

  void begin(Slot slot, Lane& lane, Instant now, SecureRandom& random);
  Instant take_intended(Slot slot, Lane& lane, Instant now);
  void record_lag(Slot slot, const Lane& lane);
  void written(Slot slot, Lane& lane);
  void record_reply(const Place& answered, Instant now, Duration pause);
  void leave_unsent(Instant intended, Instant began, Instant now);
  void censor(Instant intended, Instant sent, Instant now);

  const Plan& plan_;
  const Segment segment_;
  const Program program_;
  const bool open_loop_;
  const Share share_;
  const LoadShape shape_;
  MessageTexts texts_;
  Slices& slices_;
  LazyArray<Lane>& lanes_;
  LazyArray<Place> places_;
  Compression compression_;

  Turnstile turnstile_;  ///< of a closed loop

  // The open loop.
  ArrivalSequence arrivals_;
  Instant next_arrival_ = kNever;
  Instant schedule_end_ = kNever;  ///< later arrivals are not the run's
  WaitingRoom room_;
  WaitingRoom::Queue strays_;  ///< due, and their connection has gone
  std::vector<Slot> rotation_;
  std::size_t turn_ = 0;  ///< whose turn it is in the rotation
  Prng chooser_;
  std::uint64_t queued_ = 0;  ///< messages in all queues

  Mode mode_ = Mode::before;
  Instant start_{};
  Window window_;
  Instant last_reply_{};
  Instant last_progress_{};  ///< when something was last answered or sent
  Instant last_due_{};       ///< when a message last became due by the schedule
  bool lags_too_much_ = false;
  std::uint64_t awaited_ = 0;  ///< messages whose reply is awaited
  Instant waiting_since_{};    ///< nothing was answered since, with something awaited
  std::uint64_t begun_ = 0;    ///< messages partly handed over
  std::uint64_t outstanding_ = 0;
};

}  // namespace ringstorm
