// Whether a run may be believed, and the exit code that says so: a pure function of what happened.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "report/generator_limits.h"
#include "report/report.h"
#include "stats/measurements.h"

namespace ringstorm {

/// All that the verdict depends on.
struct RunFacts {
  std::uint64_t connections_planned = 0;
  std::uint64_t outstanding =
      0;  ///< counted apart from the other messages, so that their sum proves something
  std::uint64_t service_count = 0;  ///< samples in the service histogram
  std::uint64_t latency_count = 0;  ///< and in the latency histogram
  std::uint64_t close_timeouts = 0;
  std::optional<Duration> max_send_lag;  ///< the scenario's cap
  bool lagged = false;                   ///< the generator lagged beyond it
  bool cut_short_on_purpose = false;     ///< by that, or by a threshold
  GeneratorFacts generator;
  bool accepts_limited_generator = false;  ///< it is said, and decides nothing
  std::vector<ThresholdResult> thresholds;
  bool sends = true;  ///< the plan has messages in flight
  bool expects_replies = true;
  bool interrupted = false;
  Counters counters;
  DeliveryCounts deliveries;
  std::vector<NamedFailure> failures;  ///< most frequent first
};

GeneratorFacts generator_facts_of(const Report& report);
RunFacts facts_of(const Report& report);

/// Finds everything that holds and lets the gravest decide, in this order:
///   3  a sum does not close: ringstorm itself is wrong, and no figure can be trusted
///   5  nothing opened; more than half of the planned connections failed or were lost; or messages were sent
///   and none
///      was answered although the target answers. Names the most frequent cause. A server that leaves our
///      close unanswered has still served the run, so its connections do not count as lost here.
///   3  the completion queue overflowed, nothing was sent, or nothing recorded though messages were answered
///   3  the generator lagged beyond the scenario's cap, or limited what was measured (generator_limits.h)
///   1  a threshold failed
///   2  a threshold could not be judged, for want of samples
///   2  interrupted, or over before every planned connection had been tried
///   0  none of these
/// An interrupted run is not blamed for what it had no time for.
Verdict judge(const RunFacts& facts);

}  // namespace ringstorm
