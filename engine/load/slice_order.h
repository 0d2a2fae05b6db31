// Two sides that take turns under load, in short slices of time: which slice is whose, and when each begins.
// A pure function of the seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace ringstorm {

/// `pairs` pairs of slices; true where a slice is the first side's. Pairs come in mirrored twos, ABBA or BAAB
/// by the toss of a coin, so that a trend within a two cancels and no periodic disturbance can keep hitting
/// the same side. The last of an odd number is AB or BA.
std::vector<bool> mirrored_order(std::size_t pairs, std::uint64_t seed);

struct SliceTiming {
  Duration slice{0};  ///< > 0
  Duration gap{0};    ///< before the first slice and after each: what was asked in a slice is answered in it

  Duration begin(std::size_t slice_number) const {
    return gap + (slice + gap) * static_cast<Duration::rep>(slice_number);
  }
  Duration end(std::size_t slice_number) const { return begin(slice_number) + slice; }
  /// From the start until the gap after the last of `slices` is over.
  Duration length(std::size_t slices) const { return begin(slices); }
};

}  // namespace ringstorm
