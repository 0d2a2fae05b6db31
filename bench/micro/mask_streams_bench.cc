// The mask in use: a message in chunks, a payload that is read at once, and amounts that no cache holds.
#include <cstring>

#include <sys/mman.h>

#include "base/check.h"
#include "micro/masks.h"

namespace ringstorm::bench {
namespace {

constexpr std::size_t kMessage = 64 << 10;

// Most of these chunks leave the key turned for the next one.
void mask_in_chunks(std::span<std::byte> message, std::size_t chunk) {
  for (std::size_t at = 0; at < message.size(); at += chunk) {
    mask(message.subspan(at, std::min(chunk, message.size() - at)), kMaskKey, at);
  }
}

void mask_chunks(benchmark::State& state, std::size_t chunk) {
  std::vector<std::byte> message = noise(kMessage), expected(kMessage);
  detail::mask_scalar(expected.data(), message.data(), kMessage, kMaskKey, 0);
  mask_in_chunks(message, chunk);
  if (!checked(state, message == expected, "differs from the scalar definition")) return;
  for (auto _ : state) {
    mask_in_chunks(message, chunk);
    benchmark::ClobberMemory();
  }
  set_throughput(state, kMessage);
}

void add_chunks() {
  const std::string bytes = bytes_parameter(Lengths::of(kMessage));
  const Workload::Options options{.lengths = Lengths::of(kMessage), .slots = 1};
  add("mask_chunks/limit/" + bytes,
      [=](benchmark::State& state) { time_in_place(state, mask_yardsticks()[2], options); });
  for (const std::size_t chunk : {7U, 64U, 101U, 512U, 1447U, 4096U, 16384U}) {
    add("mask_chunks/mask/" + bytes + "/chunk:" + std::to_string(chunk),
        [=](benchmark::State& state) { mask_chunks(state, chunk); });
  }
}

/// As a parser would at once: the first eight bytes, and the last.
std::uint64_t parsed(const std::byte* data, std::size_t bytes) {
  std::uint64_t head, tail;
  std::memcpy(&head, data, sizeof head);
  std::memcpy(&tail, data + bytes - sizeof tail, sizeof tail);
  return head + tail;
}

// The next key comes out of what was read, so that the next call waits for it as a parser's next step would.
void unmask_then_read(benchmark::State& state, const MaskContestant& who, std::uint32_t bytes) {
  const Workload work({.lengths = Lengths::of(bytes)});
  const Workload::Call first = work[0];
  std::vector<std::byte> expected(first.source, first.source + bytes);
  if (who.does == MaskContestant::Does::masking) {
    detail::mask_scalar(expected.data(), first.source, bytes, kMaskKey, 0);
  }
  who.in_place(first.source, bytes, kMaskKey.wire);
  const bool right = parsed(first.source, bytes) == parsed(expected.data(), bytes);
  if (!checked(state, right, "what is read is not what the scalar definition gives")) return;
  std::uint32_t key = kMaskKey.wire;
  time_calls(state, work, who.site, [&key, kernel = who.in_place](const Workload::Call& call) {
    kernel(call.source, call.bytes, key);
    key = static_cast<std::uint32_t>(parsed(call.source, call.bytes));
  });
  benchmark::DoNotOptimize(key);
}

void add_unmask_then_read() {
  std::vector<MaskContestant> contestants = mask_kernel_contestants();
  contestants.insert(contestants.begin(), mask_yardsticks()[0]);
  for (const std::uint32_t bytes : {20U, 64U, 125U, 1000U}) {
    for (const MaskContestant& who : contestants) {
      add("unmask_then_read/" + who.name + "/" + bytes_parameter(Lengths::of(bytes)),
          [=](benchmark::State& state) { unmask_then_read(state, who, bytes); });
    }
  }
}

// One buffer of each size: where the curve bends, a cache ends.
void add_sweep() {
  for (std::uint32_t bytes = 8 << 10; bytes <= 8 << 20; bytes *= 2) {
    const Workload::Options options{.lengths = Lengths::of(bytes), .slots = 1};
    for (const MaskContestant& who : {mask_yardsticks()[2], engine_mask()}) {
      add("mask_sweep/" + who.name + "/" + bytes_parameter(options.lengths),
          [=](benchmark::State& state) { time_in_place(state, who, options); });
    }
  }
}

constexpr std::size_t kWalk = std::size_t{512} << 20;

/// Taken when the first walk begins and kept: touching it takes longer than to walk it.
std::byte* walked_memory() {
  static std::byte* const memory = [] {
    void* const mapped =
        ::mmap(nullptr, kWalk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    RS_CHECK(mapped != MAP_FAILED);
    return static_cast<std::byte*>(mapped);
  }();
  return memory;
}

/// Calls `act` with one place after the other in `area` bytes, from the contestant's own site.
template <class Act>
void walk(benchmark::State& state, std::size_t site, std::size_t area, std::size_t bytes, Act act) {
  yardstick::at_site(site, [&](auto own_site) {
    std::size_t at = 0;
    for (auto _ : state) {
      act(at);
      yardstick::keep_apart<own_site()>();
      at = at + 2 * bytes > area ? 0 : at + bytes;
    }
  });
  set_throughput(state, bytes);
}

bool masks_right(const MaskContestant& who, std::byte* data, std::size_t bytes) {
  std::vector<std::byte> expected(bytes);
  detail::mask_scalar(expected.data(), data, bytes, kMaskKey, 0);
  who.in_place(data, bytes, kMaskKey.wire);
  return std::equal(expected.begin(), expected.end(), data);
}

// Payload after payload through memory that no cache holds.
void mask_walk(benchmark::State& state, const MaskContestant& who, std::size_t bytes) {
  std::byte* const memory = walked_memory();
  if (!checked(state, masks_right(who, memory, bytes), "differs from the scalar definition")) return;
  walk(state, who.site, kWalk, bytes,
       [memory, bytes, kernel = who.in_place](std::size_t at) { kernel(memory + at, bytes, kMaskKey.wire); });
}

// From one half to the other.
void memcpy_walk(benchmark::State& state, std::size_t bytes) {
  std::byte* const from = walked_memory();
  std::byte* const to = from + kWalk / 2;
  std::memcpy(to, from, bytes);
  if (!checked(state, std::memcmp(to, from, bytes) == 0, "memcpy does not copy")) return;
  walk(state, 1, kWalk / 2, bytes, [=](std::size_t at) {
    std::memcpy(to + at, from + at, bytes);
    benchmark::ClobberMemory();
  });
}

void add_walk() {
  for (const std::size_t bytes : {1024U, 4096U, 65536U}) {
    const std::string parameter = "/bytes:" + std::to_string(bytes);
    add("mask_walk/memcpy" + parameter, [=](benchmark::State& state) { memcpy_walk(state, bytes); });
    for (const MaskContestant& who : {mask_yardsticks()[2], engine_mask()}) {
      add("mask_walk/" + who.name + parameter,
          [=](benchmark::State& state) { mask_walk(state, who, bytes); });
    }
  }
}

const bool registered = [] {
  add_chunks();
  add_unmask_then_read();
  add_sweep();
  add_walk();
  return true;
}();

}  // namespace
}  // namespace ringstorm::bench
