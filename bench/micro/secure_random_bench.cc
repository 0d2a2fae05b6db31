// Unpredictable mask keys, one a frame, and the larger pieces that nonces and payloads take.
#include <algorithm>
#include <set>

#include "codec/secure_random.h"
#include "micro/check.h"

namespace ringstorm::bench {
namespace {

// Not a test of randomness: it catches a generator that is stuck or returns nothing.
bool looks_alive(SecureRandom& random) {
  std::set<std::uint32_t> keys;
  for (int i = 0; i < 10'000; ++i) keys.insert(random.next_mask_key().wire);
  return keys.size() > 9'990;
}

void next_mask_key(benchmark::State& state) {
  SecureRandom random;
  if (!checked(state, looks_alive(random), "the keys repeat")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(random.next_mask_key());
  }
  set_throughput(state, sizeof(MaskKey));
}
BENCHMARK(next_mask_key);

void fill_random(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  SecureRandom random;
  std::vector<std::byte> out(size);
  random.fill(out);
  const bool filled = std::ranges::any_of(out, [](std::byte b) { return b != std::byte{0}; });
  if (!checked(state, filled, "fill() left zeros")) return;
  for (auto _ : state) {
    random.fill(out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  set_throughput(state, size);
}
BENCHMARK(fill_random)->ArgName("bytes")->Arg(16)->Arg(1024)->Arg(16 << 10);

}  // namespace
}  // namespace ringstorm::bench
