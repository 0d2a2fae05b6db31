// `ringstorm doctor --calibrate`: measures what this machine's timers, this generator's pacing and its rate
// come to, and keeps it for later reports. The only place that knows where it is kept.
#pragma once

#include <optional>
#include <string>

#include "app/execution.h"
#include "app/machine.h"
#include "base/result.h"
#include "report/calibration.h"

namespace ringstorm {

/// $XDG_CACHE_HOME/ringstorm/calibration.json, or below $HOME/.cache; empty when neither is an absolute path.
std::string calibration_path();

/// What a file of a calibration turned out to be. At most one of the two is there; neither when there is no
/// file.
struct StoredCalibration {
  std::optional<Calibration> calibration;  ///< of this machine
  std::string ignored;                     ///< why the file is not used
};
StoredCalibration load_calibration(const std::string& path, const MachineFacts& machine);

/// Replaces the file as a whole, and makes the folders on the way to it. Errors: any of that failed.
Status store_calibration(const std::string& path, const Calibration& calibration);

/// Takes about 10 s, on the main thread. Errors: the embedded server did not start, a run was interrupted, or
/// this machine cannot run it.
Result<Calibration> calibrate(const Site& site);

/// Some lines for a person.
std::string render_text(const Calibration& calibration);

}  // namespace ringstorm
