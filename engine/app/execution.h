// One run from a plan to a report: the embedded server, the target's address, the shards, the verdict. What
// `ringstorm run` does once and `ringstorm capacity` again and again.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "app/machine.h"
#include "base/result.h"
#include "io/capabilities.h"
#include "plan/plan.h"
#include "report/report.h"
#include "runner/runner.h"

namespace ringstorm {

/// What is asked of the machine before anything runs.
struct Site {
  MachineFacts machine;
  Capabilities capabilities;
  std::optional<Calibration> calibration = {};  ///< for the reports, when this machine has one

  MachineLimits limits() const { return limits_of(machine, capabilities.direct_sockets); }
};

/// Raises the limit on open files, holds signals back for the runs to come and looks at the machine. Errors:
/// a kernel that lacks what the engine stands on.
Result<Site> prepare_site();

struct Execution {
  std::optional<Report> report;  ///< nothing when there were errors, or when it was abandoned
  std::vector<Error> errors;
  int exit_code = 0;  ///< of the program, when there is no report
};

/// Call it on the main thread. `tell` and `trace` may be empty.
Execution execute(const Plan& plan, const Site& site, const std::function<void(const Progress&)>& tell,
                  const TraceSink& trace = {});

}  // namespace ringstorm
