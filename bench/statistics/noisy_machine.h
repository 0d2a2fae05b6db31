// A machine whose speed changes under whoever measures on it, as a seeded stretch of time. What it does is
// what was seen on small virtual machines: neighbouring tenths of a second resemble one another (correlation
// 0.9), minutes drift, others' work comes and goes.
#pragma once

#include <string_view>
#include <vector>

#include "base/prng.h"

namespace ringstorm::statistics {

/// Standard deviations are of the logarithm of the rate.
struct Mood {
  std::string_view name;
  double fast = 0;           ///< what lasts about a second
  double slow = 0;           ///< what lasts about a minute
  double burst_every_s = 0;  ///< others' work; 0 for none
  double burst_depth = 0;    ///< the logarithm it takes while it lasts, 2 s on average
  double white = 0;          ///< of each tenth of a second by itself
  double luck = 0;           ///< of a server's own start, as long as it lives
  double period_s = 0;       ///< of a disturbance that comes again and again; 0 for none
};

class Machine {
 public:
  Machine(const Mood& mood, double seconds, Prng& prng);
  /// The mean logarithm of its speed over [from, from + length), which lies within its time.
  double speed(double from, double length, Prng& prng) const;
  double seconds() const { return static_cast<double>(steps_.size()) * kStep; }

 private:
  static constexpr double kStep = 0.05;
  Mood mood_;
  std::vector<double> steps_;
};

/// Mean 0, deviation 1 (Box, Muller 1958).
double normal(Prng& prng);

}  // namespace ringstorm::statistics
