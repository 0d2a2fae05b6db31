// The mask over all lengths: fixed ones, aligned; and random ones, which begin anywhere, as traffic does.
#include <cstring>

#include "micro/masks.h"

namespace ringstorm::bench {
namespace {

constexpr std::uint32_t kFixed[] = {1,   2,   4,    7,    16,    20,    31,    64,      125,     126,
                                    256, 512, 1000, 4096, 16384, 65535, 65536, 1 << 20, 16 << 20};

using Timed = void (*)(benchmark::State&, const MaskContestant&, const Workload::Options&);

void add_lengths(const std::string& name, Timed timed) {
  for (const std::uint32_t bytes : kFixed) {
    for (const MaskContestant& who : all_mask_contestants()) {
      const Workload::Options options{.lengths = Lengths::of(bytes)};
      add(name + "/" + who.name + "/" + bytes_parameter(options.lengths),
          [=](benchmark::State& state) { timed(state, who, options); });
    }
  }
  for (const Lengths& range : yardstick::random_ranges()) {
    for (const MaskContestant& who : all_mask_contestants()) {
      const Workload::Options options{.lengths = range, .placement = Placement::any()};
      add(name + "_random/" + who.name + "/" + bytes_parameter(range),
          [=](benchmark::State& state) { timed(state, who, options); });
    }
  }
}

// Only the loads of the limit: what of its time is reading.
void read_only(benchmark::State& state, std::uint32_t bytes) {
  const Workload work({.lengths = Lengths::of(bytes)});
  const auto read = yardstick::widest_limit().read;
  const auto slot = work.source_slot(0);
  const std::size_t blocks = (bytes + yardstick::kBlockBytes - 1) / yardstick::kBlockBytes;
  std::uint32_t plain = 0;
  for (std::size_t at = 0; at < blocks * yardstick::kBlockBytes; at += sizeof plain) {
    std::uint32_t word;
    std::memcpy(&word, &slot[at], sizeof word);
    plain |= word;
  }
  if (!checked(state, read(slot.data(), bytes) == plain, "the words do not come to what they are")) return;
  time_calls(state, work, 0,
             [read](const Workload::Call& call) { benchmark::DoNotOptimize(read(call.source, call.bytes)); });
}

// The one buffer is read back while its last bytes are still on their way out: faster or slower than it would
// be in traffic, never the same. A figure from such a loop is what to distrust in other projects' tables.
void add_same_buffer() {
  for (const std::uint32_t bytes : {20U, 125U, 1000U}) {
    for (const MaskContestant& who : all_mask_contestants()) {
      const Workload::Options options{.lengths = Lengths::of(bytes), .slots = 1};
      add("mask_same_buffer/" + who.name + "/" + bytes_parameter(options.lengths),
          [=](benchmark::State& state) { time_in_place(state, who, options); });
    }
  }
}

const bool registered = [] {
  add_lengths("mask_in_place", time_in_place);
  add_lengths("mask_copy", time_copy);
  for (const std::uint32_t bytes : kFixed) {
    add("mask_in_place/read/" + bytes_parameter(Lengths::of(bytes)),
        [=](benchmark::State& state) { read_only(state, bytes); });
  }
  add_same_buffer();
  return true;
}();

}  // namespace
}  // namespace ringstorm::bench
