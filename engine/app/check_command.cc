#include <cstdio>

#include <fmt/core.h>

#include "app/commands.h"
#include "app/machine.h"
#include "io/capabilities.h"
#include "plan/plan.h"

namespace ringstorm {

int complain(const std::vector<Error>& errors, int code) {
  std::fflush(stdout);
  for (const Error& error : errors) fmt::print(stderr, "ringstorm: {}\n", to_string(error));
  return code;
}

int check_command(const CheckOptions& options) {
  const auto scenario = options.scenario.scenario();
  if (!scenario) return complain(scenario.errors(), exit_code::usage);
  raise_open_files();
  const Capabilities capabilities = probe_capabilities();
  const auto plan = make_plan(*scenario, limits_of(gather_machine_facts(), capabilities.direct_sockets));
  if (!plan) return complain(plan.errors(), exit_code::usage);
  fmt::print("{}", describe(*plan));
  return exit_code::fine;
}

}  // namespace ringstorm
