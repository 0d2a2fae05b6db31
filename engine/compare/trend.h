// A history of one figure, and where it changed. Pure: values in order of time in, places out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compare/stored_result.h"

namespace ringstorm {

struct ChangePoint {
  std::size_t at = 0;  ///< the first value after the change
  double before = 0;   ///< the mean from the change before, or the start, until here
  double after = 0;    ///< the mean until the next change, or the end
  double p = 1;        ///< of the permutation test that found it
};

/// Where the distribution of `values` changes, in order: E-divisive (Matteson, James, "A nonparametric
/// approach for multiple change point analysis of multivariate data", JASA 109, 2014) with exponent 1, by
/// bisection: the split with the greatest energy distance between its sides, when at most `level` of the
/// seeded permutations have a greater one; then both sides by themselves. A side has at least kLeastSegment
/// values. The last kLongestHistory values are looked at.
std::vector<ChangePoint> change_points(std::span<const double> values, double level, std::uint64_t seed);
inline constexpr std::size_t kLeastSegment = 3;
inline constexpr std::size_t kLongestHistory = 500;

/// The results of one scenario on one class of machine, in order of time.
struct History {
  std::string scenario;
  std::string machine;
  std::vector<StoredResult> results;
};
/// Results that are not valid are left out, and copies of one, such as its baseline, count once.
std::vector<History> histories(std::vector<StoredResult> results);

/// The metrics that every history's results have among them, in order of their names.
std::vector<std::string> metrics_of(const History& history);

/// Apache Otava's CSV input: "time,commit" and a column for each metric; nothing where a result lacks one.
std::string otava_csv(const History& history);

/// For a person: each metric with its changes.
std::string trend_text(const History& history);

}  // namespace ringstorm
