// Runs a plan on this machine: starts the shards, gives them one start, gathers what they measured. The
// control thread is the caller's; it never touches a shard's memory.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/socket_tuning.h"
#include "io/capabilities.h"
#include "plan/plan.h"
#include "shard/control.h"
#include "shard/frame_trace.h"
#include "shard/target_addresses.h"
#include "stats/generator_load.h"
#include "stats/interval.h"
#include "stats/measurements.h"

namespace ringstorm {

/// Where a run stands, told about once a second.
struct Progress {
  enum class Stage : std::uint8_t { opening, warming_up, measuring, draining, closing };
  Stage stage = Stage::opening;
  Duration elapsed{0};  ///< since the run began
  std::uint64_t connections_up = 0;
  std::uint64_t errors = 0;        ///< so far
  double messages_per_second = 0;  ///< answered, or sent where nobody answers, in the last interval
  std::optional<Duration> latency_p99;
  std::optional<Duration> left;  ///< of the measured window, when it is bounded by time
};

struct RunResult {
  explicit RunResult(MeasuredParts parts = {}) : measurements(parts) {}

  Measurements measurements;
  std::vector<IntervalRow> intervals;
  std::uint64_t outstanding = 0;
  Duration opening{0};
  Duration window_start{0};
  Duration window{0};
  Duration total{0};
  Duration cpu_user{
      0};  ///< of this process in the measured window: every thread, and the kernel's workers for it
  Duration cpu_system{0};
  GeneratorLoad load;  ///< in the measured window
  /// What a socket of each shard had; nothing for a shard that connected none, or where the kernel cannot
  /// say.
  std::vector<std::optional<SocketValues>> sockets;
  bool lagged = false;       ///< the generator lagged beyond the scenario's cap, which ended the run
  bool interrupted = false;  ///< a signal ended it before its planned end
  bool ended_early = false;  ///< because `should_end` said so
  bool abandoned = false;    ///< a second signal: nothing was finished and nothing should be reported
};

/// What a run is watched with, on the control thread, about once a second.
struct RunWatch {
  std::function<void(const Progress&)> tell = {};
  /// Whether it should end now, in good order: asked with all that has been measured, its rows, and for how
  /// long the measured window has been open. May be empty.
  std::function<bool(const Measurements&, std::span<const IntervalRow>, Duration)> should_end = {};
  /// Is shown every frame of a run with sessions, on the shards' threads. May be empty.
  TraceSink trace = {};
};

/// Runs that begin at the same instant, when all of them have opened their connections, and hear the same
/// requests to stop.
struct RunGroup {
  explicit RunGroup(unsigned runs) : opening(runs) {}

  RunControl control;
  std::atomic<unsigned> opening;         ///< runs that are not ready yet
  std::atomic<bool> interrupted{false};  ///< by a first signal
};

/// Runs to the end, or until SIGINT or SIGTERM: the first stops early and in good order, the second at once.
/// Both signals are blocked and taken by this function. Errors: a ring that cannot be opened.
Result<RunResult> run_plan(const Plan& plan, const TargetAddresses& targets, const Capabilities& capabilities,
                           const RunWatch& watch);
/// The same as one of a group, each on a thread of its own.
Result<RunResult> run_plan(const Plan& plan, const TargetAddresses& targets, const Capabilities& capabilities,
                           const RunWatch& watch, RunGroup& group);

/// Blocks SIGINT and SIGTERM in this thread and those it starts from now on, so that only run_plan sees them.
void hold_back_signals();

/// Between runs, with the signals held back: sleeps until `until`; true at once when SIGINT or SIGTERM comes.
bool sleep_or_signal(Instant until);

}  // namespace ringstorm
