// What a run was and what it found: plain data, complete, from which every sink makes its bytes and nothing
// else.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/socket_tuning.h"
#include "plan/addressing.h"
#include "plan/plan.h"
#include "report/calibration.h"
#include "report/thresholds.h"
#include "stats/generator_load.h"
#include "stats/interval.h"
#include "stats/measurements.h"

namespace ringstorm {

/// What the load cost the machine that made it.
struct GeneratorUsage {
  Duration cpu_user{0};    ///< of the shards' threads, in the measured window alone
  Duration cpu_system{0};  ///< likewise
  std::uint64_t max_rss_bytes = 0;
  unsigned cores = 0;  ///< the process may run on
  GeneratorLoad load;
};

/// The machine and the build, as far as they can change a figure. No host name: reports are published.
struct Environment {
  std::string kernel;  ///< "6.18.0"
  std::string cpu_model;
  std::string clock_source;  ///< "kvm-clock"
  std::string governor;      ///< of the frequency, "unknown" where the machine has none
  std::string liburing;      ///< "2.3"
  std::string version;       ///< of ringstorm
  std::string commit;
  unsigned cores = 0;                                       ///< online in the machine
  std::vector<std::pair<std::string, bool>> ring_features;  ///< name and whether the run used it
  std::optional<Calibration> calibration;  ///< what `doctor --calibrate` found on this machine, when it did
};

/// What came of it, for a person and for a CI job.
struct Verdict {
  /// The program's exit codes that a run can end with; 4, a usage or scenario error, never gets as far as a
  /// report.
  enum Code : int { fine = 0, threshold_failed = 1, inconclusive = 2, not_valid = 3, target_failed = 5 };
  int exit_code = fine;
  bool generator_limited = false;  ///< the generator may have made the figures, see report/generator_limits.h
  std::vector<std::string> reasons;  ///< the one that decided first; empty when fine

  /// The figures tell what the plan asked for, whether or not a threshold liked them.
  bool valid() const { return exit_code == fine || exit_code == threshold_failed; }
};

struct Report {
  explicit Report(MeasuredParts parts = {}) : measurements(parts) {}

  Plan plan;
  Destination destination;    ///< what became of the plan's target
  Measurements measurements;  ///< of all shards, from the first connect to the last close
  std::uint64_t outstanding =
      0;  ///< messages neither answered nor failed when the run ended, counted by the shards
  std::vector<IntervalRow> intervals;
  GeneratorUsage usage;
  Environment environment;
  std::vector<ThresholdResult> thresholds;
  /// What the embedded server counted, as it printed it; empty for any other target.
  std::string server_counts;
  /// What a socket of each shard had; nothing for a shard that connected none, or where the kernel cannot
  /// say.
  std::vector<std::optional<SocketValues>> sockets;
  Verdict verdict;  ///< judge(facts_of(report)), see report/verdict.h
  std::chrono::system_clock::time_point started_at{};
  Duration opening{0};       ///< from the start until the last connection was up or had failed
  Duration window_start{0};  ///< when measuring began, after the start
  Duration window{0};        ///< how long it measured
  Duration total{0};         ///< from the start until the last connection had ended
  /// The threshold that ended the run before its planned end; empty when none did.
  std::string aborted_by;
  bool lagged = false;       ///< the generator lagged beyond the scenario's cap, which ended the run
  bool interrupted = false;  ///< by a signal, before its planned end
};

/// Answered messages of the measured window for each second of the shards' CPU time, the score of a load
/// generator. Nothing when the window cost no measurable time.
std::optional<double> messages_per_cpu_second(const Report& report);

/// `count` a second over the measured window; 0 when there was none.
double per_second(const Report& report, std::uint64_t count);

/// A failure table by name: most frequent first, then in order of the name. Failures without a cause are
/// "other".
struct NamedFailure {
  std::string cause;
  std::uint64_t count = 0;
  std::string sample;  ///< the first bytes a peer sent with it, raw; may be empty
};
std::vector<NamedFailure> by_name(const FailureTable& failures);

}  // namespace ringstorm
