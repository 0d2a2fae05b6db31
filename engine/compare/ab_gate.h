// A scenario's "gate" as what a record is judged by.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "compare/ab_record.h"
#include "plan/scenario.h"

namespace ringstorm {

/// Of the metrics that can be measured, by their names in plan/gate.h and in this order: those that the
/// scenario names gate, or the defaults when it names none. Error: it names one that cannot be measured.
Result<std::vector<AbMetric>> gated_metrics(const Scenario& scenario,
                                            std::span<const std::string_view> measured);

/// Everything else that the scenario says of it.
AbRules gate_rules(const Scenario& scenario);

}  // namespace ringstorm
