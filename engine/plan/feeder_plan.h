// What a scenario's feeders mean for its plan: how many messages their rows are enough for, and their memory.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"

namespace ringstorm {

/// How many messages there are rows for: those of the shortest shared feeder that is gone through once and
/// whose values the messages hold. Nothing when rows never run out.
std::optional<std::uint64_t> rows_to_send(const Scenario& scenario);

/// Feeders that are too short, or that cannot end as they are to.
std::vector<Error> find_feeder_contradictions(const Plan& plan);

/// Memory of the feeders' tables, and of what each connection keeps to fill its messages. The plan needs not
/// have its text yet.
std::uint64_t bytes_for_texts(const Plan& plan);

}  // namespace ringstorm
