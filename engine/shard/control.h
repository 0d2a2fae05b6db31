// The few words that the control thread and the shards say to each other while a run is on. Everything else a
// shard owns alone.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace ringstorm {

enum class StopRequest : std::uint8_t {
  none,
  gracefully,  ///< stop sending, wait for what is outstanding, close
  at_once,     ///< leave everything as it is
};

enum class ShardPhase : std::uint8_t {
  opening,   ///< connecting and upgrading
  ready,     ///< every connection is open or has failed; waiting for the common start
  running,   ///< warm-up, then the measured window
  draining,  ///< no new messages; waiting for replies
  closing,   ///< closing handshakes
  done,
};

/// Shared by all shards.
struct RunControl {
  std::atomic<StopRequest> stop{StopRequest::none};
  std::atomic<std::int64_t> start_ns{0};  ///< the common start in MonotonicClock, 0 until it is set

  /// Nothing until it is set.
  std::optional<Instant> start() const {
    const std::int64_t ns = start_ns.load(std::memory_order_acquire);
    return ns == 0 ? std::nullopt : std::optional(Instant{Duration{ns}});
  }
  void start_at(Instant start) {
    start_ns.store(start.time_since_epoch().count(), std::memory_order_release);
  }
};

/// One shard's answer, for the control thread to look at.
struct ShardStatus {
  std::atomic<ShardPhase> phase{ShardPhase::opening};
  std::atomic<bool> lags_too_much{false};  ///< beyond the scenario's cap: the run is to end
};

/// When things happened on one shard; read it after the shard is done.
struct ShardOutcome {
  Instant opened_at{};     ///< the last connection was up or had failed
  Instant window_begin{};  ///< measuring began; nothing was measured when it is not before window_end
  Instant window_end{};
  Duration waited{0};             ///< in the system call, in the measured window
  std::uint64_t outstanding = 0;  ///< messages neither answered nor failed
};

}  // namespace ringstorm
