// What `ringstorm doctor --calibrate` found a machine able to do, as data and as the JSON it is kept in. It
// measures nothing and knows no file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "base/result.h"

namespace ringstorm {

/// How much later than asked something happened.
struct Lateness {
  Duration p50{0};
  Duration p99{0};
  Duration max{0};
  friend bool operator==(const Lateness&, const Lateness&) = default;
};

struct Calibration {
  std::string kernel;              ///< release, as in Environment
  std::string cpu_model;           ///< likewise
  Lateness timer;                  ///< of bare absolute sleeps to every millisecond, timer slack at its least
  Lateness pacing_first;           ///< send lag of an open loop that sleeps between messages (waiting: first)
  Lateness pacing_spin;            ///< send lag of an open loop that never sleeps (waiting: spin)
  double messages_per_second = 0;  ///< answered, of a closed loop with much in flight
  double messages_per_cpu_second = 0;  ///< of the same; 0 when it took no measurable time
  friend bool operator==(const Calibration&, const Calibration&) = default;
};

/// {"schema": "ringstorm.calibration/1", "kernel", "cpu_model", "timer", "pacing", "maximum"}, nanoseconds.
nlohmann::ordered_json to_json(const Calibration& calibration);

/// What to_json wrote. Errors: not JSON, another schema, a field that is missing, of another type or
/// negative.
Result<Calibration> parse_calibration(std::string_view text);

/// True when it was made on a machine with this kernel and this processor.
bool is_of(const Calibration& calibration, std::string_view kernel, std::string_view cpu_model);

}  // namespace ringstorm
