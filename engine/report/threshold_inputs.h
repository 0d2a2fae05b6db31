// A run's thresholds held against what it has measured: at its end, and while it goes on.
#pragma once

#include <span>
#include <vector>

#include "base/clock.h"
#include "plan/plan.h"
#include "report/report.h"
#include "report/thresholds.h"
#include "stats/interval.h"
#include "stats/measurements.h"

namespace ringstorm {

/// What thresholds look at.
struct MeasuredRun {
  const Plan& plan;
  const Measurements& measurements;
  std::span<const IntervalRow> intervals;
  Duration window_start{0};
  Duration window{0};  ///< how much of it has been measured
  std::optional<double> messages_per_cpu_second = {};
};

/// One result for each of the plan's thresholds.
std::vector<ThresholdResult> evaluate_thresholds(const MeasuredRun& run);

/// The first threshold that asks for an end by now; nothing when none does.
std::optional<ThresholdResult> threshold_to_abort_on(const MeasuredRun& run);

}  // namespace ringstorm
