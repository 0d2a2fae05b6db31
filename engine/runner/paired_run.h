// Two loads in one go: both open their connections, begin at the same instant, and are watched at given
// moments while they run. Which of them has something to say when is in their plans, see plan/slice_load.h.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"
#include "io/capabilities.h"
#include "plan/plan.h"
#include "runner/runner.h"

namespace ringstorm {

struct PairedLoad {
  const Plan& plan;
  const TargetAddresses& targets;
};

struct PairedWatch {
  std::vector<Duration> moments;  ///< after the common start, rising
  /// Called at each of them on the caller's thread, with its number, when that is, and when it is now. False
  /// ends both runs, in good order.
  std::function<bool(std::size_t, Instant due, Instant now)> look;
  /// 0 or 1: which run is set up first. Where a run lies in memory depends on it, and what its messages cost
  /// may too; drawn anew for each pair of runs it is no property of a side.
  std::size_t first = 0;
};

/// Runs both to their end, or until SIGINT or SIGTERM, as run_plan() does. Errors: a ring that cannot be
/// opened.
Result<std::array<RunResult, 2>> run_paired(const std::array<PairedLoad, 2>& loads,
                                            const Capabilities& capabilities, const PairedWatch& watch);

/// This process's threads, for read_pressure().
std::vector<pid_t> own_threads();

}  // namespace ringstorm
