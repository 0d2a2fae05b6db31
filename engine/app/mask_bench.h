// Times the mask kernels of this machine: in place, while copying, and as whole frames with a fresh key, each
// beside the empty call, memcpy and the limit of the same run. It checks a kernel before it times it, and
// prints nothing.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "codec/mask_kernels.h"
#include "yardstick/race.h"
#include "yardstick/workload.h"

namespace ringstorm {

/// What is done with a payload.
enum class MaskWork : std::uint8_t {
  in_place,
  copy,
  encode  ///< fresh key, header and masked payload; memcpy and limit then copy the finished frame
};

struct MaskCase {
  MaskWork work = MaskWork::in_place;
  yardstick::Lengths lengths;

  /// "in_place_fixed", "encode_random", ...
  std::string name() const;
};

/// Every case, in the order of the table. Fixed lengths are aligned to a cache line, random ones begin
/// anywhere.
std::vector<MaskCase> mask_cases();

struct MaskRow {
  MaskCase of;
  std::string kernel;
  // Nanoseconds a call. The empty call is part of every one of them.
  double ns = 0;
  double noop_ns = 0;
  double memcpy_ns = 0;
  double limit_ns = 0;

  double over_noop() const { return ns - noop_ns; }
  double of_limit() const { return limit_ns / ns; }    ///< 1: at the limit
  double of_memcpy() const { return memcpy_ns / ns; }  ///< 3: three times as fast as memcpy
  /// Of a fixed length: payload bytes a nanosecond, that is GB/s.
  double bytes_per_ns() const { return of.lengths.most / ns; }
};

/// A row for each case and kernel, cases first. An error when a kernel's result is not what the scalar
/// definition gives, or when it writes outside its data: nothing is then worth timing.
Result<std::vector<MaskRow>> measure_masks(std::span<const detail::MaskKernel> kernels,
                                           const yardstick::RaceRules& rules,
                                           const std::function<Duration()>& elapsed);

}  // namespace ringstorm
