// The exact distribution that rearranging the observations gives, as a list of values between any two of
// which the truth lies with the same probability. Tests and confidence bounds are counts in that list, so
// they never contradict each other. It knows numbers, not what they measure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stats/confidence.h"

namespace ringstorm {

/// Hartigan, "Using subsample values as typical values", JASA 64 (1969): when n scores are independent and
/// each is symmetric about the same centre, the means of their 2^n - 1 non-empty subsets cut the line into
/// 2^n parts, each of which holds the centre with probability 2^-n. Turning the signs of a subset undoes the
/// test exactly when the subset's mean is on the other side, so counting means is the sign-flip test (Fisher
/// 1935) and their order statistics are its confidence bounds.
///
/// Two batches work alike: exchanging as many of the one for as many of the other undoes the difference when
/// the difference of the exchanged means is on the other side, which is the permutation test.
class TypicalValues {
 public:
  /// Scores up to this many are judged by all their subsets; more by as many drawn with `seed`, which keeps
  /// the test valid (Phipson, Smyth 2010) at a resolution of 2^-16.
  static constexpr std::size_t kMostExact = 16;

  /// Of the centre of `scores`.
  static TypicalValues of_scores(std::span<const double> scores, std::uint64_t seed);
  /// Of how far `b` lies above `a`, when a shift is all that they differ in and their order in time was
  /// drawn.
  static TypicalValues of_batches(std::span<const double> a, std::span<const double> b, std::uint64_t seed);

  /// Against "the truth is at most `theta`": a probability in (0, 1], the smaller the less likely.
  double p_above(double theta) const;
  /// Against "the truth is at least `theta`".
  double p_below(double theta) const;

  /// The part of `alpha` that can be spent: the largest probability up to it that a p can have; 0 when none.
  double spendable(double alpha) const;
  /// The truth lies below (above) this but for a probability of `alpha`. Nothing when the scores are too few
  /// to bound it.
  std::optional<double> upper_bound(double alpha) const;
  std::optional<double> lower_bound(double alpha) const;
  /// Two-sided: `alpha` / 2 on either side.
  std::optional<Interval> interval(double alpha) const;

 private:
  explicit TypicalValues(std::vector<double> values) : values_(std::move(values)) {}
  double parts() const { return static_cast<double>(values_.size() + 1); }
  std::size_t rank(double alpha) const;
  double slack() const;

  std::vector<double> values_;  // sorted
};

}  // namespace ringstorm
