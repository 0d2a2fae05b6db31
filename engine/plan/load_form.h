// How a scenario writes its load: the forms of a rate, and stages. What they come to is `LoadPlan`, see
// plan.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/units.h"

namespace ringstorm {

/// "50k/s", {"from": .., "to": ..}, the same with "steps", or {"burst": .., "every": ..}.
struct RateForm {
  enum class Kind : std::uint8_t { steady, ramp, steps, burst };
  Kind kind = Kind::steady;
  Rate from{0, seconds(1)};  ///< steady: the rate; 0 events are a silence
  Rate to{0, seconds(1)};    ///< ramp, steps
  std::uint64_t steps = 0;   ///< steps: so many steady rates in a row, the first `from`, the last `to`; >= 2
  std::uint64_t burst = 0;
  Duration every{0};
  friend bool operator==(const RateForm&, const RateForm&) = default;
};

/// One of /stages.
struct StageForm {
  std::string name;              ///< what thresholds and the report call it; "1", "2", ... by default
  std::optional<RateForm> rate;  ///< nothing: the rate that the stage before ended with
  Duration length{0};            ///< "for"
  std::optional<std::uint64_t> connections;  ///< reached evenly by its end; nothing: as many as before
  friend bool operator==(const StageForm&, const StageForm&) = default;
};

enum class Senders : std::uint8_t {
  round_robin,  ///< the connections take turns
  random,       ///< any of them, from the seed
  each,         ///< the rate is that of every connection by itself
};

/// What becomes of a run that the generator itself may have spoiled.
enum class GeneratorLimits : std::uint8_t {
  fail,    ///< it is not valid
  report,  ///< it says so, and counts all the same
};

enum class WhenFull : std::uint8_t {
  wait,  ///< a due message waits for room with its intended time kept
  shed,  ///< it is dropped and counted
};

}  // namespace ringstorm
