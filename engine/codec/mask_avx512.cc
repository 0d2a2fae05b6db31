// The mask with 64-byte registers and byte masks (AVX-512 BW and VL, BMI2).
//
// Up to 128 bytes there is no branch at all, because traffic of random short lengths would miss it. A lane
// that is masked off is neither read nor written. Everything is loaded before anything is stored, so that the
// ends may overlap the middle and the source may be the destination.
#include <bit>

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

/// The block that begins `at` bytes into `bytes` bytes, of which it may have none. It then stands at 0, so
/// that not even a lane without effect lies further beyond the end than one block.
struct Part {
  std::size_t at;
  __mmask64 which;
};

// Arithmetic: written with a conditional, the compiler makes it a branch.
RS_AVX512_INLINE Part part(std::size_t bytes, std::size_t at) {
  const std::size_t keep = -std::size_t{bytes > at};
  return {at & keep, lanes((bytes - at) & keep)};
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

RS_AVX512_INLINE void up_to_five_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                                        std::uint32_t key) {
  const __m512i every = keys(key);
  const __mmask64 third = lanes(bytes - 2 * kBlock);
  const Part fourth = part(bytes, 3 * kBlock);
  const Part fifth = part(bytes, 4 * kBlock);
  const __m512i a = masked(source, every);
  const __m512i b = masked(source + kBlock, every);
  const __m512i c = masked(source + 2 * kBlock, every, third);
  const __m512i d = masked(source + fourth.at, every, fourth.which);
  const __m512i e = masked(source + fifth.at, every, fifth.which);
  store(destination, a);
  store(destination + kBlock, b);
  _mm512_mask_storeu_epi8(destination + 2 * kBlock, third, c);
  _mm512_mask_storeu_epi8(destination + fourth.at, fourth.which, d);
  _mm512_mask_storeu_epi8(destination + fifth.at, fifth.which, e);
}

/// At least five blocks: aligned ones four at a time, the last four whole aligned ones, which may overlap
/// them, and one at either end. Stores across cache lines cost half as much again; a masked store would make
/// whoever reads the end next wait for it.
RS_AVX512_INLINE void many_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                                  std::uint32_t key) {
  const auto address = reinterpret_cast<std::uintptr_t>(destination);
  const std::size_t aligned = -address % kBlock;
  const std::size_t last_four = ((address + bytes - 1) & -kBlock) - address - 4 * kBlock;
  const std::size_t tail_at = bytes - kBlock;
  const __m512i every = keys_after(key, aligned);

  const __m512i head = masked(source, keys(key));
  const __m512i a = masked(source + last_four, every);
  const __m512i b = masked(source + last_four + kBlock, every);
  const __m512i c = masked(source + last_four + 2 * kBlock, every);
  const __m512i d = masked(source + last_four + 3 * kBlock, every);
  const __m512i tail = masked(source + tail_at, keys_after(key, tail_at));
  for (std::size_t at = aligned; at < last_four; at += 4 * kBlock) {
    const __m512i e = masked(source + at, every);
    const __m512i f = masked(source + at + kBlock, every);
    const __m512i g = masked(source + at + 2 * kBlock, every);
    const __m512i h = masked(source + at + 3 * kBlock, every);
    store(destination + at, e);
    store(destination + at + kBlock, f);
    store(destination + at + 2 * kBlock, g);
    store(destination + at + 3 * kBlock, h);
  }
  store(destination, head);
  store(destination + last_four, a);
  store(destination + last_four + kBlock, b);
  store(destination + last_four + 2 * kBlock, c);
  store(destination + last_four + 3 * kBlock, d);
  store(destination + tail_at, tail);
}

RS_AVX512_INLINE void mask_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                                  std::uint32_t key) {
  if (bytes <= 2 * kBlock) return up_to_two_blocks(destination, source, bytes, key);
  if (bytes < 5 * kBlock) return up_to_five_blocks(destination, source, bytes, key);
  many_blocks(destination, source, bytes, key);
}

RS_AVX512 void in_place_avx512(std::byte* data, std::size_t bytes, std::uint32_t key) {
  mask_blocks(data, data, bytes, key);
}

RS_AVX512 void copy_avx512(std::byte* destination, const std::byte* source, std::size_t bytes,
                           std::uint32_t key) {
  mask_blocks(destination, source, bytes, key);
}

/// The header is six lanes of the first block, in which the payload is loaded six bytes late: with the header
/// in the key's place the one xor makes the finished frame.
RS_AVX512 void encode_short_avx512(std::byte* out, const std::byte* payload, std::size_t bytes,
                                   unsigned first_byte, std::uint32_t key) {
  constexpr std::size_t kHeaderBytes = 6;
  const std::uint64_t front = first_byte | (0x80 | bytes) << 8 | std::uint64_t{key} << 16 |
                              std::uint64_t{key} << 48;  // and the key for the first two payload bytes
  const __m512i every = keys_after(key, kBlock - kHeaderBytes);
  const __m512i with_header = _mm512_mask_set1_epi64(every, 1, static_cast<long long>(front));
  const std::size_t frame_bytes = kHeaderBytes + bytes;
  const __mmask64 first = lanes(frame_bytes);
  const __mmask64 second = lanes(beyond_one_block(frame_bytes));
  const __mmask64 first_payload = _cvtu64_mask64(_cvtmask64_u64(first) & ~0x3FULL);
  // Through integers: the bytes before the payload are never read, and there may be none.
  const auto front_of = [payload](std::size_t block) {
    return reinterpret_cast<const std::byte*>(reinterpret_cast<std::uintptr_t>(payload) - kHeaderBytes +
                                              block * kBlock);
  };
  const __m512i a = masked(front_of(0), with_header, first_payload);
  const __m512i b = masked(front_of(1), every, second);
  _mm512_mask_storeu_epi8(out, first, a);
  _mm512_mask_storeu_epi8(out + kBlock, second, b);
  if (frame_bytes > 2 * kBlock) {
    const __mmask64 third = lanes(frame_bytes - 2 * kBlock);
    _mm512_mask_storeu_epi8(out + 2 * kBlock, third, masked(front_of(2), every, third));
  }
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
