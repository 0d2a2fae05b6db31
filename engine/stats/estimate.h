// Figures of a distribution of which some values are only known from below: messages that were due or
// unanswered when the run ended ("at least this long"). It reads two histograms and merges no copy.
#pragma once

#include <optional>

#include "base/clock.h"
#include "stats/histogram.h"

namespace ringstorm {

/// What is known of a figure: it lies in [value, at_most], to a histogram's 0.1 %. Right-censoring only ever
/// hides that a figure is larger, so `value` is never too large.
struct Estimate {
  Duration value{0};      ///< with each censored message counted at its bound, as if just answered
  bool at_least = false;  ///< the truth may be larger: print "> value"
  std::optional<Duration>
      at_most;  ///< as if censored messages were never answered; nothing: no bound is known
};

/// The q-quantile (0 <= q <= 1) of `recorded` values and `censored` lower bounds together.
///
/// The least it can be is the value at rank ceil(q n) when every censored message ends at its bound. The most
/// is the value at that rank when none ever ends. `at_least` when the two differ:
///   - the censored share exceeds 1 - q: the rank is not among the recorded values, and nothing bounds it
///   from
///     above (`at_most` is nothing), or
///   - a censored bound lies below the value, and the recorded values at or below it are fewer than the rank:
///   the
///     message may have ended below or above (`at_most` is a later recorded value).
/// A bound beyond the value takes nothing from it: that message lies above either way.
///
/// Nothing below the sample floor of `q`, which counts both (see Histogram::sample_floor): a censored message
/// is a sample, of which less is known. Costs a walk over the buckets in use, 28 thousand at most.
std::optional<Estimate> estimate_quantile(const Histogram& recorded, const Histogram& censored, double q);

/// Nothing when both are empty. A mean or a maximum has no upper bound as soon as one message is censored.
std::optional<Estimate> estimate_min(const Histogram& recorded, const Histogram& censored);
std::optional<Estimate> estimate_mean(const Histogram& recorded, const Histogram& censored);
std::optional<Estimate> estimate_max(const Histogram& recorded, const Histogram& censored);

/// A 95 % confidence interval; a side is nothing where the samples do not bound it.
struct DurationInterval {
  std::optional<Duration> low;
  std::optional<Duration> high;
};

/// Of the q-quantile, by order statistics (see quantile_ranks): from the least its lower rank can be to the
/// most its upper rank can be, so censoring widens it. Independent of any sample floor.
DurationInterval quantile_interval(const Histogram& recorded, const Histogram& censored, double q);

/// Of the mean, which is close to normal for 30 samples and more. Nothing below that, and nothing when
/// messages are censored: their spread is not known.
DurationInterval mean_interval(const Histogram& recorded, const Histogram& censored);

}  // namespace ringstorm
