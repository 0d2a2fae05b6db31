// Reads a scenario file, and says everything that is wrong with it at once.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "plan/scenario.h"

namespace ringstorm {

/// Parses a scenario's JSON (comments allowed). `file_name` is for messages and the default name. Errors:
/// malformed JSON with line and column; and every unknown field (with the nearest right name), wrong type,
/// unit or range, each with its JSON pointer, what was found and what is expected.
Result<Scenario> parse_scenario(std::string_view json, std::string_view file_name);

/// The same from a file; an unreadable file is an error too.
Result<Scenario> load_scenario(const std::string& path);

}  // namespace ringstorm
