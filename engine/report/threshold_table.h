// The thresholds of a run with what became of them, for the sinks.
#pragma once

#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "report/thresholds.h"

namespace ringstorm {

/// A line with the tally and one for each threshold, aligned, in the order given; printable ASCII, each line
/// ended. Empty when there are none:
///   thresholds   1 held, 1 failed
///                held     errors.ratio < 0.1%   0 % (95 %: 0 to 0.00384 %)
///                failed   latency.p99 < 5ms     7.13 ms (95 %: 6.9 to 7.4 ms)
std::string threshold_table(std::span<const ThresholdResult> results);

/// A list of {threshold, metric, stage, op, limit, unit, measured, at_least, at_most, low, high, outcome,
/// text}: the figures in `unit` ("ns", "ratio", "per_s", "count"), null where they are not known; `stage` is
/// null for the whole run.
nlohmann::ordered_json threshold_rows(std::span<const ThresholdResult> results);

}  // namespace ringstorm
