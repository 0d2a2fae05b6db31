// Messages that are due and wait until their connection can send them: one queue a connection, the memory of
// all of them shared.
#pragma once

#include <cstdint>
#include <limits>

#include "base/check.h"
#include "base/clock.h"
#include "base/lazy_array.h"

namespace ringstorm {

class WaitingRoom {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  struct Queue {
    std::uint32_t head = kNone;
    std::uint32_t tail = kNone;
    std::uint32_t size = 0;
    bool empty() const { return size == 0; }
  };

  /// Room for `capacity` messages in all queues together; what is never used costs no memory.
  explicit WaitingRoom(std::uint32_t capacity) : seats_(capacity) {}

  bool full() const { return free_ == kNone && fresh_ == seats_.size(); }

  void push(Queue& queue, Instant intended) {
    const std::uint32_t seat = take_seat();
    seats_[seat] = {intended, kNone};
    if (queue.empty()) {
      queue.head = seat;
    } else {
      seats_[queue.tail].next = seat;
    }
    queue.tail = seat;
    ++queue.size;
  }

  Instant pop(Queue& queue) {
    RS_CHECK(!queue.empty());
    const std::uint32_t seat = queue.head;
    queue.head = seats_[seat].next;
    --queue.size;
    seats_[seat].next = free_;
    free_ = seat;
    return seats_[seat].intended;
  }

  /// All of `from` behind all of `to`.
  void move(Queue& from, Queue& to) {
    if (from.empty()) return;
    if (to.empty()) {
      to = from;
    } else {
      seats_[to.tail].next = from.head;
      to.tail = from.tail;
      to.size += from.size;
    }
    from = {};
  }

 private:
  struct Seat {
    Instant intended;
    std::uint32_t next;
  };

  // The one given back last comes first: it is warm.
  std::uint32_t take_seat() {
    RS_CHECK(!full());
    if (free_ == kNone) return fresh_++;
    const std::uint32_t seat = free_;
    free_ = seats_[seat].next;
    return seat;
  }

  LazyArray<Seat> seats_;
  std::uint32_t free_ = kNone;
  std::uint32_t fresh_ = 0;  ///< the first that was never used
};

}  // namespace ringstorm
