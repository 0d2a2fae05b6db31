// Times several contestants against one another: a short slice of each, in turns, many times over. A slow
// moment of the machine then falls on all of them. It is told how to read the clock and never knows what it
// times.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "base/clock.h"

namespace ringstorm::yardstick {

struct Contestant {
  /// Makes the calls `first`, `first + 1`, ... `first + calls - 1`. The loop is the contestant's own, so that
  /// nothing stands between its calls.
  std::function<void(std::size_t first, std::size_t calls)> run;
};

struct RaceRules {
  unsigned rounds = 13;              ///< slices of each contestant, > 0
  Duration slice = milliseconds(3);  ///< what a slice should take; the number of calls follows from it
};

/// Nanoseconds a call for each contestant, in their order: the median of its slices. The median and not the
/// least, because a slice may have drawn short lengths; and a slice that was interrupted does not move it.
/// Each contestant is warmed up while its number of calls is found. Every other round goes backwards, so that
/// nobody always runs after the same neighbour. `elapsed` is a clock, best one that stands still while others
/// have the processor: thread_cpu_time().
std::vector<double> race(std::span<const Contestant> contestants, const RaceRules& rules,
                         const std::function<Duration()>& elapsed);

/// The middle value, or the mean of the two middle ones. Of at least one.
double median(std::vector<double> values);

}  // namespace ringstorm::yardstick
