// Instants and durations. One clock for the whole program: CLOCK_MONOTONIC in nanoseconds, which is also the
// clock io_uring measures its timeouts in. Policy code takes `Instant now` as an argument and never reads it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <sys/types.h>

namespace ringstorm {

using Duration = std::chrono::nanoseconds;

/// CLOCK_MONOTONIC. `now()` costs about 25 ns on a kvm-clock machine: read it once per decision, pass it
/// down.
struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock, duration>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};

using Instant = MonotonicClock::time_point;

inline constexpr Instant kNever = Instant::max();

/// How long this thread has run on a processor (CLOCK_THREAD_CPUTIME_ID): what others took of the machine
/// does not count. Costs a system call.
Duration thread_cpu_time() noexcept;

/// The same of all the threads of this process, and of another one's (clock_getcpuclockid(3)), to the
/// nanosecond; nothing when it has gone.
Duration process_cpu_time() noexcept;
std::optional<Duration> process_cpu_time(pid_t process) noexcept;

/// The time of day, for naming and dating a report; never for measuring.
std::chrono::system_clock::time_point time_of_day();

/// What an Instant is to be moved by to be the time of day in nanoseconds since 1970, as the clocks stand
/// now.
Duration clock_to_time_of_day();

constexpr Duration nanoseconds(std::int64_t n) {
  return Duration{n};
}
constexpr Duration microseconds(std::int64_t n) {
  return Duration{n * 1'000};
}
constexpr Duration milliseconds(std::int64_t n) {
  return Duration{n * 1'000'000};
}
constexpr Duration seconds(std::int64_t n) {
  return Duration{n * 1'000'000'000};
}
constexpr double to_seconds(Duration d) {
  return static_cast<double>(d.count()) / 1e9;
}

}  // namespace ringstorm
