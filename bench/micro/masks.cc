#include "micro/masks.h"

#include <utility>

#include "yardstick/slot_check.h"

namespace ringstorm::bench {
namespace {

using Does = MaskContestant::Does;

std::vector<std::byte> masked(const std::byte* source, std::size_t bytes) {
  std::vector<std::byte> out(bytes);
  detail::mask_scalar(out.data(), source, bytes, kMaskKey, 0);
  return out;
}

/// What stands at the destination when the contestant has done its work.
std::vector<std::byte> expected(const MaskContestant& who, const Workload::Call& call) {
  constexpr std::size_t kBlock = yardstick::kBlockBytes;
  switch (who.does) {
    case Does::nothing: return {};
    case Does::copying: return {call.source, call.source + call.bytes};
    case Does::whole_blocks: return masked(call.source, (call.bytes + kBlock - 1) / kBlock * kBlock);
    case Does::masking: return masked(call.source, call.bytes);
  }
  return {};
}

bool is_right_in_place(const MaskContestant& who, const Workload& work, std::size_t i) {
  const Workload::Call call = work[i];
  return yardstick::changes_only(work.source_slot(i), call.source, expected(who, call),
                                 [&] { who.in_place(call.source, call.bytes, kMaskKey.wire); });
}

bool is_right_copy(const MaskContestant& who, const Workload& work, std::size_t i) {
  const Workload::Call call = work[i];
  return yardstick::changes_only(work.destination_slot(i), call.destination, expected(who, call),
                                 [&] { who.copy(call.destination, call.source, call.bytes, kMaskKey.wire); });
}

template <class IsRight>
bool all_right(benchmark::State& state, const MaskContestant& who, const Workload& work, IsRight is_right) {
  constexpr std::size_t kBytesToCheck = 2 << 20;
  const std::size_t calls = std::clamp<std::size_t>(kBytesToCheck / work.slot_bytes(), 1, 1024);
  for (std::size_t i = 0; i < calls; ++i) {
    if (!checked(state, is_right(who, work, i), "differs from the scalar definition")) return false;
  }
  return true;
}

/// The limit's data begin with a cache line, wherever those of the others do.
Workload::Options for_contestant(const MaskContestant& who, Workload::Options options) {
  if (who.does == Does::whole_blocks) options.placement = Placement::aligned();
  return options;
}

}  // namespace

std::vector<MaskContestant> mask_yardsticks() {
  const yardstick::Limit& limit = yardstick::widest_limit();
  return {{"noop", Does::nothing, 0, yardstick::noop_in_place, yardstick::noop_copy},
          {"memcpy", Does::copying, 1, nullptr, yardstick::copy_by_memcpy},
          {"limit", Does::whole_blocks, 2, limit.in_place, limit.copy}};
}

std::vector<MaskContestant> mask_kernel_contestants() {
  std::vector<MaskContestant> contestants;
  for (const detail::MaskKernel& kernel : detail::mask_kernels()) {
    if (!kernel.is_supported()) continue;
    contestants.push_back(
        {std::string(kernel.name), Does::masking, 3 + contestants.size(), kernel.in_place, kernel.copy});
  }
  return contestants;
}

std::vector<MaskContestant> all_mask_contestants() {
  std::vector<MaskContestant> contestants = mask_yardsticks();
  std::ranges::move(mask_kernel_contestants(), std::back_inserter(contestants));
  return contestants;
}

MaskContestant engine_mask() {
  std::vector<MaskContestant> kernels = mask_kernel_contestants();
  MaskContestant active =
      *std::ranges::find_if(kernels, [](const auto& kernel) { return kernel.name == active_mask_kernel(); });
  active.name = "mask";
  return active;
}

void time_in_place(benchmark::State& state, const MaskContestant& who, const Workload::Options& options) {
  if (who.in_place == nullptr) return time_copy(state, who, options);
  const Workload work(for_contestant(who, options));
  if (!all_right(state, who, work, is_right_in_place)) return;
  time_calls(state, work, who.site, [kernel = who.in_place](const Workload::Call& call) {
    kernel(call.source, call.bytes, kMaskKey.wire);
  });
}

void time_copy(benchmark::State& state, const MaskContestant& who, const Workload::Options& options) {
  const Workload work(for_contestant(who, options));
  if (!all_right(state, who, work, is_right_copy)) return;
  time_calls(state, work, who.site, [kernel = who.copy](const Workload::Call& call) {
    kernel(call.destination, call.source, call.bytes, kMaskKey.wire);
  });
}

void add(const std::string& name, std::function<void(benchmark::State&)> run) {
  benchmark::RegisterBenchmark(name.c_str(), std::move(run));
}

std::string bytes_parameter(const Lengths& lengths) {
  return "bytes:" + lengths.text();
}

}  // namespace ringstorm::bench
