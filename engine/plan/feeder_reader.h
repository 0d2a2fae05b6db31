// Reads a scenario's feeders from its JSON, and their tables from the files they name.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/feeder.h"
#include "plan/json_findings.h"

namespace ringstorm {

inline constexpr std::string_view kExpectedFeeders =
    "an object of names with a feeder each, such as {\"users\": {\"file\": \"users.csv\"}}";

struct NamedText {
  std::string name;  ///< the path it was read from
  Result<std::string> text;
};

/// Those that can be read. `open` gives the file that a node names.
std::vector<Feeder> read_feeders(const JsonNode& object, const std::string& pointer,
                                 const JsonFindings& findings,
                                 const std::function<NamedText(const JsonNode& file)>& open);

}  // namespace ringstorm
