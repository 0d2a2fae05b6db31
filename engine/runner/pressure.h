// How hard the threads of a run had to fight for a processor, read from /proc: two readings and the shares
// between them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "stats/generator_load.h"

namespace ringstorm {

/// Counters that only grow; nothing where the kernel has none.
struct PressureReading {
  Instant at{};
  std::vector<std::optional<Duration>> run_delays;  ///< of each thread
  std::optional<Duration> cpu_some;
  struct Ticks {
    std::uint64_t steal = 0;
    std::uint64_t busy = 0;  ///< neither idle nor stolen
    std::uint64_t all = 0;
  };
  std::optional<Ticks> ticks;
};

/// `root` stands in front of every path, so that a test can bring its own machine.
PressureReading read_pressure(Instant now, std::span<const pid_t> threads, const std::string& root = {});

/// Everything but loop_busy. Both readings are of the same threads.
GeneratorLoad pressure_between(const PressureReading& begin, const PressureReading& end);

}  // namespace ringstorm
