// Whether this machine can do what a plan asks; each refusal names the number that would fit.
#pragma once

#include <vector>

#include "base/result.h"
#include "plan/plan.h"

namespace ringstorm {

/// Everything that makes the plan impossible here. The plan is complete but for its payload.
std::vector<Error> find_obstacles(const Plan& plan, const MachineLimits& limits);

/// What the kernel needs for the plan's sockets, both ends when the server is on this machine too.
std::uint64_t kernel_memory_for(const Plan& plan);

}  // namespace ringstorm
