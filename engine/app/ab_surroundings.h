// What went on around the slices of a comparison, read from the kernel between them. It knows which processes
// are ours and the servers', never which server is measured.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "compare/ab_record.h"
#include "runner/pressure.h"

namespace ringstorm {

/// In a gap between two slices, when nothing is under way.
struct AbSample {
  Instant at{};
  Duration late{0};  ///< after it was due: beyond half a gap it holds some of the next slice
  PressureReading pressure;
  Duration own_cpu{0};                                ///< of the generator
  std::array<std::optional<Duration>, 2> server_cpu;  ///< of each server's processes, where they are ours
};

/// Everything but server_cpu and late. `threads` are the generator's.
AbSample take_ab_sample(Instant now, const std::vector<pid_t>& threads);

/// Of the slice between two samples. `judge_generator`: a generator that waited for a processor spoils it;
/// only where it has processors of its own, so that no server can keep it waiting.
AbSurroundings surroundings_between(const AbSample& begin, const AbSample& end, bool judge_generator);

}  // namespace ringstorm
