// What became of a run's sessions and their steps, for the sinks.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "report/report.h"

namespace ringstorm {

/// A line for each session, what was heard beside the answers, and one for each step that something went
/// wrong in; printable ASCII, each line ended. Empty when the run had no sessions.
std::string session_table(const Report& report);

/// {heard, pings, reopened, list, steps}, see results/report.schema.json; null when the run had no sessions.
nlohmann::ordered_json sessions_json(const Report& report);

}  // namespace ringstorm
