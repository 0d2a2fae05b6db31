// What `ringstorm ab` is asked to compare, and how each round of it is laid out. Plain data and pure
// functions.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "plan/scenario.h"

namespace ringstorm {

/// One of the two servers, as it was given.
struct AbServer {
  std::string text;  ///< a command with {port} in it, or the URL of a running server
  bool is_url = false;
};

struct AbSetup {
  Scenario scenario;
  std::array<AbServer, 2> servers;
  std::size_t pairs = 30;            ///< of slices in a round, in each of its two parts; > 0
  std::size_t connection_pairs = 6;  ///< of times that connections are opened as fast as they come
  Duration slice = milliseconds(100);
  Duration warmup = seconds(2);     ///< of each round, both sides taking turns as in what is measured
  Duration patience = seconds(10);  ///< until a server listens
  /// No round begins that, by the longest before it, would not be over by then.
  std::optional<Duration> at_most;
  Duration grace = seconds(2);  ///< for a server to end
};

/// What one round teaches the next ones. It is the same for both sides.
struct AbPace {
  std::optional<Rate> rate;  ///< of the latency slices
  Duration gap = milliseconds(20);
};

/// One side of `ab`, or what is wrong with it. `flag` names it: "--a".
Result<AbServer> parse_ab_server(const std::string& flag, const std::string& text);

/// What in a scenario cannot be asked of two servers in turns: stages, a rate that changes, messages that
/// bound it, a target that does not answer, faults of a server that ringstorm starts itself.
std::vector<Error> find_ab_mistakes(const Scenario& scenario);

/// Where a server that listens on `port` of this machine is asked for the scenario's resource.
std::string local_url(const Scenario& scenario, const std::string& host_and_port);

/// `base` for the slices at saturation: a closed loop, each connection with its messages in flight.
Scenario saturating(const Scenario& base, const std::string& url);
/// `base` for the slices at a fixed rate.
Scenario paced(const Scenario& base, const std::string& url, Rate rate);
/// `base` for opening connections and nothing else.
Scenario connecting(const Scenario& base, const std::string& url);

/// The rate of the latency slices when the scenario has none: half of what the slower side answered, to two
/// digits, so that neither is near saturation.
Rate rate_below(double answered_per_second_a, double answered_per_second_b);

/// Long enough for the p99 of one slice to have ten messages beyond it, but from `shortest` to 250 ms.
Duration latency_slice(Rate rate, Duration shortest);

/// The gap after a slice when `p999` was the longest latency of nearly all messages.
Duration guard_gap(Duration p999);

}  // namespace ringstorm
