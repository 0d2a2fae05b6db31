#include <cstdio>

#include <fmt/core.h>

#include "app/commands.h"
#include "app/scenario_schema.h"

namespace ringstorm {

int schema_command() {
  fmt::print("{}", kScenarioSchema);
  return exit_code::fine;
}

}  // namespace ringstorm
