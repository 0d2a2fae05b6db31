// One round of a comparison: fresh servers, slices at saturation, slices at a fixed rate, connections opened
// as fast as they come; then the servers are stopped. What it found goes into an AbRound; it judges nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/ab_setup.h"
#include "app/execution.h"
#include "base/result.h"
#include "compare/ab_record.h"

namespace ringstorm {

/// The metrics that a round measures, by their names in plan/gate.h: the order of a slice's values.
inline constexpr std::array<std::string_view, 6> kAbMeasured{
    "throughput", "latency.p50", "latency.p99", "latency.p99.9", "connection_rate", "cpu_per_message"};
/// Of servers whose processor time nobody tells: those that were not started here.
inline constexpr std::size_t kAbMeasuredWithoutCpu = kAbMeasured.size() - 1;

struct AbRoundResult {
  enum class End : std::uint8_t {
    complete,
    interrupted,  ///< by a first signal; the round is not whole
    abandoned,    ///< by a second one
    failed,       ///< see errors
  };
  End end = End::complete;
  AbRound round;
  std::vector<Error> errors;
  std::vector<std::string> notes;  ///< for a person: a server that had to be killed
};

class AbRoundRunner {
 public:
  /// `folder` takes the servers' output. `begin` is when the record began.
  AbRoundRunner(const AbSetup& setup, const Site& site, std::string folder, Instant begin)
      : setup_(setup), site_(site), folder_(std::move(folder)), begin_(begin) {}

  /// `tell` hears which part of the round begins. Call it on the main thread.
  AbRoundResult measure(std::uint64_t seed, const std::function<void(const char*)>& tell);

  const AbPace& pace() const { return pace_; }

 private:
  const AbSetup& setup_;
  const Site& site_;
  const std::string folder_;
  const Instant begin_;
  AbPace pace_;
};

/// Those of kAbMeasured that can be measured here.
std::span<const std::string_view> measured_metrics(const AbSetup& setup);

/// The plan for one server as it will run, for its cores and to find what is wrong before anything starts.
Result<Plan> trial_plan(const AbSetup& setup, const Site& site, std::size_t side);

/// The cores for the servers: those that the generator does not use. Empty: there are none to keep apart.
std::vector<int> server_cores(const Plan& plan);

}  // namespace ringstorm
