// The mask with 32-byte registers (AVX2).
//
// Without byte masks a short length is put together from powers of two without a branch; between 32 and 128
// bytes four blocks overlap as much as they must. Everything is loaded before anything is stored there, so
// that the source may be the destination. vpmaskmovd would be shorter, but its store takes a dozen cycles on
// many processors that have AVX2 and no more.
#include <bit>
#include <cstring>

#include <immintrin.h>

#include "codec/mask_kernels.h"

#define RS_AVX2 [[gnu::target("avx2")]]
#define RS_AVX2_INLINE [[gnu::target("avx2"), gnu::always_inline]] inline

namespace ringstorm::detail {
namespace {

constexpr std::size_t kBlock = 32;

/// The key for what lies `bytes` further on.
RS_AVX2_INLINE std::uint32_t key_after(std::uint32_t key, std::size_t bytes) {
  return std::rotr(key, static_cast<int>(bytes % 4) * 8);
}

RS_AVX2_INLINE __m256i keys_after(std::uint32_t key, std::size_t bytes) {
  return _mm256_set1_epi32(static_cast<int>(key_after(key, bytes)));
}

RS_AVX2_INLINE __m256i masked(const std::byte* source, __m256i key) {
  return _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(source)), key);
}

RS_AVX2_INLINE void store(std::byte* destination, __m256i block) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(destination), block);
}

/// Where one of the sizes that make up a short length does its work: at `place` when that bit of the length
/// is set, else at a place to forget. Arithmetic, because a branch would be missed half the time.
template <class Byte>
RS_AVX2_INLINE Byte* place_if(bool wanted, Byte* place, std::byte* unwanted) {
  const auto a = reinterpret_cast<std::uintptr_t>(place), b = reinterpret_cast<std::uintptr_t>(unwanted);
  return reinterpret_cast<Byte*>(b + ((a - b) & -std::uintptr_t{wanted}));
}

template <class Word>
RS_AVX2_INLINE void mask_if(bool wanted, std::byte* destination, const std::byte* source, std::byte* unwanted,
                            std::uint64_t key) {
  Word word;
  std::memcpy(&word, place_if(wanted, source, unwanted), sizeof word);
  word ^= static_cast<Word>(key);
  std::memcpy(place_if(wanted, destination, unwanted), &word, sizeof word);
}

RS_AVX2_INLINE void under_one_block(std::byte* destination, const std::byte* source, std::size_t bytes,
                                    std::uint32_t key) {
  // A slot for each size: a load of what was just stored in another size would wait for it.
  alignas(16) std::byte unwanted[48];
  const __m128i sixteen_keys = _mm_set1_epi32(static_cast<int>(key));
  const __m128i sixteen =
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(place_if((bytes & 16) != 0, source, unwanted)));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(place_if((bytes & 16) != 0, destination, unwanted)),
                   _mm_xor_si128(sixteen, sixteen_keys));
  const std::size_t eight_at = bytes & 16, four_at = bytes & 24, two_at = bytes & 28, one_at = bytes & 30;
  mask_if<std::uint64_t>(bytes & 8, destination + eight_at, source + eight_at, unwanted + 16,
                         std::uint64_t{key} << 32 | key);
  mask_if<std::uint32_t>(bytes & 4, destination + four_at, source + four_at, unwanted + 24, key);
  mask_if<std::uint16_t>(bytes & 2, destination + two_at, source + two_at, unwanted + 32, key);
  mask_if<std::uint8_t>(bytes & 1, destination + one_at, source + one_at, unwanted + 40,
                        key_after(key, one_at));
}

RS_AVX2_INLINE void up_to_four_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                                      std::uint32_t key) {
  const std::size_t last = bytes - kBlock;
  const std::size_t second = last < kBlock ? last : kBlock;
  const std::size_t third = last < 2 * kBlock ? last : 2 * kBlock;
  const __m256i a = masked(source, keys_after(key, 0));
  const __m256i b = masked(source + second, keys_after(key, second));
  const __m256i c = masked(source + third, keys_after(key, third));
  const __m256i d = masked(source + last, keys_after(key, last));
  store(destination, a);
  store(destination + second, b);
  store(destination + third, c);
  store(destination + last, d);
}

/// One block wherever the destination begins, aligned ones four at a time, four at the end; the ends overlap
/// the middle.
RS_AVX2_INLINE void many_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                                std::uint32_t key) {
  const std::size_t aligned = kBlock - reinterpret_cast<std::uintptr_t>(destination) % kBlock;
  const std::size_t tail = bytes - 4 * kBlock;
  const __m256i head = masked(source, keys_after(key, 0));
  const __m256i tail_keys = keys_after(key, tail);
  const __m256i a = masked(source + tail, tail_keys);
  const __m256i b = masked(source + tail + kBlock, tail_keys);
  const __m256i c = masked(source + tail + 2 * kBlock, tail_keys);
  const __m256i d = masked(source + tail + 3 * kBlock, tail_keys);
  const __m256i every = keys_after(key, aligned);
  for (std::size_t at = aligned; at < tail; at += 4 * kBlock) {
    store(destination + at, masked(source + at, every));
    store(destination + at + kBlock, masked(source + at + kBlock, every));
    store(destination + at + 2 * kBlock, masked(source + at + 2 * kBlock, every));
    store(destination + at + 3 * kBlock, masked(source + at + 3 * kBlock, every));
  }
  store(destination, head);
  store(destination + tail, a);
  store(destination + tail + kBlock, b);
  store(destination + tail + 2 * kBlock, c);
  store(destination + tail + 3 * kBlock, d);
}

RS_AVX2_INLINE void mask_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                                std::uint32_t key) {
  if (bytes < kBlock) return under_one_block(destination, source, bytes, key);
  if (bytes <= 4 * kBlock) return up_to_four_blocks(destination, source, bytes, key);
  many_blocks(destination, source, bytes, key);
}

RS_AVX2 void in_place_avx2(std::byte* data, std::size_t bytes, std::uint32_t key) {
  mask_blocks(data, data, bytes, key);
}

RS_AVX2 void copy_avx2(std::byte* destination, const std::byte* source, std::size_t bytes,
                       std::uint32_t key) {
  mask_blocks(destination, source, bytes, key);
}

RS_AVX2 void encode_short_avx2(std::byte* out, const std::byte* payload, std::size_t bytes,
                               unsigned first_byte, std::uint32_t key) {
  const std::uint64_t header = first_byte | (0x80 | bytes) << 8 | std::uint64_t{key} << 16;
  std::memcpy(out, &header, 6);
  mask_blocks(out + 6, payload, bytes, key);
}

// This looks at the operating system's part (XGETBV) as well as at the processor's.
bool is_supported() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2");
}

}  // namespace

const MaskKernel kMaskAvx2{"avx2", is_supported, in_place_avx2, copy_avx2, encode_short_avx2};

}  // namespace ringstorm::detail
