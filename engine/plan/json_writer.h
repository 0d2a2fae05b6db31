// Writes JSON that was read back as JSON, without comments and spaces.
#pragma once

#include <string>

#include "plan/json_tree.h"

namespace ringstorm {

std::string write_json(const JsonNode& node);

}  // namespace ringstorm
