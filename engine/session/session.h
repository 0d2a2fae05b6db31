// What a connection says: one message again and again, as many of them unanswered at once as the program
// allows. A closed loop sends whenever there is room; in an open loop others say when a message is due.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/check.h"
#include "base/clock.h"
#include "codec/frame.h"

namespace ringstorm {

/// What every connection of a run says; compiled once, never changed.
struct Program {
  Opcode opcode = Opcode::text;
  std::span<const std::byte> payload = {};
  std::uint32_t in_flight = 1;
  bool expects_reply = true;  ///< false: nobody answers, and as many go out as the socket takes
};

/// One of a connection's `in_flight` places: holds a message from when it is sent until its reply comes.
struct Place {
  Instant intended{};  ///< when the message in it was due
  Instant since{};     ///< when the message was sent; in a free place, when it became free
};

/// One connection's place in its program. Replies answer messages in the order they were sent. The places
/// live outside, `in_flight` of them for each session, so that a session stays small.
class Session {
 public:
  /// How many more messages may be unanswered; without replies any number may.
  std::uint32_t room(const Program& program) const {
    return program.expects_reply ? program.in_flight - waiting_ : program.in_flight;
  }

  /// Since when there has been room for the next message; there is some.
  Instant room_since(const Program& program, std::span<const Place> places) const {
    return program.expects_reply ? places[next(program)].since : Instant{};
  }

  /// When the latest reply freed a place; a message was answered.
  Instant last_freed(const Program& program, std::span<const Place> places) const {
    return places[oldest_ > 0 ? oldest_ - 1 : program.in_flight - 1].since;
  }

  void sent(const Program& program, std::span<Place> places, Instant intended, Instant at) {
    ++outstanding_;
    if (!program.expects_reply) return;
    RS_DCHECK(waiting_ < program.in_flight);
    places[next(program)] = {intended, at};
    ++waiting_;
  }

  /// A whole message arrived: the message it answers, whose place is free from now on, or nothing when it
  /// answers none.
  std::optional<Place> replied(const Program& program, std::span<Place> places, Instant now) {
    if (waiting_ == 0) return std::nullopt;
    const Place answered = places[oldest_];
    places[oldest_].since = now;
    if (++oldest_ == program.in_flight) oldest_ = 0;
    --waiting_;
    --outstanding_;
    return answered;
  }

  /// Calls `visit(place)` for each message whose reply is awaited, oldest first.
  template <class Visit>
  void for_each_waiting(const Program& program, std::span<const Place> places, Visit visit) const {
    for (std::uint32_t i = 0; i < waiting_; ++i) visit(places[(oldest_ + i) % program.in_flight]);
  }

  /// Messages sent and not answered.
  std::uint64_t outstanding() const { return outstanding_; }

 private:
  std::uint32_t next(const Program& program) const {
    const std::uint32_t place = oldest_ + waiting_;
    return place < program.in_flight ? place : place - program.in_flight;
  }

  std::uint64_t outstanding_ = 0;
  std::uint32_t oldest_ = 0;
  std::uint32_t waiting_ = 0;  ///< of the outstanding ones, those whose reply is awaited
};

}  // namespace ringstorm
