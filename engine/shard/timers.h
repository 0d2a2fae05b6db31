// Timeouts that are all equally long: a queue in the order they were set is a queue in the order they fall
// due.
#pragma once

#include "base/clock.h"
#include "base/fifo.h"
#include "io/ring.h"

namespace ringstorm {

class TimeoutQueue {
 public:
  /// At most `capacity` timeouts that still matter at once.
  TimeoutQueue(std::size_t capacity, Duration timeout) : timeout_(timeout), waiting_(capacity) {}

  /// `still_waiting(slot, since)` tells a timeout that still matters; those that do not make room when there
  /// is none.
  template <class StillWaiting>
  void set(Slot slot, Instant now, StillWaiting still_waiting) {
    if (waiting_.full()) {
      for (std::size_t left = waiting_.size(); left > 0; --left) {
        const Entry entry = waiting_.pop();
        if (still_waiting(entry.slot, entry.since)) waiting_.push(entry);
      }
    }
    waiting_.push({slot, now});
  }

  /// The next instant at which something may fall due, kNever when nothing is set.
  Instant next() { return waiting_.empty() ? kNever : waiting_.front().since + timeout_; }

  /// Calls `still_waiting(slot, since)` for each timeout, oldest first, and drops those for which it is
  /// false; calls `expired(slot)` for those that are due.
  template <class StillWaiting, class Expired>
  void expire(Instant now, StillWaiting still_waiting, Expired expired) {
    while (!waiting_.empty()) {
      const Entry entry = waiting_.front();
      const bool waiting = still_waiting(entry.slot, entry.since);
      if (waiting && now < entry.since + timeout_) return;
      waiting_.pop();
      if (waiting) expired(entry.slot);
    }
  }

 private:
  struct Entry {
    Slot slot;
    Instant since;
  };

  Duration timeout_;
  Fifo<Entry> waiting_;
};

}  // namespace ringstorm
