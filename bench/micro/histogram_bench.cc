// The histogram: a record a message, a merge and some quantiles a second.
#include <array>
#include <cmath>

#include "base/prng.h"
#include "micro/check.h"
#include "stats/histogram.h"

namespace ringstorm::bench {
namespace {

constexpr std::size_t kSamples = 4096;

// Latencies between 20 us and 20 ms, evenly spread over the orders of magnitude.
std::array<Duration, kSamples> latencies() {
  Prng prng(1);
  std::array<Duration, kSamples> samples;
  for (Duration& sample : samples) sample = nanoseconds(std::llround(2e4 * std::pow(1000.0, prng.unit())));
  return samples;
}

Histogram filled() {
  Histogram histogram;
  for (const Duration sample : latencies()) histogram.record(sample);
  return histogram;
}

void record(benchmark::State& state) {
  const auto samples = latencies();
  Histogram histogram;
  histogram.record(microseconds(100));
  const bool right = histogram.count() == 1 && histogram.max() == microseconds(100) &&
                     std::abs((*histogram.quantile(0.5) - microseconds(100)).count()) <= 100;
  if (!checked(state, right, "a recorded value was not found again")) return;
  std::size_t next = 0;
  for (auto _ : state) {
    histogram.record(samples[next++ % kSamples]);
  }
  benchmark::DoNotOptimize(histogram.count());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(record);

void merge(benchmark::State& state) {
  const Histogram part = filled();
  Histogram whole;
  whole.merge(part);
  whole.merge(part);
  const bool right = whole.count() == 2 * kSamples && whole.quantile(0.99) == part.quantile(0.99);
  if (!checked(state, right, "a merge lost values")) return;
  for (auto _ : state) {
    whole.merge(part);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(merge);

void quantile(benchmark::State& state) {
  const double q = static_cast<double>(state.range(0)) / 1000;
  auto samples = latencies();
  std::ranges::sort(samples);
  const Histogram histogram = filled();
  const auto exact =
      static_cast<double>(samples[static_cast<std::size_t>(std::ceil(q * kSamples)) - 1].count());
  const double found = static_cast<double>(histogram.quantile(q)->count());
  if (!checked(state, found >= exact && found <= exact * 1.001, "a quantile is off by more than 0.1 %"))
    return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(histogram.quantile(q));
  }
}
BENCHMARK(quantile)->ArgName("permille")->Arg(500)->Arg(990)->Arg(999);

}  // namespace
}  // namespace ringstorm::bench
