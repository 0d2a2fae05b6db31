// `ringstorm doctor`: what this machine has, what it lacks and what that costs, judged against a load of a
// given size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/calibration.h"
#include "app/machine.h"
#include "io/capabilities.h"

namespace ringstorm {

struct DoctorOptions {
  std::uint64_t connections = 1000;  ///< the load that the machine is judged against
  bool json = false;
  bool calibrate = false;  ///< measure this machine too, and keep what it comes to
};

struct DoctorFacts {
  MachineFacts machine;
  Capabilities capabilities;
};

enum class Mark : std::uint8_t {
  ok,
  note,  ///< it will run, with the cost that the remark names
  bad,   ///< a run of this size cannot start or cannot succeed
};

struct Finding {
  std::string group;  ///< "kernel", "io_uring", "limits", "machine"
  std::string name;
  Mark mark = Mark::ok;
  std::string found;
  std::string remark;  ///< what it costs or what to do; empty when there is nothing to say
};

/// The judgement, a pure function of the facts.
std::vector<Finding> examine(const DoctorFacts& facts, std::uint64_t connections);

/// What is known of this machine from an earlier `doctor --calibrate`; `path` is where it is kept.
Finding calibration_finding(const StoredCalibration& stored, const std::string& path);

/// True when nothing is marked bad.
bool is_fit(const std::vector<Finding>& findings);

/// One line a finding, grouped, with the verdict as the last line.
std::string render_text(const std::vector<Finding>& findings, std::uint64_t connections);

/// {"schema": "ringstorm.doctor/1", "connections", "fit", "findings": [{"group", "name", "mark", "found",
/// "remark"}], "calibration"}, the last one null when nothing was measured.
std::string render_json(const std::vector<Finding>& findings, std::uint64_t connections,
                        const std::optional<Calibration>& calibration = {});

/// Gathers, judges and prints. Returns 0 when the machine is fit, and 4 when it is not: a run of that size
/// would be refused with the same code. With `calibrate` it measures in between, and returns 4 as well when
/// that fails or cannot be kept.
int run_doctor(const DoctorOptions& options);

}  // namespace ringstorm
