// The XOR mask, in place and while copying, beside its plain twin.
#include <algorithm>
#include <cstring>
#include <string>

#include "codec/mask.h"
#include "codec/mask_kernels.h"
#include "micro/check.h"

namespace ringstorm::bench {
namespace {

constexpr std::uint8_t kKeyBytes[4] = {0x37, 0xfa, 0x21, 0x3d};

MaskKey key() {
  MaskKey key;
  std::memcpy(&key.wire, kKeyBytes, sizeof key.wire);
  return key;
}

// RFC 6455 section 5.3, written out here so that the check does not lean on what it checks.
std::vector<std::byte> masked_by_definition(std::vector<std::byte> data, std::size_t phase) {
  for (std::size_t i = 0; i < data.size(); ++i) data[i] ^= static_cast<std::byte>(kKeyBytes[(i + phase) % 4]);
  return data;
}

void mask_in_place(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  std::vector<std::byte> data = noise(size);
  const std::vector<std::byte> expected = masked_by_definition(data, 1);
  mask(data, key(), 1);
  if (!checked(state, data == expected, "mask() differs from RFC 6455 section 5.3")) return;
  for (auto _ : state) {
    mask(data, key());
    benchmark::DoNotOptimize(data.data());
    benchmark::ClobberMemory();
  }
  set_throughput(state, size);
}
BENCHMARK(mask_in_place)->ArgName("bytes")->Arg(20)->Arg(125)->Arg(1024)->Arg(16 << 10)->Arg(1 << 20);

// A payload hardly ever starts at an aligned address: it follows a header of 2 to 14 bytes.
void mask_unaligned(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  std::vector<std::byte> data = noise(size + 6);
  const std::span<std::byte> payload = std::span(data).subspan(6);
  const std::vector<std::byte> expected = masked_by_definition({payload.begin(), payload.end()}, 0);
  mask(payload, key());
  if (!checked(state, std::ranges::equal(payload, expected), "mask() differs when unaligned")) return;
  for (auto _ : state) {
    mask(payload, key());
    benchmark::DoNotOptimize(data.data());
    benchmark::ClobberMemory();
  }
  set_throughput(state, size);
}
BENCHMARK(mask_unaligned)->ArgName("bytes")->Arg(20)->Arg(125)->Arg(1024)->Arg(16 << 10);

void mask_while_copying(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::vector<std::byte> source = noise(size);
  std::vector<std::byte> destination(size);
  mask_copy(destination, source, key(), 3);
  if (!checked(state, destination == masked_by_definition(source, 3), "mask_copy() is wrong")) return;
  for (auto _ : state) {
    mask_copy(destination, source, key());
    benchmark::DoNotOptimize(destination.data());
    benchmark::ClobberMemory();
  }
  set_throughput(state, size);
}
BENCHMARK(mask_while_copying)->ArgName("bytes")->Arg(20)->Arg(125)->Arg(1024)->Arg(16 << 10)->Arg(1 << 20);

// Each kernel this machine can run, whichever mask() would choose.
void mask_kernel(benchmark::State& state, detail::MaskKernel kernel) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::vector<std::byte> source = noise(size);
  std::vector<std::byte> destination(size);
  kernel.copy(destination.data(), source.data(), size, detail::key_at(key(), 2));
  if (!checked(state, destination == masked_by_definition(source, 2), "the kernel is wrong")) return;
  for (auto _ : state) {
    kernel.in_place(destination.data(), size, key().wire);
    benchmark::DoNotOptimize(destination.data());
    benchmark::ClobberMemory();
  }
  set_throughput(state, size);
}

const bool registered = [] {
  for (const detail::MaskKernel& kernel : detail::mask_kernels()) {
    if (!kernel.is_supported()) continue;
    benchmark::RegisterBenchmark(("mask_kernel/" + std::string(kernel.name)).c_str(), mask_kernel, kernel)
        ->ArgName("bytes")
        ->Arg(20)
        ->Arg(1024)
        ->Arg(16 << 10);
  }
  return true;
}();

}  // namespace
}  // namespace ringstorm::bench
