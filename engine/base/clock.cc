#include "base/clock.h"

#include <ctime>

namespace ringstorm {
namespace {

Duration read(clockid_t clock) noexcept {
  timespec t{};
  ::clock_gettime(clock, &t);
  return Duration{t.tv_sec * 1'000'000'000LL + t.tv_nsec};
}

}  // namespace

Instant MonotonicClock::now() noexcept {
  return Instant{read(CLOCK_MONOTONIC)};
}

Duration thread_cpu_time() noexcept {
  return read(CLOCK_THREAD_CPUTIME_ID);
}

std::chrono::system_clock::time_point time_of_day() {
  return std::chrono::system_clock::now();
}

Duration clock_to_time_of_day() {
  return std::chrono::duration_cast<Duration>(time_of_day().time_since_epoch()) -
         MonotonicClock::now().time_since_epoch();
}

}  // namespace ringstorm
