// The verdict on the generator: whether what was measured is the target's doing or our own. A pure function
// of what was counted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "stats/generator_load.h"

namespace ringstorm {

struct GeneratorFacts {
  bool open_loop = false;
  // p99 of the measured window; nothing below the sample floor.
  std::optional<Duration> latency_p99;
  std::optional<Duration> send_lag_p99;
  std::optional<Duration> receive_queueing_p99;
  std::uint64_t planned = 0;
  std::uint64_t overdue = 0;  ///< of those, unsent at the end though they could have gone
  std::uint64_t completions = 0;
  std::uint64_t out_of_buffers = 0;
  GeneratorLoad load;
};

/// From where on the generator is to blame. The least delay that counts is what a sleeping thread of a
/// virtual machine takes to wake up when all is well; results/README.md lists them all.
struct GeneratorCutoffs {
  Duration least_delay = microseconds(250);
  double share_of_latency = 0.10;
  double overdue = 0.01;
  double loop_busy = 0.80;
  double run_delay = 0.05;
  double cpu_pressure = 0.20;
  double steal = 0.02;
  double out_of_buffers = 0.01;
};

/// Each reason why the figures may be the generator's, with the figure and its cut-off; empty when there is
/// none. What the machine was up to (run delay, pressure, steal) counts in an open loop only: a closed loop
/// promises no instants, and saturates the machine on purpose.
std::vector<std::string> generator_limits(const GeneratorFacts& facts, const GeneratorCutoffs& cutoffs = {});

}  // namespace ringstorm
