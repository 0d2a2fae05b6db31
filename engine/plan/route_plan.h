// What stands between TCP and a scenario's WebSockets, made from what the scenario says of it.
#pragma once

#include "base/result.h"
#include "plan/scenario.h"
#include "plan/target.h"
#include "transport/route.h"

namespace ringstorm {

/// Empty for plain ws. Reads the files that the scenario names; `where` of an error is the field's JSON
/// pointer.
Result<Route> plan_route(const Scenario& scenario, const Target& target);

}  // namespace ringstorm
