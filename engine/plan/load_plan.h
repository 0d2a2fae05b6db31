// From the rates and stages that a scenario writes to the load that will run.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "plan/scenario.h"

namespace ringstorm {

/// What cannot be meant about the load, whatever the machine: a rate beside stages, a ramp without a length,
/// and so on. `where` is the JSON pointer of the field.
std::vector<Error> find_load_mistakes(const Scenario& scenario);

/// What is missing for the load to make sense once file and flags are together: a length for a rate that
/// changes, a rate for what only a rate can use.
std::vector<Error> find_load_gaps(const Scenario& scenario);

/// The stages' lengths together; nothing when there are no stages.
std::optional<Duration> length_of_stages(const Scenario& scenario);

/// The load of a scenario without such mistakes, whose duration and seed are filled in.
LoadPlan plan_load(const Scenario& scenario);

}  // namespace ringstorm
