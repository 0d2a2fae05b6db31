// What a comparison of two servers may be gated by: the table of its metrics with their defaults, and a gate
// as a person writes it: "latency.p99 10%". It knows the grammar and the metrics, not how they are measured.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ringstorm {

struct GateMetricRow {
  std::string_view name;  ///< "latency.p99"
  std::string_view unit;  ///< of its values: "ns", "per_s"
  bool higher_is_better;
  bool by_default;        ///< gates where a scenario names no gates, and where it can be measured
  double tolerance;       ///< a share of the base's value: ok says that it got worse by less
  double minimum_effect;  ///< likewise: nothing smaller is called a regression
  double trim;            ///< the share of a round's slices left out at each end, see AbMetric::trim
  std::string_view meaning;
};

std::span<const GateMetricRow> gate_metrics();
/// Nothing when there is no such metric.
const GateMetricRow* find_gate_metric(std::string_view name);

struct Gate {
  std::string metric;
  double tolerance = 0;
  double minimum_effect = 0;  ///< > 0 and at most the tolerance
  friend bool operator==(const Gate&, const Gate&) = default;
};

/// `METRIC [TOLERANCE [from MINIMUM]]`: "latency.p99", "latency.p99 10%", "latency.p99 10% from 5%". Shares
/// are above 0 and below 1. What is left out is the metric's default, the minimum never above the tolerance.
/// An error's `where` is the text itself, in quotes.
Result<Gate> parse_gate(std::string_view text);

/// The rows of the table as Markdown: what the reference of a scenario shows.
std::string gate_reference();

}  // namespace ringstorm
