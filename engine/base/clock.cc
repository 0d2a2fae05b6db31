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

Duration process_cpu_time() noexcept {
  return read(CLOCK_PROCESS_CPUTIME_ID);
}

std::optional<Duration> process_cpu_time(pid_t process) noexcept {
  clockid_t clock{};
  timespec t{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &t) != 0) return std::nullopt;
  return Duration{t.tv_sec * 1'000'000'000LL + t.tv_nsec};
}

std::chrono::system_clock::time_point time_of_day() {
  return std::chrono::system_clock::now();
}

Duration clock_to_time_of_day() {
  return std::chrono::duration_cast<Duration>(time_of_day().time_since_epoch()) -
         MonotonicClock::now().time_since_epoch();
}

}  // namespace ringstorm
