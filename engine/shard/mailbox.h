// How a shard's measurements reach the control thread: two sets that change hands, so that neither side ever
// waits or touches what the other holds.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "stats/measurements.h"

namespace ringstorm {

/// What one shard measured in one interval.
struct Slice {
  explicit Slice(MeasuredParts parts = {}) : measurements(parts) {}

  Instant begin{};
  Instant end{};
  std::uint64_t connections_up = 0;  ///< at the end
  Measurements measurements;
};

class Mailbox {
 public:
  explicit Mailbox(MeasuredParts parts = {});

  // The shard's side.
  Slice& current() { return *current_; }
  /// Hands the current slice over and goes on with an empty one; false when the last one has not been taken
  /// yet, and then the current slice simply goes on.
  bool publish();

  // The control thread's side.
  /// The slice handed over last, or nullptr. Give it back with `recycle` before taking the next.
  Slice* take() { return full_.exchange(nullptr, std::memory_order_acquire); }
  void recycle(Slice* slice);
  /// The rest, once the shard's thread has ended.
  Slice& last() { return *current_; }

 private:
  std::unique_ptr<Slice> slices_[2];
  Slice* current_;
  std::atomic<Slice*> full_{nullptr};
  std::atomic<Slice*> empty_;
};

}  // namespace ringstorm
