#include "yardstick/limit.h"

#include <algorithm>
#include <array>
#include <cstring>

#define RS_INLINE [[gnu::always_inline]] inline

namespace ringstorm::yardstick {
namespace {

constexpr std::size_t kUnrolled = 8;

/// A register of so many bytes. Written with the compiler's vectors, one body serves every instruction set:
/// it is inlined into functions that ask for theirs. may_alias and the alignment of a byte: any address will
/// do.
template <std::size_t Width>
struct Register {
  using Words [[gnu::vector_size(Width), gnu::aligned(1), gnu::may_alias]] = std::uint32_t;
};

template <std::size_t Width>
RS_INLINE void xor_block(std::byte* destination, const std::byte* source, std::uint32_t constant) {
  using Words = typename Register<Width>::Words;
#pragma GCC unroll 4
  for (std::size_t at = 0; at < kBlockBytes; at += Width) {
    *reinterpret_cast<Words*>(destination + at) = *reinterpret_cast<const Words*>(source + at) ^ constant;
  }
}

template <std::size_t Width>
RS_INLINE void xor_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                          std::uint32_t constant) {
  std::size_t at = 0;
  for (; at + kUnrolled * kBlockBytes <= bytes; at += kUnrolled * kBlockBytes) {
#pragma GCC unroll 8
    for (std::size_t block = 0; block < kUnrolled; ++block) {
      xor_block<Width>(destination + at + block * kBlockBytes, source + at + block * kBlockBytes, constant);
    }
  }
#pragma GCC unroll 1
  for (; at < bytes; at += kBlockBytes) xor_block<Width>(destination + at, source + at, constant);
}

// Four sums, so that no load waits for the one before.
template <std::size_t Width>
RS_INLINE std::uint32_t read_blocks(const std::byte* data, std::size_t bytes) {
  using Words = typename Register<Width>::Words;
  Words a{}, b{}, c{}, d{};
  std::size_t at = 0;
  for (; at + kUnrolled * kBlockBytes <= bytes; at += kUnrolled * kBlockBytes) {
#pragma GCC unroll 8
    for (std::size_t i = at; i < at + kUnrolled * kBlockBytes; i += 4 * Width) {
      a |= *reinterpret_cast<const Words*>(data + i);
      b |= *reinterpret_cast<const Words*>(data + i + Width);
      c |= *reinterpret_cast<const Words*>(data + i + 2 * Width);
      d |= *reinterpret_cast<const Words*>(data + i + 3 * Width);
    }
  }
#pragma GCC unroll 1
  for (; at < bytes; at += kBlockBytes) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kBlockBytes; i += Width) a |= *reinterpret_cast<const Words*>(data + at + i);
  }
  const Words sum = a | b | c | d;
  std::uint32_t all = 0;
  for (std::size_t i = 0; i < Width / sizeof(std::uint32_t); ++i) all |= sum[i];
  return all;
}

#if defined(__x86_64__)

#define RS_AVX512 [[gnu::target("avx512f,avx512bw,avx512vl")]]
#define RS_AVX2 [[gnu::target("avx2")]]

RS_AVX512 void in_place_avx512(std::byte* data, std::size_t bytes, std::uint32_t constant) {
  xor_blocks<64>(data, data, bytes, constant);
}
RS_AVX512 void copy_avx512(std::byte* destination, const std::byte* source, std::size_t bytes,
                           std::uint32_t constant) {
  xor_blocks<64>(destination, source, bytes, constant);
}
RS_AVX512 std::uint32_t read_avx512(const std::byte* data, std::size_t bytes) {
  return read_blocks<64>(data, bytes);
}

RS_AVX2 void in_place_avx2(std::byte* data, std::size_t bytes, std::uint32_t constant) {
  xor_blocks<32>(data, data, bytes, constant);
}
RS_AVX2 void copy_avx2(std::byte* destination, const std::byte* source, std::size_t bytes,
                       std::uint32_t constant) {
  xor_blocks<32>(destination, source, bytes, constant);
}
RS_AVX2 std::uint32_t read_avx2(const std::byte* data, std::size_t bytes) {
  return read_blocks<32>(data, bytes);
}

// These look at the operating system's part (XGETBV) as well as at the processor's.
bool avx512_is_here() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
}
bool avx2_is_here() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2");
}

#endif

// SSE2 on x86-64, NEON on AArch64.
void in_place_16(std::byte* data, std::size_t bytes, std::uint32_t constant) {
  xor_blocks<16>(data, data, bytes, constant);
}
void copy_16(std::byte* destination, const std::byte* source, std::size_t bytes, std::uint32_t constant) {
  xor_blocks<16>(destination, source, bytes, constant);
}
std::uint32_t read_16(const std::byte* data, std::size_t bytes) {
  return read_blocks<16>(data, bytes);
}
bool always() {
  return true;
}

constexpr std::array kLimits {
#if defined(__x86_64__)
  Limit{"avx512", avx512_is_here, in_place_avx512, copy_avx512, read_avx512},
      Limit{"avx2", avx2_is_here, in_place_avx2, copy_avx2, read_avx2},
#endif
      Limit {
    "baseline", always, in_place_16, copy_16, read_16
  }
};

}  // namespace

std::span<const Limit> limits() {
  return kLimits;
}

const Limit& widest_limit() {
  static const Limit& widest =
      *std::ranges::find_if(kLimits, [](const Limit& limit) { return limit.is_supported(); });
  return widest;
}

void noop_in_place(std::byte*, std::size_t, std::uint32_t) {}
void noop_copy(std::byte*, const std::byte*, std::size_t, std::uint32_t) {}
void noop_encode(std::byte*, const std::byte*, std::size_t, unsigned, std::uint32_t) {}

void copy_by_memcpy(std::byte* destination, const std::byte* source, std::size_t bytes, std::uint32_t) {
  std::memcpy(destination, source, bytes);
}

}  // namespace ringstorm::yardstick
