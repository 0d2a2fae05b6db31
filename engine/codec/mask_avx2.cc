// The mask with 32-byte registers (AVX2).
//
// Without byte masks a length under 16 is put together from powers of two without a branch; between 32 and
// 128 bytes four blocks overlap as much as they must. Everything is loaded before anything is stored there,
// so that the source may be the destination. vpmaskmovd would be shorter, but its store takes a dozen cycles
// on many processors that have AVX2 and no more.
#include <bit>
#include <cstring>

#include <immintrin.h>

#include "codec/mask_kernels.h"

#define RS_AVX2 [[gnu::target("avx2")]]
#define RS_AVX2_NOINLINE [[gnu::target("avx2"), gnu::noinline]]
#define RS_AVX2_INLINE [[gnu::target("avx2"), gnu::always_inline]] inline

namespace ringstorm::detail {
namespace {

constexpr std::size_t kBlock = 32;
constexpr std::size_t kWord = 8;

/// The key for what lies `bytes` further on.
[[gnu::always_inline]] inline std::uint32_t key_after(std::uint32_t key, std::size_t bytes) {
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

/// One of the sizes that make up a short length does its work when that bit of the length is set. When it is
/// not, it loads nothing's bytes and stores them where they are forgotten: two places, for a load of what the
/// last call stored would wait for it.
struct Elsewhere {
  const std::byte* nothing;
  std::byte* forgotten;
};

/// Arithmetic, because a branch would be missed half the time.
template <class Byte>
[[gnu::always_inline]] inline Byte* place_if(bool wanted, Byte* place, Byte* other) {
  const auto a = reinterpret_cast<std::uintptr_t>(place), b = reinterpret_cast<std::uintptr_t>(other);
  return reinterpret_cast<Byte*>(b + ((a - b) & -std::uintptr_t{wanted}));
}

template <class Word>
[[gnu::always_inline]] inline void mask_if(bool wanted, std::byte* destination, const std::byte* source,
                                           Elsewhere elsewhere, Word key) {
  Word word;
  std::memcpy(&word, place_if(wanted, source, elsewhere.nothing), sizeof word);
  word = static_cast<Word>(word ^ key);
  std::memcpy(place_if(wanted, destination, elsewhere.forgotten), &word, sizeof word);
}

[[gnu::noinline]] void under_one_word(std::byte* destination, const std::byte* source, std::size_t bytes,
                                      std::uint32_t key) {
  static constexpr std::byte kNothing[4] = {};
  std::byte forgotten[4];
  const Elsewhere elsewhere{kNothing, forgotten};
  const std::size_t two_at = bytes & 4, one_at = bytes & 6;
  mask_if(bytes & 4, destination, source, elsewhere, key);
  mask_if(bytes & 2, destination + two_at, source + two_at, elsewhere, static_cast<std::uint16_t>(key));
  mask_if(bytes & 1, destination + one_at, source + one_at, elsewhere,
          static_cast<std::uint8_t>(std::rotr(key, static_cast<int>(one_at) * 8)));
}

RS_AVX2_INLINE std::uint64_t masked_word(const std::byte* source, std::uint64_t key) {
  std::uint64_t word;
  std::memcpy(&word, source, sizeof word);
  return word ^ key;
}

RS_AVX2_INLINE void store_word(std::byte* destination, std::uint64_t word) {
  std::memcpy(destination, &word, sizeof word);
}

RS_AVX2_INLINE void under_four_words(std::byte* destination, const std::byte* source, std::size_t bytes,
                                     std::uint32_t key) {
  const std::size_t last = bytes - kWord;
  const std::size_t latest = last & ~std::size_t{3};
  const std::size_t second = latest < kWord ? latest : kWord;
  const std::size_t third = latest < 2 * kWord ? latest : 2 * kWord;
  const std::uint64_t every = std::uint64_t{key} << 32 | key;
  const std::uint64_t a = masked_word(source, every);
  const std::uint64_t b = masked_word(source + second, every);
  const std::uint64_t c = masked_word(source + third, every);
  const std::uint64_t d = masked_word(source + last, std::rotr(every, static_cast<int>(last % 4) * 8));
  store_word(destination, a);
  store_word(destination + second, b);
  store_word(destination + third, c);
  store_word(destination + last, d);
}

/// Those in between begin where the key does, so that only the last needs a turned one.
RS_AVX2_INLINE void up_to_four_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                                      std::uint32_t key) {
  const std::size_t last = bytes - kBlock;
  const std::size_t latest = last & ~std::size_t{3};
  const std::size_t second = latest < kBlock ? latest : kBlock;
  const std::size_t third = latest < 2 * kBlock ? latest : 2 * kBlock;
  const __m256i every = keys_after(key, 0);
  const __m256i a = masked(source, every);
  const __m256i b = masked(source + second, every);
  const __m256i c = masked(source + third, every);
  const __m256i d = masked(source + last, keys_after(key, last));
  store(destination, a);
  store(destination + second, b);
  store(destination + third, c);
  store(destination + last, d);
}

/// One block wherever the destination begins, aligned ones four at a time, four at the end; the ends overlap
/// the middle.
RS_AVX2_NOINLINE void many_blocks_avx2(std::byte* destination, const std::byte* source, std::size_t bytes,
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

/// For up to four blocks.
RS_AVX2_INLINE void few_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                               std::uint32_t key) {
  if (bytes < kWord) return under_one_word(destination, source, bytes, key);
  if (bytes < kBlock) return under_four_words(destination, source, bytes, key);
  up_to_four_blocks(destination, source, bytes, key);
}

RS_AVX2_INLINE void mask_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                                std::uint32_t key) {
  if (bytes > 4 * kBlock) return many_blocks_avx2(destination, source, bytes, key);
  few_blocks(destination, source, bytes, key);
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
  few_blocks(out + 6, payload, bytes, key);
}

// This looks at the operating system's part (XGETBV) as well as at the processor's.
bool is_supported() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2");
}

}  // namespace

const MaskKernel kMaskAvx2{"avx2", is_supported, in_place_avx2, copy_avx2, encode_short_avx2};

}  // namespace ringstorm::detail
