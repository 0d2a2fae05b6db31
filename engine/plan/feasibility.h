// Whether this machine can do what a plan asks; each refusal names the number that would fit.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"

namespace ringstorm {

/// Everything that makes the plan impossible here. The plan is complete but for its payload.
std::vector<Error> find_obstacles(const Plan& plan, const MachineLimits& limits);

/// Whether so many addresses have source ports enough for the plan's connections, which are spread over them
/// evenly: a connection is told from the others to the same address and port by its source port alone.
std::optional<Error> too_few_ports(const Plan& plan, std::uint64_t ephemeral_ports, std::uint64_t addresses);

/// What the kernel needs for the plan's sockets, both ends when the server is on this machine too.
std::uint64_t kernel_memory_for(const Plan& plan);

}  // namespace ringstorm
