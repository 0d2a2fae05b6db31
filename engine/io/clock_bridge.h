// From the time of day, in which the kernel stamps packets, to the program's clock. The two run at one rate
// and differ by an offset that only setting the time of day changes, so the offset is narrowed down with each
// reading, and a reading that contradicts it is a step. Pure: it is given readings and reads no clock.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "io/ring.h"

namespace ringstorm {

class ClockBridge {
 public:
  /// The time of day (CLOCK_REALTIME, since 1970) read between two readings of the monotonic clock.
  struct Reading {
    Instant before;
    Duration time_of_day;
    Instant after;
  };

  /// Smaller contradictions are noise of the clocks, and the error they leave is as small.
  static constexpr Duration kSmallestStep = microseconds(1);
  /// Stamps are not trusted for so long after a step: they may have waited in a queue since before it.
  static constexpr Duration kMistrust = seconds(1);

  /// Call it after the stamps were taken and before they are converted: then no step in between goes unseen.
  void observe(const Reading& reading);
  /// Exact to within uncertainty(); `stepped` after a step, and for a moment that has not come yet.
  KernelStamp to_monotonic(Duration time_of_day) const;

  Duration uncertainty() const { return (most_offset_ - least_offset_) / 2; }
  std::uint64_t steps() const { return steps_; }

 private:
  void begin_again(const Reading& reading);

  // What is to be subtracted from the time of day lies between these.
  Duration least_offset_{};
  Duration most_offset_{};
  Instant last_reading_{};
  Instant trusted_from_ = kNever;
  std::uint64_t steps_ = 0;
};

}  // namespace ringstorm
