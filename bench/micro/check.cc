#include "micro/check.h"

#include <algorithm>

#include "base/prng.h"

namespace ringstorm::bench {

bool checked(benchmark::State& state, bool holds, const char* what) {
  if (!holds) state.SkipWithError(what);
  return holds;
}

std::vector<std::byte> noise(std::size_t bytes, std::uint64_t seed) {
  Prng prng(seed);
  std::vector<std::byte> data(bytes);
  std::generate(data.begin(), data.end(), [&] { return static_cast<std::byte>(prng.next() & 0xFF); });
  return data;
}

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

void set_throughput(benchmark::State& state, std::size_t bytes_per_round, std::size_t items_per_round) {
  const auto rounds = state.iterations();
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(bytes_per_round));
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(items_per_round));
}

}  // namespace ringstorm::bench
