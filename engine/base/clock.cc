#include "base/clock.h"

#include <ctime>

namespace ringstorm {

Instant MonotonicClock::now() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return Instant{Duration{t.tv_sec * 1'000'000'000LL + t.tv_nsec}};
}

std::chrono::system_clock::time_point time_of_day() {
  return std::chrono::system_clock::now();
}

}  // namespace ringstorm
