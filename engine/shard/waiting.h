// How long a busy shard waits: the waiting policies as a pure function.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"
#include "io/ring.h"
#include "plan/scenario.h"

namespace ringstorm {

/// How long a stop request or the common start may go unnoticed while nothing else happens.
inline constexpr Duration kHeartbeat = milliseconds(5);

/// `batch` waits for so many completions at most, within its bound: more buys little (see bench/README.md).
inline constexpr std::uint32_t kBatchCompletions = 16;
/// And for no more than one of so many connections: a few that are all waited for would stand still
/// meanwhile.
inline constexpr std::uint64_t kConnectionsPerCompletion = 6;

/// What `policy` makes of a wait that would end with its first completion. A wait that polls already goes on
/// polling.
inline Wait with_policy(Wait wait, Waiting policy, Duration batch_delay, std::uint64_t connections) {
  if (wait.completions == 0) return wait;
  switch (policy) {
    case Waiting::first: break;
    case Waiting::spin: wait.completions = 0; break;
    case Waiting::batch:
      wait.completions = std::clamp(static_cast<std::uint32_t>(connections / kConnectionsPerCompletion), 1U,
                                    kBatchCompletions);
      wait.at_most_after_first = batch_delay;
      break;
  }
  return wait;
}

}  // namespace ringstorm
