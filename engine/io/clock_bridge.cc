#include "io/clock_bridge.h"

#include <algorithm>

namespace ringstorm {

void ClockBridge::observe(const Reading& reading) {
  const bool first = trusted_from_ == kNever;
  last_reading_ = reading.after;
  if (first) {
    trusted_from_ = Instant::min();
    return begin_again(reading);
  }
  const Duration least = reading.time_of_day - reading.after.time_since_epoch();
  const Duration most = reading.time_of_day - reading.before.time_since_epoch();
  const Duration gap = std::max(least - most_offset_, least_offset_ - most);
  if (gap > Duration{0}) {
    begin_again(reading);
    if (gap < kSmallestStep) return;
    ++steps_;
    trusted_from_ = reading.after + kMistrust;
    return;
  }
  least_offset_ = std::max(least_offset_, least);
  most_offset_ = std::min(most_offset_, most);
}

void ClockBridge::begin_again(const Reading& reading) {
  least_offset_ = reading.time_of_day - reading.after.time_since_epoch();
  most_offset_ = reading.time_of_day - reading.before.time_since_epoch();
}

KernelStamp ClockBridge::to_monotonic(Duration time_of_day) const {
  const Instant at{time_of_day - least_offset_ - uncertainty()};
  const bool trusted = last_reading_ >= trusted_from_ && at <= last_reading_ + uncertainty();
  return {at, trusted ? KernelStamp::Quality::exact : KernelStamp::Quality::stepped};
}

}  // namespace ringstorm
