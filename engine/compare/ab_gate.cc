#include "compare/ab_gate.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/check.h"
#include "plan/gate.h"

namespace ringstorm {
namespace {

AbMetric metric_of(const GateMetricRow& row) {
  return {.name = std::string(row.name),
          .unit = std::string(row.unit),
          .better = row.higher_is_better ? AbMetric::Better::higher : AbMetric::Better::lower,
          .gates = false,
          .minimum_effect = row.minimum_effect,
          .tolerance = row.tolerance,
          .trim = row.trim};
}

}  // namespace

Result<std::vector<AbMetric>> gated_metrics(const Scenario& scenario,
                                            std::span<const std::string_view> measured) {
  std::vector<AbMetric> metrics;
  for (const std::string_view name : measured) {
    const GateMetricRow* row = find_gate_metric(name);
    RS_CHECK(row != nullptr);
    metrics.push_back(metric_of(*row));
    metrics.back().gates = scenario.gates.empty() && row->by_default;
  }
  std::vector<Error> errors;
  for (const std::string& text : scenario.gates) {
    const Result<Gate> gate = parse_gate(text);
    RS_CHECK(gate.ok());  // validate() has seen it
    const auto metric = std::find_if(metrics.begin(), metrics.end(),
                                     [&](const AbMetric& m) { return m.name == gate->metric; });
    if (metric == metrics.end()) {
      errors.push_back({"/gate/metrics", fmt::format("\"{}\" is not measured here", gate->metric),
                        fmt::format("what is: {}", fmt::join(measured, ", "))});
      continue;
    }
    metric->gates = true;
    metric->tolerance = gate->tolerance;
    metric->minimum_effect = gate->minimum_effect;
  }
  if (!errors.empty()) return errors;
  return metrics;
}

AbRules gate_rules(const Scenario& scenario) {
  AbRules rules;
  rules.alpha = scenario.gate_alpha;
  rules.stall_pause = scenario.gate_stall;
  return rules;
}

}  // namespace ringstorm
