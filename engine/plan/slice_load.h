// A plan whose load is on in given slices of time only, each measured by itself, while its connections stay
// open: for two targets that take turns.
#pragma once

#include <vector>

#include "plan/plan.h"

namespace ringstorm {

/// Lets the load of `plan`, a closed loop or one steady rate, be on only within `slices`, which are in order,
/// do not overlap and count from the start of the run. The run lasts for `length`; it has no warm-up.
void slice_load(Plan& plan, std::vector<StageSpan> slices, Duration length);

}  // namespace ringstorm
