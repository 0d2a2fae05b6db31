// What one step of a search for capacity runs, and what it makes of the report. Pure: it runs nothing, and
// knows neither the search's policy nor how its result is shown.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/capacity_search.h"
#include "base/clock.h"
#include "plan/scenario.h"
#include "report/report.h"
#include "stats/estimate.h"

namespace ringstorm {

/// What is searched for its highest value.
enum class SearchedLoad : std::uint8_t {
  rate,         ///< messages per second of the whole run, in an open loop
  connections,  ///< open at once, each with the scenario's load
  open_rate,    ///< connections opened per second
};
inline constexpr std::array<std::string_view, 3> kSearchedLoads{"rate", "connections", "open-rate"};

/// What follows a figure of it: "/s", " connections", " connections/s".
std::string_view unit_of(SearchedLoad searched);

/// The highest quantile of a message's time in `slo`, which decides how long a step must be; 0 when there is
/// none.
double highest_quantile(const std::vector<Threshold>& slo);

/// `base` at a load: steady, without stages, bounded by `at_least` of time. The connections open in its
/// warm-up, so that what is measured is not the opening; for SearchedLoad::open_rate they open in the window.
Scenario scenario_at(const Scenario& base, SearchedLoad searched, double load, Duration at_least);

/// A step that was run, as the table and the JSON show it.
struct CapacityRecord {
  CapacityStep step;
  StepOutcome outcome = StepOutcome::invalid;
  double achieved = 0;          ///< in the unit of the load
  std::optional<Estimate> p50;  ///< latency from the intended time
  std::optional<Estimate> p99;
  std::optional<Duration> send_lag_p99;
  std::vector<ThresholdResult> slo;
  Duration window{0};
  std::vector<std::string> reasons;  ///< why it is not met
};

/// A run is met when every threshold held and at least 99 % of the load was achieved (95 % of an opening
/// rate, which the last handshake ends late).
CapacityRecord record_of(const CapacityStep& step, SearchedLoad searched, const Report& report);

/// A load that this machine cannot even plan, after others that it could: the generator is the limit.
CapacityRecord impossible_step(const CapacityStep& step, const std::vector<Error>& errors);

}  // namespace ringstorm
