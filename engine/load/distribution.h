// A distribution of durations, as a person writes it: how long a server thinks, how long a client waits. Pure
// and seeded: the same generator gives the same durations on every machine, to the rounding of its libm.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/prng.h"
#include "base/result.h"

namespace ringstorm {

class Distribution {
 public:
  /// Longer than any duration that can be written or sampled.
  static constexpr Duration kLongest = seconds(720 * 3600);

  /// "fixed 2ms" or "2ms" | "uniform 1ms 5ms" | "exponential 2ms" (the mean) | "lognormal 2ms 0.5" (the
  /// median, and the standard deviation of the logarithm) | "quantiles 0:1ms 0.5:2ms 1:50ms" (straight lines
  /// between the points, which begin at 0 and end at 1). Times are written as in units.h, without a space
  /// before the unit. The error says what was found and what was expected, and leaves its place to the
  /// caller.
  static Result<Distribution> parse(std::string_view text);

  /// One draw, which takes exactly one number of `random`, whatever the shape.
  Duration sample(Prng& random) const { return quantile(random.unit()); }
  /// The duration that a share `q` of all draws, 0 to 1, does not exceed; to the nearest nanosecond, and
  /// kLongest at most, where an exponential or lognormal one has no end.
  Duration quantile(double q) const;
  /// Reads back as the same distribution.
  std::string to_string() const;

  friend bool operator==(const Distribution&, const Distribution&) = default;

 private:
  enum class Shape : std::uint8_t { fixed, uniform, exponential, lognormal, quantiles };
  struct Point {
    double q = 0;
    Duration value{0};
    friend bool operator==(const Point&, const Point&) = default;
  };

  friend class DistributionReader;
  double between_points(double q) const;

  Shape shape_ = Shape::fixed;
  Duration low_{0};   ///< fixed, exponential, lognormal: the parameter
  Duration high_{0};  ///< uniform
  double sigma_ = 0;
  std::vector<Point> points_;
};

}  // namespace ringstorm
