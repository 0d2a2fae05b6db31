// The report as a JSON document, for sinks that are made of it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "report/report.h"

namespace ringstorm {

/// The document of results/report.schema.json, in its order of fields.
nlohmann::ordered_json to_json(const Report& report);

/// Its "plan": the scenario as it was resolved, with the unit in every name. Headers that carry credentials
/// keep their name and lose their value.
nlohmann::ordered_json plan_to_json(const Plan& plan);

/// A number as long as every reader of JSON keeps it exactly, below 2^53; a string above.
nlohmann::ordered_json seed_to_json(std::uint64_t seed);

}  // namespace ringstorm
