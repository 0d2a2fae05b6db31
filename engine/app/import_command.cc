#include <cstdio>

#include <fmt/core.h>

#include "app/commands.h"
#include "plan/files.h"
#include "plan/har_import.h"

namespace ringstorm {

int import_command(const ImportOptions& options) {
  const auto text = read_any_file(options.file);
  if (!text) return complain(text.errors(), exit_code::usage);
  const auto timing = options.timing == "close" ? ImportTiming::close : ImportTiming::keep;
  const auto scenario = import_har(*text, options.file, timing);
  if (!scenario) return complain(scenario.errors(), exit_code::usage);
  fmt::print("{}", *scenario);
  return exit_code::fine;
}

}  // namespace ringstorm
