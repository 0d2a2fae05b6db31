// What a connection says: for now one message, again and again, with at most `in_flight` of them unanswered.
// A closed loop is a schedule whose next message is due when there is room for it.
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

/// One connection's place in its program. Replies answer messages in the order they were sent. The times live
/// outside, `in_flight` of them for each session, so that a session stays small.
class Session {
 public:
  /// How many messages may be sent now, when `sending` says whether bytes are still on their way out.
  std::uint32_t due(const Program& program, bool sending) const {
    if (!program.expects_reply) return sending ? 0 : program.in_flight;
    return program.in_flight - waiting_;
  }

  void sent(const Program& program, std::span<Instant> times, Instant at) {
    ++outstanding_;
    if (!program.expects_reply) return;
    RS_DCHECK(waiting_ < program.in_flight);
    std::uint32_t place = oldest_ + waiting_;
    if (place >= program.in_flight) place -= program.in_flight;
    times[place] = at;
    ++waiting_;
  }

  /// A whole message arrived: when the one it answers was sent, or nothing when it answers none.
  std::optional<Instant> replied(const Program& program, std::span<const Instant> times) {
    if (waiting_ == 0) return std::nullopt;
    const Instant sent_at = times[oldest_];
    if (++oldest_ == program.in_flight) oldest_ = 0;
    --waiting_;
    --outstanding_;
    return sent_at;
  }

  /// Messages sent and not answered.
  std::uint64_t outstanding() const { return outstanding_; }

 private:
  std::uint64_t outstanding_ = 0;
  std::uint32_t oldest_ = 0;
  std::uint32_t waiting_ = 0;  ///< of the outstanding ones, those whose reply is awaited
};

}  // namespace ringstorm
