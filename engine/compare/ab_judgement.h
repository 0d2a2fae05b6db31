// What a record says: is b worse than a? A pure function, and deterministic: the same record gives the same
// judgement to the last digit, so that a stored record can be judged again anywhere. It knows no files,
// servers or formats.
//
// The round is the unit. A round's score is log(b / a); a metric's scores are judged by the exact sign-flip
// test (compare/typical_values.h), which assumes no distribution. alpha is divided over the gated metrics and
// the stall test, and spent over the looks in proportion to their rounds (Lan, DeMets 1983, with the linear
// spending function, as separate tests: what one look cannot spend in whole steps is left to the next).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compare/ab_record.h"
#include "stats/confidence.h"

namespace ringstorm {

/// Its values are the exit codes.
enum class AbVerdict : std::uint8_t {
  ok = 0,  ///< every gated metric got worse by less than its tolerance, if at all
  regressed =
      1,  ///< a gated metric got worse by its minimum effect or more, beyond chance; or stalls are new
  inconclusive = 2,  ///< neither can be said
  not_valid = 3,     ///< nothing can be said: see AbRecord::invalid
};
std::string_view to_string(AbVerdict verdict);  ///< "ok", "regressed", "inconclusive", "not valid"

/// A share of a's value: 0.05 for b 5 % above, whichever is better.
using AbChange = double;

struct MetricJudgement {
  std::size_t metric = 0;  ///< in AbRecord::metrics
  /// Of this metric alone. `ok` and `regressed` are said of metrics that do not gate too, by the same rules
  /// and without any part of alpha of their own.
  AbVerdict verdict = AbVerdict::inconclusive;
  bool improved = false;          ///< better by the minimum effect, at the same level as `regressed`
  std::size_t rounds = 0;         ///< that measured it; both sides together for AbDesign::batches
  std::optional<double> value_a;  ///< the level, in the metric's unit
  std::optional<double> value_b;
  std::optional<AbChange> change;       ///< b against a
  std::optional<Interval> interval;     ///< of the change, 95 %, for this look alone; nothing: too few rounds
  std::optional<AbChange> worse_bound;  ///< it got worse by less than this, at the level that ok takes
  std::optional<double> p_worse;        ///< of the test against "no worse"
  double level = 0;                     ///< p_worse is held against this; 0: this look is too early for any p
  /// The least true worsening that would be called a regression with a probability of 80 % by the last look,
  /// with as much noise as was seen. Nothing when none would, however large (too few rounds for alpha), or
  /// when the noise is not known (fewer than two rounds).
  std::optional<AbChange> minimum_detectable;
};

struct StallJudgement {
  std::uint64_t a = 0;  ///< stalls on one side that the other did not have at the same time
  std::uint64_t b = 0;
  double p_more = 1;  ///< against "no more on b than on a": McNemar's exact test
  double level = 0;
  bool regressed = false;
};

struct AbJudgement {
  AbVerdict verdict = AbVerdict::inconclusive;
  std::vector<std::string> reasons;      ///< sentences, the one that decided first; empty when ok
  std::vector<MetricJudgement> metrics;  ///< one for each of AbRecord::metrics
  std::optional<StallJudgement> stalls;  ///< nothing when they are not judged
  std::size_t rounds = 0;                ///< judged: those that count, up to the look that decided
  std::size_t rounds_counting = 0;       ///< of all that were measured
  std::uint64_t pairs_kept = 0;
  std::uint64_t pairs_dropped = 0;
  std::map<std::string, std::uint64_t> dropped;  ///< pairs by reason
  std::map<std::string, std::uint64_t> spoiled;  ///< rounds by reason
  /// How many counting rounds there should be at the next look; nothing when it is decided or the last look
  /// is over.
  std::optional<std::uint32_t> next_look;
};

/// Judges at each look for which there are rounds, in order, and ends at the first that decides: rounds
/// measured beyond it change nothing.
AbJudgement judge(const AbRecord& record);

/// How it stands now, with every round that counts and without spending anything: for progress. The verdict
/// of every metric is inconclusive.
std::vector<MetricJudgement> estimates_so_far(const AbRecord& record);

/// The change that a worsening by `share` is: +0.05 where lower is better, -0.05 where higher is.
AbChange as_change(const AbMetric& metric, double share);

}  // namespace ringstorm
