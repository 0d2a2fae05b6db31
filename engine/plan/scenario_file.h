// Reads a scenario file, and says everything that is wrong with it at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/files.h"
#include "plan/scenario.h"

namespace ringstorm {

/// Parses a scenario's JSON (comments and trailing commas allowed), with the files it includes or takes rows
/// from and the settings laid over it, see scenario_text.h. `file_name` is for messages, the default name,
/// and the place of other files. Errors: malformed JSON with line and column; and every unknown field (with
/// the nearest right name), wrong type, unit or range, each with its JSON pointer, what was found and what is
/// expected.
Result<Scenario> parse_scenario(std::string_view json, std::string_view file_name,
                                const std::vector<std::string>& settings = {},
                                const ReadFile& read = read_any_file);

/// The same from a file; an unreadable file is an error too.
Result<Scenario> load_scenario(const std::string& path, const std::vector<std::string>& settings = {});

}  // namespace ringstorm
