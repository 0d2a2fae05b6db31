// Which seeds a simulated test runs, and how a failure names its own: RINGSTORM_SIM_SEED=n runs that one
// alone, RINGSTORM_SIM_SEEDS=count runs more of them.
#pragma once

#include <cstdint>
#include <functional>

namespace ringstorm {

/// Calls `run` with each seed. The seed of a run that aborts is printed, as is that of one that fails an
/// expectation. `seeds` is for a plain build; sanitizers get a share of them.
void for_each_seed(std::uint64_t seeds, const std::function<void(std::uint64_t)>& run);

}  // namespace ringstorm
