// UTF-8 with 32-byte registers (AVX2): the faults of all neighbours at once, nothing but a look at ASCII.
//
// Only good text is told from bad here. Where a block has a fault, or the text ends inside a code point, the
// scalar kernel goes over those few bytes again and finds the place.
#include <cstring>

#include <immintrin.h>

#include "codec/utf8_faults.h"
#include "codec/utf8_kernels.h"

#define RS_AVX2 [[gnu::target("avx2")]]
#define RS_AVX2_NOINLINE [[gnu::target("avx2"), gnu::noinline]]
#define RS_AVX2_INLINE [[gnu::target("avx2"), gnu::always_inline]] inline

namespace ringstorm::detail {
namespace {

constexpr std::size_t kBlock = 32;
constexpr std::size_t kHalf = 16;

RS_AVX2_INLINE __m256i load(const std::byte* text) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
}

RS_AVX2_INLINE __m128i load_half(const void* bytes) {
  return _mm_loadu_si128(static_cast<const __m128i*>(bytes));
}

RS_AVX2_INLINE bool is_ascii(__m256i block) {
  return _mm256_movemask_epi8(block) == 0;
}

RS_AVX2_INLINE __m256i all(std::uint8_t byte) {
  return _mm256_set1_epi8(static_cast<char>(byte));
}

RS_AVX2_INLINE __m256i look_up(const utf8::Table& table, __m256i halves) {
  return _mm256_shuffle_epi8(_mm256_load_si256(reinterpret_cast<const __m256i*>(table.data())), halves);
}

RS_AVX2_INLINE __m256i upper_halves(__m256i block) {
  return _mm256_and_si256(_mm256_srli_epi16(block, 4), all(0x0F));
}

/// What stands one, two and three bytes before each byte of a block.
struct Back {
  __m256i one, two, three;
};

RS_AVX2_INLINE Back back_of(__m256i block, __m256i before) {
  const __m256i joint = _mm256_permute2x128_si256(before, block, 0x21);
  return {_mm256_alignr_epi8(block, joint, 15), _mm256_alignr_epi8(block, joint, 14),
          _mm256_alignr_epi8(block, joint, 13)};
}

/// For a block with three bytes before it. Loads are cheaper than shuffles, which the tables need already.
RS_AVX2_INLINE Back back_of(const std::byte* block) {
  return {load(block - 1), load(block - 2), load(block - 3)};
}

/// All bits of each byte of `block` that is right where it stands, and not behind one that is not.
RS_AVX2_INLINE __m256i good(__m256i block, const Back& back) {
  const __m256i of_first =
      _mm256_and_si256(look_up(utf8::kFirstUpper, upper_halves(back.one)),
                       look_up(utf8::kFirstLower, _mm256_and_si256(back.one, all(0x0F))));
  const __m256i of_pair = _mm256_and_si256(of_first, look_up(utf8::kSecondUpper, upper_halves(block)));
  const __m256i wanted = _mm256_or_si256(_mm256_subs_epu8(back.two, all(utf8::kBelowThree)),
                                         _mm256_subs_epu8(back.three, all(utf8::kBelowFour)));
  return _mm256_cmpeq_epi8(of_pair, _mm256_and_si256(wanted, all(utf8::kTwoContinuations)));
}

/// Keeps what is to be computed next from being begun before: gcc would run out of registers for both, and
/// the processor overlaps them anyway.
RS_AVX2_INLINE __m256i settled(__m256i value) {
  asm("" : "+x"(value));
  return value;
}

/// A bit for each byte that good() has not.
RS_AVX2_INLINE std::uint32_t faults(__m256i good) {
  return ~static_cast<std::uint32_t>(_mm256_movemask_epi8(good));
}

/// Text of at least half a block from `at` on, where less than a block is left: that and zeros behind it.
RS_AVX2_INLINE __m256i rest_from(const std::byte* text, std::size_t bytes, std::size_t at) {
  // Shuffles by sixteen neighbours of these move a half block down and let zeros in.
  alignas(16) static constexpr std::int8_t kDown[48] = {
      0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1, -1, -1,
      -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
  const std::size_t last = bytes - kHalf;
  const std::size_t first = at < last ? at : last;
  const __m128i low = _mm_shuffle_epi8(load_half(text + first), load_half(kDown + (at - first)));
  const __m128i high = _mm_shuffle_epi8(load_half(text + last), load_half(kDown + (at + kHalf - last)));
  return _mm256_set_m128i(high, low);
}

RS_AVX2_INLINE std::size_t skip_ascii(const std::byte* text, std::size_t bytes, std::size_t at) {
  for (; bytes - at >= 4 * kBlock; at += 4 * kBlock) {
    const __m256i a = _mm256_or_si256(load(text + at), load(text + at + kBlock));
    const __m256i b = _mm256_or_si256(load(text + at + 2 * kBlock), load(text + at + 3 * kBlock));
    if (!is_ascii(_mm256_or_si256(a, b))) break;
  }
  return at;
}

/// For text that begins between code points and has at least half a block.
RS_AVX2_INLINE std::size_t valid_blocks(const std::byte* text, std::size_t bytes, std::uint8_t& state) {
  __m256i before = _mm256_setzero_si256();
  std::size_t at = skip_ascii(text, bytes, 0);
  if (at == 0 && bytes >= kBlock) {
    const __m256i block = load(text);
    if (faults(good(block, back_of(block, before))) != 0) return utf8_scalar_from(text, bytes, at, state);
    before = block;
    at = kBlock;
  }
  while (bytes - at >= 2 * kBlock) {
    const __m256i a = load(text + at), b = load(text + at + kBlock);
    if (is_ascii(_mm256_or_si256(a, b)) && is_ascii(before)) {
      before = b;
      at = skip_ascii(text, bytes, at + 2 * kBlock);
      continue;
    }
    const std::size_t blocks = bytes - at >= 4 * kBlock ? 4 : 2;
    __m256i all_good = settled(good(a, back_of(text + at)));
    for (std::size_t i = 1; i < blocks; ++i) {
      const std::byte* const block = text + at + i * kBlock;
      all_good = settled(_mm256_and_si256(all_good, good(load(block), back_of(block))));
    }
    if (faults(all_good) != 0) return utf8_scalar_from(text, bytes, at, state);
    at += blocks * kBlock;
    before = load(text + at - kBlock);
  }
  if (bytes - at >= kBlock) {
    const __m256i block = load(text + at);
    if (faults(good(block, back_of(block, before))) != 0) return utf8_scalar_from(text, bytes, at, state);
    before = block;
    at += kBlock;
  }
  const __m256i rest = rest_from(text, bytes, at);
  if (is_ascii(_mm256_or_si256(rest, before))) return bytes;
  // The first of the zeros behind the text is a fault when the text ends inside a code point.
  const std::uint32_t found = faults(good(rest, back_of(rest, before)));
  if (found == 0) return bytes;
  const std::uint32_t in_text = found & ((1U << (bytes - at)) - 1);
  return utf8_scalar_from(text, bytes, in_text == 0 ? bytes : at, state);
}

template <class Word>
RS_AVX2_INLINE std::uint64_t word_at(const std::byte* text) {
  Word word;
  std::memcpy(&word, text, sizeof word);
  return word;
}

/// Text of less than half a block and zeros behind it, put together from two or three loads.
RS_AVX2_INLINE __m256i short_text(const std::byte* text, std::size_t bytes) {
  std::uint64_t low = 0, high = 0;
  if (bytes >= 8) {
    low = word_at<std::uint64_t>(text);
    high = word_at<std::uint64_t>(text + bytes - 8) >> 8 >> 8 * (15 - bytes);
  } else if (bytes >= 4) {
    low = word_at<std::uint32_t>(text) | word_at<std::uint32_t>(text + bytes - 4) << 8 * (bytes - 4);
  } else if (bytes > 0) {
    const std::size_t middle = bytes / 2, last = bytes - 1;
    low = word_at<std::uint8_t>(text) | word_at<std::uint8_t>(text + middle) << 8 * middle |
          word_at<std::uint8_t>(text + last) << 8 * last;
  }
  return _mm256_set_epi64x(0, 0, static_cast<long long>(high), static_cast<long long>(low));
}

/// For text of half a block to four blocks, which loads that overlap as much as they must cover.
RS_AVX2_INLINE bool is_ascii_throughout(const std::byte* text, std::size_t bytes) {
  if (bytes < kBlock) {
    return _mm_movemask_epi8(_mm_or_si128(load_half(text), load_half(text + bytes - kHalf))) == 0;
  }
  const std::size_t last = bytes - kBlock;
  const std::size_t second = last < kBlock ? last : kBlock;
  const std::size_t third = last < 2 * kBlock ? last : 2 * kBlock;
  return is_ascii(_mm256_or_si256(_mm256_or_si256(load(text), load(text + second)),
                                  _mm256_or_si256(load(text + third), load(text + last))));
}

RS_AVX2_NOINLINE std::size_t valid_any_avx2(const std::byte* text, std::size_t bytes, std::uint8_t& state) {
  std::size_t begun = 0;
  if (state != 0) begun = utf8_rest_of_code_point(text, bytes, state);
  if (state != 0) return begun;
  if (bytes - begun < kHalf) return begun + utf8_scalar(text + begun, bytes - begun, state);
  return begun + valid_blocks(text + begun, bytes - begun, state);
}

/// A function of its own for the short, which most text is: it needs nothing saved.
RS_AVX2 std::size_t valid_prefix_avx2(const std::byte* text, std::size_t bytes, std::uint8_t& state) {
  if (state == 0 && bytes < kHalf) {
    const __m256i all_of_it = short_text(text, bytes), none = _mm256_setzero_si256();
    if (is_ascii(all_of_it) || faults(good(all_of_it, back_of(all_of_it, none))) == 0) return bytes;
    return utf8_scalar(text, bytes, state);
  }
  if (state == 0 && bytes <= 4 * kBlock && is_ascii_throughout(text, bytes)) return bytes;
  return valid_any_avx2(text, bytes, state);
}

// This looks at the operating system's part (XGETBV) as well as at the processor's.
bool is_supported() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2");
}

}  // namespace

const Utf8Kernel kUtf8Avx2{"avx2", is_supported, valid_prefix_avx2};

}  // namespace ringstorm::detail
