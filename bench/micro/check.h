// A benchmark of a wrong result is worse than none: each kernel is checked once before it is timed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

namespace ringstorm::bench {

/// Ends the benchmark with a visible error, which `bench/micro/run` turns into a failure, unless `holds`.
bool checked(benchmark::State& state, bool holds, const char* what);

/// The same bytes every time, without a pattern that a branch predictor or a prefetcher could learn.
std::vector<std::byte> noise(std::size_t bytes, std::uint64_t seed = 1);

std::vector<std::byte> bytes_of(std::string_view text);

/// Reports bytes and items handled by `state.iterations()` rounds of so many each.
void set_throughput(benchmark::State& state, std::size_t bytes_per_round, std::size_t items_per_round = 1);

}  // namespace ringstorm::bench
