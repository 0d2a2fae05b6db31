// The replies of one connection under a fault plan: which are sent, what is sent instead, when, and in which
// order. Each reply's delay counts from when its message was there; order is kept, so that one with a shorter
// delay waits for the one before it, unless the plan has them change places. It knows neither the socket nor
// the clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/clock.h"
#include "codec/decoder.h"
#include "load/fault_plan.h"
#include "server/block_pool.h"
#include "server/counts.h"
#include "server/output_queue.h"

namespace ringstorm {

/// Holds blocks of `pool`, always the same one; call abandon() before it goes.
class FaultyReplies {
 public:
  /// How long a reply that is to change places waits for the next one; then it goes alone.
  static constexpr Duration kSwapPatience = milliseconds(100);
  static constexpr std::size_t kGarbageBytes = 16;

  explicit FaultyReplies(const ConnectionFaults& faults) : faults_(faults) {}

  /// A piece of a message to be echoed. A reply is kept until its message is complete.
  void take(const DecoderEvent& event, Instant now, BlockPool& pool, FaultCounts& counts);

  /// When release() will have something to do; kNever when nothing waits.
  Instant next_due() const;
  enum class Outcome : std::uint8_t { goes_on, resets };
  /// Moves what is due to `out`; `resets` when the connection is to be reset behind it.
  Outcome release(Instant now, OutputQueue& out, BlockPool& pool, FaultCounts& counts);

  /// Whatever waits will not be sent, and nothing follows.
  void abandon(BlockPool& pool, FaultCounts& counts);

  /// The memory that whole replies take which wait.
  std::uint64_t waiting_bytes() const {
    return held_.bytes() - unfinished_bytes_ + pending_.size() * sizeof(Pending);
  }
  /// All memory: with the reply whose message is being received, and the one set aside.
  std::uint64_t bytes() const { return waiting_bytes() + unfinished_bytes_ + aside_.bytes(); }

 private:
  enum class Act : std::uint8_t { send, reset };
  struct Pending {  // the one at the front goes first, whoever is due before it
    Instant due;
    std::uint64_t bytes;  ///< at the front of held_
    Act act;
  };

  void begin();
  void append(const DecoderEvent& event, BlockPool& pool);
  void finish(Instant now, BlockPool& pool, FaultCounts& counts);
  void finish_sent(Instant now, BlockPool& pool, FaultCounts& counts);
  void finish_garbage(Instant now, BlockPool& pool);
  void wait(Instant due, std::uint64_t bytes, Act act);
  void take_from_aside(BlockPool& pool);
  void give_up_aside(BlockPool& pool, FaultCounts& counts);

  ConnectionFaults faults_;
  OutputQueue held_;   ///< replies in order, the one being received last
  OutputQueue aside_;  ///< the reply that lets the next one go first
  std::deque<Pending> pending_;
  ReplyFate fate_;                      ///< of the message being received
  std::uint64_t unfinished_bytes_ = 0;  ///< its reply's part of held_
  Instant aside_due_ = kNever;          ///< when the reply set aside would have gone
  Instant aside_until_ = kNever;        ///< it goes alone then; kNever while there is none that is whole
  bool in_message_ = false;
  bool mute_ = false;  ///< nothing more is sent
};

}  // namespace ringstorm
