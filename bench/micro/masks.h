// Who takes part when a mask is timed, and the loop they are timed in: every case of the mask's benchmarks is
// one of these contestants on one workload.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "codec/mask_kernels.h"
#include "micro/check.h"
#include "yardstick/limit.h"
#include "yardstick/workload.h"

namespace ringstorm::bench {

using yardstick::Lengths;
using yardstick::Placement;
using yardstick::Workload;

inline constexpr MaskKey kMaskKey{0x3d21fa37};

struct MaskContestant {
  enum class Does : std::uint8_t { nothing, copying, whole_blocks, masking };

  std::string name;
  Does does = Does::masking;
  std::size_t site = 0;                    ///< its own place to call from, see Workload::each
  detail::MaskInPlace in_place = nullptr;  ///< memcpy has none, and copies in its stead
  detail::MaskCopy copy = nullptr;
};

/// noop, memcpy, limit.
std::vector<MaskContestant> mask_yardsticks();
/// Each kernel that this machine can run, by its name.
std::vector<MaskContestant> mask_kernel_contestants();
/// The kernel that the engine runs here, under the name "mask".
MaskContestant engine_mask();
/// The yardsticks and every kernel.
std::vector<MaskContestant> all_mask_contestants();

/// Checks the contestant once, beside the scalar definition, and times it.
void time_in_place(benchmark::State& state, const MaskContestant& who, const Workload::Options& options);
void time_copy(benchmark::State& state, const MaskContestant& who, const Workload::Options& options);

/// The loop: so many calls at a time that neither it nor the library's own loop can be seen.
template <class Call>
void time_calls(benchmark::State& state, const Workload& work, std::size_t site, Call call) {
  constexpr double kBatchBytes = 1 << 20;
  const double wanted = kBatchBytes / (work.mean_bytes() + 1) / static_cast<double>(work.size());
  const std::size_t batch = work.size() * std::clamp<std::size_t>(static_cast<std::size_t>(wanted), 1, 64);
  std::size_t first = 0;
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(batch))) {
    work.each(site, first, batch, call);
    first += batch;
  }
  state.SetBytesProcessed(
      static_cast<std::int64_t>(static_cast<double>(state.iterations()) * work.mean_bytes()));
  state.SetItemsProcessed(state.iterations());
}

/// Registers `run` as "CASE/CONTESTANT/PARAMETERS", the form in which bench/micro/run finds a case's
/// yardsticks.
void add(const std::string& name, std::function<void(benchmark::State&)> run);

/// "bytes:125", "bytes:1..125".
std::string bytes_parameter(const Lengths& lengths);

}  // namespace ringstorm::bench
