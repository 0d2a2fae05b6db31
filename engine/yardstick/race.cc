#include "yardstick/race.h"

#include <algorithm>

#include "base/check.h"

namespace ringstorm::yardstick {
namespace {

constexpr std::size_t kMostCalls = std::size_t{1} << 28;

class Lane {
 public:
  Lane(const Contestant& contestant, const std::function<Duration()>& elapsed)
      : contestant_(contestant), elapsed_(elapsed) {}

  /// Doubles the calls until they take a good part of a slice, and then as many as fill it.
  void find_calls(Duration slice) {
    Duration took = timed_slice();
    while (took < slice / 4 && calls_ < kMostCalls) {
      calls_ *= 2;
      took = timed_slice();
    }
    const double fill =
        static_cast<double>(slice.count()) / static_cast<double>(std::max<std::int64_t>(took.count(), 1));
    calls_ =
        std::clamp(static_cast<std::size_t>(static_cast<double>(calls_) * fill), std::size_t{1}, kMostCalls);
  }

  void take_slice() {
    samples_.push_back(static_cast<double>(timed_slice().count()) / static_cast<double>(calls_));
  }

  double result() const { return median(samples_); }

 private:
  /// Goes on where the last slice ended: one that always began at the first length would be learnt by heart.
  Duration timed_slice() {
    const Duration start = elapsed_();
    contestant_.run(next_, calls_);
    const Duration took = elapsed_() - start;
    next_ += calls_;
    return took;
  }

  const Contestant& contestant_;
  const std::function<Duration()>& elapsed_;
  std::size_t calls_ = 1;
  std::size_t next_ = 0;
  std::vector<double> samples_;
};

}  // namespace

double median(std::vector<double> values) {
  RS_CHECK(!values.empty());
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<double> race(std::span<const Contestant> contestants, const RaceRules& rules,
                         const std::function<Duration()>& elapsed) {
  RS_CHECK(rules.rounds > 0);
  std::vector<Lane> lanes;
  for (const Contestant& contestant : contestants) lanes.emplace_back(contestant, elapsed);
  for (Lane& lane : lanes) lane.find_calls(rules.slice);
  for (unsigned round = 0; round < rules.rounds; ++round) {
    const bool backwards = round % 2 == 1;
    for (std::size_t i = 0; i < lanes.size(); ++i) lanes[backwards ? lanes.size() - 1 - i : i].take_slice();
  }
  std::vector<double> results;
  for (const Lane& lane : lanes) results.push_back(lane.result());
  return results;
}

}  // namespace ringstorm::yardstick
