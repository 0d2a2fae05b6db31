// A limit that a run must keep, as a person writes it: "latency.p99 in peak < 5ms". It knows the grammar and
// the metrics, not how a figure is measured.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "plan/threshold_metrics.h"

namespace ringstorm {

enum class Comparison : std::uint8_t { below, at_most, above, at_least };

struct Threshold {
  Metric metric = Metric::latency;
  Statistic statistic;  ///< of a duration; otherwise as it was made
  std::string stage;    ///< the part of the run it is about; empty: all of it
  Comparison comparison = Comparison::below;
  double limit = 0;  ///< in the metric's unit: nanoseconds, a share of 1, per second, a count
  std::optional<Duration> abort_after;  ///< the run ends early when it has failed after this long; see
                                        ///< report/thresholds.h
  friend bool operator==(const Threshold&, const Threshold&) = default;
};

/// `METRIC [in STAGE] COMPARISON LIMIT`: a metric of threshold_metrics(), a duration with its statistic
/// ("latency.p99", "connect.mean"); a stage of 1 to 64 of [a-z0-9-], which is not looked up here; <, <=, > or
/// >=; and a limit in the metric's unit, where a duration must name its own and a ratio is written 0.1% or
/// 0.001. Spaces matter only around "in". Says everything that is wrong, with the nearest right name; limits
/// that every figure keeps, or none, are mistakes too. An error's `where` is the text itself, in quotes.
Result<Threshold> parse_threshold(std::string_view text);

/// The same, as short as it goes: parse_threshold(to_string(t)) is `t`, a rate's and a ratio's limit to the
/// 9th decimal, and without `abort_after`.
std::string to_string(const Threshold& threshold);

/// "latency.p99", "errors.ratio".
std::string metric_name(const Threshold& threshold);
std::string_view to_string(Comparison comparison);

/// What is wrong when the threshold is about a stage that is not one of `stages`, with the nearest that is.
std::optional<Error> unknown_stage(const Threshold& threshold, std::span<const std::string_view> stages);

}  // namespace ringstorm
