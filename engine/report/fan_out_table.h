// What became of what publishers sent to subscribers, for the sinks.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "report/report.h"

namespace ringstorm {

/// What was to arrive and what did, and how long it took; printable ASCII, each line ended. Empty when no
/// session sends stamps.
std::string fan_out_table(const Report& report);

/// See results/report.schema.json; null when no session sends stamps.
nlohmann::ordered_json fan_out_json(const Report& report);

}  // namespace ringstorm
