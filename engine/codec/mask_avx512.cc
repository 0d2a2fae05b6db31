// The mask with 64-byte registers and byte masks (AVX-512 BW and VL, BMI2).
//
// Up to 128 bytes there is no branch at all, because traffic of random short lengths would miss it. A lane
// that is masked off is neither read nor written.
#include <bit>
#include <cstring>

#include <immintrin.h>

#include "codec/mask_kernels.h"

#define RS_AVX512 [[gnu::target("avx512f,avx512bw,avx512vl,bmi,bmi2")]]
#define RS_AVX512_INLINE [[gnu::target("avx512f,avx512bw,avx512vl,bmi,bmi2"), gnu::always_inline]] inline

namespace ringstorm::detail {
namespace {

constexpr std::size_t kBlock = 64;

RS_AVX512_INLINE __m512i keys(std::uint32_t key) {
  return _mm512_set1_epi32(static_cast<int>(key));
}

/// The key for what lies `bytes` further on.
RS_AVX512_INLINE __m512i keys_after(std::uint32_t key, std::uintptr_t bytes) {
  return keys(std::rotr(key, static_cast<int>(bytes % 4) * 8));
}

/// The lowest `count` lanes; all for 64 to 255.
RS_AVX512_INLINE __mmask64 lanes(std::size_t count) {
  return _cvtu64_mask64(_bzhi_u64(~0ULL, static_cast<unsigned>(count)));
}

RS_AVX512_INLINE void store(std::byte* destination, __m512i block) {
  _mm512_storeu_si512(destination, block);
}

RS_AVX512_INLINE __m512i masked(const std::byte* source, __m512i key) {
  return _mm512_xor_si512(_mm512_loadu_si512(source), key);
}

RS_AVX512_INLINE __m512i masked(const std::byte* source, __m512i key, __mmask64 which) {
  return _mm512_xor_si512(_mm512_maskz_loadu_epi8(which, source), key);
}

RS_AVX512_INLINE std::size_t beyond_one_block(std::size_t bytes) {
  return bytes - (bytes < kBlock ? bytes : kBlock);
}

RS_AVX512_INLINE void up_to_two_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                                       std::uint32_t key) {
  const __m512i every = keys(key);
  const __mmask64 first = lanes(bytes);
  const __mmask64 second = lanes(beyond_one_block(bytes));
  const __m512i a = masked(source, every, first);
  const __m512i b = masked(source + kBlock, every, second);
  _mm512_mask_storeu_epi8(destination, first, a);
  _mm512_mask_storeu_epi8(destination + kBlock, second, b);
}

/// 129 to 256 bytes, without a branch. Those in between begin where the key does, so that only the last needs
/// a turned one.
RS_AVX512_INLINE void up_to_four_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                                        std::uint32_t key) {
  const std::size_t last = bytes - kBlock;
  const std::size_t latest = last & ~std::size_t{3};
  const std::size_t third = latest < 2 * kBlock ? latest : 2 * kBlock;
  const __m512i every = keys(key);
  const __m512i a = masked(source, every);
  const __m512i b = masked(source + kBlock, every);
  const __m512i c = masked(source + third, every);
  const __m512i d = masked(source + last, keys_after(key, last));
  store(destination, a);
  store(destination + kBlock, b);
  store(destination + third, c);
  store(destination + last, d);
}

/// More than four blocks: one wherever the destination begins, aligned ones two at a time, one more of them
/// and one wherever the end is. They overlap; the ends are read before anything is written and stored last,
/// so that the source may be the destination. Of random lengths, more leave this loop at the same turn than
/// leave one of single blocks.
RS_AVX512_INLINE void many_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                                  std::uint32_t key) {
  const std::size_t aligned = kBlock - reinterpret_cast<std::uintptr_t>(destination) % kBlock;
  const std::size_t last = bytes - kBlock;
  const std::size_t before_last = last - (last - aligned) % kBlock;
  const __m512i every = keys_after(key, aligned);
  const __m512i a = masked(source, keys(key));
  const __m512i b = masked(source + before_last, every);
  const __m512i c = masked(source + last, keys_after(key, last));
  for (std::size_t at = aligned; at < before_last; at += 2 * kBlock) {
    store(destination + at, masked(source + at, every));
    store(destination + at + kBlock, masked(source + at + kBlock, every));
  }
  store(destination, a);
  store(destination + before_last, b);
  store(destination + last, c);
}

/// The same with as few stores across lines as there can be, for lengths where they cost more than a missed
/// branch.
RS_AVX512_INLINE void many_lines(std::byte* destination, const std::byte* source, std::size_t bytes,
                                 std::uint32_t key) {
  std::size_t at = kBlock - reinterpret_cast<std::uintptr_t>(destination) % kBlock;
  const std::size_t last = bytes - kBlock;
  const __m512i head = masked(source, keys(key));
  const __m512i tail = masked(source + last, keys_after(key, last));
  const __m512i every = keys_after(key, at);
  for (; bytes - at > 4 * kBlock; at += 4 * kBlock) {
    store(destination + at, masked(source + at, every));
    store(destination + at + kBlock, masked(source + at + kBlock, every));
    store(destination + at + 2 * kBlock, masked(source + at + 2 * kBlock, every));
    store(destination + at + 3 * kBlock, masked(source + at + 3 * kBlock, every));
  }
  for (; bytes - at > kBlock; at += kBlock) store(destination + at, masked(source + at, every));
  store(destination, head);
  store(destination + last, tail);
}

/// Any length beyond two blocks; the source may be the destination.
RS_AVX512_INLINE void beyond_two_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                                        std::uint32_t key) {
  constexpr std::size_t kLong = 2048;
  if (bytes <= 4 * kBlock) return up_to_four_blocks(destination, source, bytes, key);
  if (bytes < kLong) return many_blocks(destination, source, bytes, key);
  many_lines(destination, source, bytes, key);
}

RS_AVX512 void in_place_avx512(std::byte* data, std::size_t bytes, std::uint32_t key) {
  if (bytes <= 2 * kBlock) return up_to_two_blocks(data, data, bytes, key);
  beyond_two_blocks(data, data, bytes, key);
}

RS_AVX512 void copy_avx512(std::byte* destination, const std::byte* source, std::size_t bytes,
                           std::uint32_t key) {
  if (bytes <= 2 * kBlock) return up_to_two_blocks(destination, source, bytes, key);
  beyond_two_blocks(destination, source, bytes, key);
}

/// The header by two small stores: putting it into the lanes before the payload saves them, and costs more.
RS_AVX512 void encode_short_avx512(std::byte* out, const std::byte* payload, std::size_t bytes,
                                   unsigned first_byte, std::uint32_t key) {
  const auto front = static_cast<std::uint16_t>(first_byte | (0x80 | bytes) << 8);
  std::memcpy(out, &front, sizeof front);
  std::memcpy(out + sizeof front, &key, sizeof key);
  up_to_two_blocks(out + sizeof front + sizeof key, payload, bytes, key);
}

// These look at the operating system's part (XGETBV) as well as at the processor's.
bool is_supported() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2");
}

}  // namespace

const MaskKernel kMaskAvx512{"avx512", is_supported, in_place_avx512, copy_avx512, encode_short_avx512};

}  // namespace ringstorm::detail
