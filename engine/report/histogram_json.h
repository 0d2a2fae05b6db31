// A histogram as a report's JSON has it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "stats/histogram.h"

namespace ringstorm {

/// Its count, its extremes and its trusted quantiles, all in nanoseconds; null where there are too few
/// samples.
nlohmann::ordered_json histogram_json(const Histogram& h);

}  // namespace ringstorm
