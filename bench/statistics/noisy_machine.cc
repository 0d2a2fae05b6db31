#include "statistics/noisy_machine.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ringstorm::statistics {
namespace {

constexpr double kFastSeconds = 1.0;  // e^-0.1 is 0.905 from one tenth of a second to the next
constexpr double kSlowSeconds = 60.0;
constexpr double kBurstSeconds = 2.0;

/// An Ornstein-Uhlenbeck process: what is left of a value after a step, and what comes in its place.
class Wander {
 public:
  Wander(double deviation, double lasting_s, double step_s, Prng& prng)
      : kept_(std::exp(-step_s / lasting_s)), deviation_(deviation), value_(deviation * normal(prng)) {}
  double next(Prng& prng) {
    value_ = kept_ * value_ + std::sqrt(1 - kept_ * kept_) * deviation_ * normal(prng);
    return value_;
  }

 private:
  double kept_;
  double deviation_;
  double value_;
};

}  // namespace

double normal(Prng& prng) {
  const double radius = std::sqrt(-2 * std::log(1 - prng.unit()));
  return radius * std::cos(2 * std::numbers::pi * prng.unit());
}

Machine::Machine(const Mood& mood, double seconds, Prng& prng) : mood_(mood) {
  Wander fast(mood.fast, kFastSeconds, kStep, prng);
  Wander slow(mood.slow, kSlowSeconds, kStep, prng);
  bool burst = false;
  const auto count = static_cast<std::size_t>(seconds / kStep) + 1;
  steps_.reserve(count);
  const double phase = prng.unit();
  for (std::size_t i = 0; i < count; ++i) {
    const double change = burst                    ? kStep / kBurstSeconds
                          : mood.burst_every_s > 0 ? kStep / mood.burst_every_s
                                                   : 0;
    if (prng.unit() < change) burst = !burst;
    double level = fast.next(prng) + slow.next(prng) - (burst ? mood.burst_depth : 0);
    if (mood.period_s > 0) {
      const double turn = static_cast<double>(i) * kStep / mood.period_s + phase;
      if (turn - std::floor(turn) < 0.5) level -= 0.1;
    }
    steps_.push_back(level);
  }
}

double Machine::speed(double from, double length, Prng& prng) const {
  const auto first = static_cast<std::size_t>(from / kStep);
  const auto last =
      std::min(steps_.size(), std::max(first + 1, static_cast<std::size_t>((from + length) / kStep)));
  double sum = 0;
  for (std::size_t i = first; i < last; ++i) sum += steps_[i];
  return sum / static_cast<double>(last - first) + mood_.white * std::sqrt(0.1 / length) * normal(prng);
}

}  // namespace ringstorm::statistics
