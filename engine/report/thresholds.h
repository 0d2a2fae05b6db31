// Whether a run kept its thresholds: a pure function of what was measured. It knows neither how that was done
// nor what a report is; whoever has one makes the inputs of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "plan/threshold.h"
#include "stats/confidence.h"
#include "stats/histogram.h"

namespace ringstorm {

/// A distribution that was measured, for one of the metrics in durations.
struct MeasuredDurations {
  Metric metric = Metric::latency;
  const Histogram* recorded = nullptr;
  const Histogram* censored = nullptr;  ///< lower bounds of those without an end; nothing where all have one
};

/// Nothing where it was not counted. The ratios are made of these:
///   errors.count              connections_failed + connections_lost + messages_failed
///   errors.ratio              errors.count / (messages_sent + connections_opened + connections_failed): each
///                             message and each connection is one trial, which fails once or not at all
///   shed.ratio                messages_shed / messages_planned
///   censored.ratio            messages_censored / (messages_recorded + messages_censored)
///   connections.failed_ratio  connections_failed / (connections_opened + connections_failed)
///   connections.lost_ratio    connections_lost / connections_opened
///   deliveries.lost_ratio     deliveries_lost / deliveries_expected
struct MeasuredCounts {
  std::optional<std::uint64_t> messages_planned{};
  std::optional<std::uint64_t> messages_sent{};
  std::optional<std::uint64_t> messages_answered{};
  std::optional<std::uint64_t> messages_received{};
  std::optional<std::uint64_t> messages_failed{};
  std::optional<std::uint64_t> messages_shed{};
  std::optional<std::uint64_t> messages_censored{};
  std::optional<std::uint64_t> messages_recorded{};  ///< those in the latency histogram
  std::optional<std::uint64_t> connections_opened{};
  std::optional<std::uint64_t> connections_failed{};
  std::optional<std::uint64_t> connections_lost{};
  // Of subscribers; known when the run is over.
  std::optional<std::uint64_t> deliveries_expected{};
  std::optional<std::uint64_t> deliveries_received{};
  std::optional<std::uint64_t> deliveries_lost{};
  std::optional<std::uint64_t> deliveries_duplicated{};
  std::optional<std::uint64_t> deliveries_out_of_order{};
};

struct MeasuredRate {
  std::uint64_t count = 0;
  Duration window{0};  ///< nothing was measured when it is 0
  std::span<const RateRow>
      rows;  ///< whole intervals inside the window, for the confidence interval; may be empty
};

/// What was measured in one part of a run.
struct ThresholdInputs {
  std::string_view stage;  ///< empty: the whole run
  std::span<const MeasuredDurations> durations;
  MeasuredCounts counts;
  MeasuredRate sent;
  MeasuredRate received;
  MeasuredRate answered;
  std::optional<double> messages_per_cpu_second;
};

struct ThresholdResult {
  enum class Outcome : std::uint8_t { held, failed, unknown };
  Threshold threshold;
  Outcome outcome = Outcome::unknown;
  // In the metric's unit: nanoseconds, a share of 1, per second, a count.
  std::optional<double> measured;
  bool at_least = false;  ///< the figure may be larger than `measured`, because messages were not answered
  std::optional<double> at_most;  ///< what bounds it from above: `measured` itself when that is exact
  std::optional<double> low;      ///< the 95 % confidence interval; a side is nothing where none is known
  std::optional<double> high;
  std::string text;  ///< "3.21 ms (95 %: 3.1 to 3.4 ms)", "> 900 ms", "not enough samples: 812 of 1,000"
};

/// The measured figure decides, not its interval. A figure of which bounds are known holds or fails when both
/// of them do; otherwise, and where there are too few samples or none, the outcome is unknown, with the
/// reason in `text`: "p99 > 900 ms" fails < 500ms, and says nothing about < 2s. `inputs` are those of the
/// threshold's stage.
ThresholdResult evaluate(const Threshold& threshold, const ThresholdInputs& inputs);

/// Each with the inputs of its stage; unknown where there are none.
std::vector<ThresholdResult> evaluate(std::span<const Threshold> thresholds,
                                      std::span<const ThresholdInputs> stages);

/// Whether the run should end now: the threshold asks for it, and has failed though its part of the run has
/// been measured for `abort_after` (`measured` is how long it has). What is unknown ends nothing.
bool calls_for_abort(const ThresholdResult& result, Duration measured);

struct ThresholdTally {
  std::size_t held = 0;
  std::size_t failed = 0;
  std::size_t unknown = 0;
};
ThresholdTally tally(std::span<const ThresholdResult> results);

std::string_view to_string(ThresholdResult::Outcome outcome);

}  // namespace ringstorm
