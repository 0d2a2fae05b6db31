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

/// The lines of the destination from `at` on that end before `end`, which are whole. Returns where the rest
/// begins, of one to 64 bytes. Four at a time only where it pays: a second loop has a second end to miss.
RS_AVX512_INLINE std::size_t whole_lines(std::byte* destination, const std::byte* source, std::size_t at,
                                         std::size_t end, __m512i every) {
  constexpr std::size_t kLong = 2048;
  if (end - at >= kLong) {
    for (; end - at > 4 * kBlock; at += 4 * kBlock) {
      const __m512i a = masked(source + at, every);
      const __m512i b = masked(source + at + kBlock, every);
      const __m512i c = masked(source + at + 2 * kBlock, every);
      const __m512i d = masked(source + at + 3 * kBlock, every);
      store(destination + at, a);
      store(destination + at + kBlock, b);
      store(destination + at + 2 * kBlock, c);
      store(destination + at + 3 * kBlock, d);
    }
  }
  for (; end - at > kBlock; at += kBlock) store(destination + at, masked(source + at, every));
  return at;
}

/// Line by line of the destination, the first and the last with the lanes that are asked for. A store across
/// lines, whole or with lanes masked off, would cost as much as four. Nothing overlaps and everything goes
/// forward, so that the source may be the destination.
RS_AVX512_INLINE void by_lines(std::byte* destination, const std::byte* source, std::size_t bytes,
                               std::uint32_t key) {
  // Through integers: what lies before the two is never touched.
  const std::uintptr_t off = reinterpret_cast<std::uintptr_t>(destination) % kBlock;
  destination = reinterpret_cast<std::byte*>(reinterpret_cast<std::uintptr_t>(destination) - off);
  source = reinterpret_cast<const std::byte*>(reinterpret_cast<std::uintptr_t>(source) - off);
  const __m512i every = keys_after(key, -off);
  const __mmask64 head = _cvtu64_mask64(~0ULL << off);
  _mm512_mask_storeu_epi8(destination, head, masked(source, every, head));
  const std::size_t end = off + bytes;
  const std::size_t at = whole_lines(destination, source, kBlock, end, every);
  const __mmask64 tail = lanes(end - at);
  _mm512_mask_storeu_epi8(destination + at, tail, masked(source + at, every, tail));
}

/// The same without a lane that is masked off. Not for a source that is the destination.
RS_AVX512_INLINE void by_lines_with_whole_ends(std::byte* destination, const std::byte* source,
                                               std::size_t bytes, std::uint32_t key) {
  const std::size_t aligned = kBlock - reinterpret_cast<std::uintptr_t>(destination) % kBlock;
  const std::size_t tail_at = bytes - kBlock;
  store(destination, masked(source, keys(key)));
  whole_lines(destination, source, aligned, bytes, keys_after(key, aligned));
  store(destination + tail_at, masked(source + tail_at, keys_after(key, tail_at)));
}

/// True when the first and the last line of the destination, laid over the source, reach into a page that has
/// nothing of it. When that is not mapped, a processor takes some hundred nanoseconds to see that no lane
/// wants it.
RS_AVX512_INLINE bool lines_leave_pages(const std::byte* destination, const std::byte* source,
                                        std::size_t bytes) {
  constexpr std::size_t kPage = 4096;
  const auto to = reinterpret_cast<std::uintptr_t>(destination),
             from = reinterpret_cast<std::uintptr_t>(source);
  const std::size_t before = to % kBlock;
  const std::size_t behind = -(to + bytes) % kBlock;
  return from % kPage < before || (from + bytes - 1) % kPage + behind >= kPage;
}

RS_AVX512 void in_place_avx512(std::byte* data, std::size_t bytes, std::uint32_t key) {
  if (bytes <= 2 * kBlock) return up_to_two_blocks(data, data, bytes, key);
  by_lines(data, data, bytes, key);
}

RS_AVX512 void copy_avx512(std::byte* destination, const std::byte* source, std::size_t bytes,
                           std::uint32_t key) {
  if (bytes <= 2 * kBlock) return up_to_two_blocks(destination, source, bytes, key);
  if (lines_leave_pages(destination, source, bytes)) [[unlikely]]
    return by_lines_with_whole_ends(destination, source, bytes, key);
  by_lines(destination, source, bytes, key);
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
