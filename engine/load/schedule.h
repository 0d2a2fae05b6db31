// When the k-th event is due. A schedule is a pure function: it computes every instant from the start and
// never accumulates, so it does not drift; and it never sleeps.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/units.h"

namespace ringstorm {

/// Evenly spaced events: event k (from 0) is due at start + floor(k * per / events), exactly, for every k.
class ConstantRate {
 public:
  /// `rate.events` and `rate.per` are above 0.
  ConstantRate(Instant start, Rate rate);

  /// kNever when it lies beyond the clock's range.
  Instant due_at(std::uint64_t k) const;

  /// How many events are due `elapsed` after the start: those with due_at(k) - start <= elapsed. The inverse
  /// of due_at: due_count(due_at(k) - start) > k always. 0 before the start.
  std::uint64_t due_count(Duration elapsed) const;

 private:
  Instant start_;
  Rate rate_;
};

}  // namespace ringstorm
