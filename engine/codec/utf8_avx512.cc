// UTF-8 with 64-byte registers and byte masks (AVX-512 BW and VL, BMI2): see utf8_avx2.cc for the method. A
// text shorter than a block is one masked load, without a branch on its length.
#include <immintrin.h>

#include "codec/utf8_faults.h"
#include "codec/utf8_kernels.h"

#define RS_AVX512 [[gnu::target("avx512f,avx512bw,avx512vl,bmi,bmi2")]]
#define RS_AVX512_NOINLINE [[gnu::target("avx512f,avx512bw,avx512vl,bmi,bmi2"), gnu::noinline]]
#define RS_AVX512_INLINE [[gnu::target("avx512f,avx512bw,avx512vl,bmi,bmi2"), gnu::always_inline]] inline

namespace ringstorm::detail {
namespace {

constexpr std::size_t kBlock = 64;

/// The lowest `count` lanes; all for 64.
RS_AVX512_INLINE std::uint64_t lanes(std::size_t count) {
  return _bzhi_u64(~0ULL, static_cast<unsigned>(count));
}

RS_AVX512_INLINE __m512i load(const std::byte* text) {
  return _mm512_loadu_si512(text);
}

RS_AVX512_INLINE bool is_ascii(__m512i block) {
  return _cvtmask64_u64(_mm512_movepi8_mask(block)) == 0;
}

RS_AVX512_INLINE __m512i all(std::uint8_t byte) {
  return _mm512_set1_epi8(static_cast<char>(byte));
}

RS_AVX512_INLINE __m512i look_up(const utf8::Table& table, __m512i halves) {
  return _mm512_shuffle_epi8(_mm512_load_si512(table.data()), halves);
}

RS_AVX512_INLINE __m512i upper_halves(__m512i block) {
  return _mm512_and_si512(_mm512_srli_epi16(block, 4), all(0x0F));
}

/// A bit for each byte of `block` that is wrong where it stands, or behind a byte that is. `before` is what
/// precedes the block.
RS_AVX512_INLINE std::uint64_t faults(__m512i block, __m512i before) {
  // All lanes by a mask, for gcc 12 warns of the unmasked form; the code is the same.
  const __m512i joint = _mm512_maskz_alignr_epi64(0xFF, block, before, 6);
  const __m512i one_back = _mm512_alignr_epi8(block, joint, 15);
  const __m512i two_back = _mm512_alignr_epi8(block, joint, 14);
  const __m512i three_back = _mm512_alignr_epi8(block, joint, 13);
  const __m512i first_upper = look_up(utf8::kFirstUpper, upper_halves(one_back));
  const __m512i first_lower = look_up(utf8::kFirstLower, _mm512_and_si512(one_back, all(0x0F)));
  const __m512i second_upper = look_up(utf8::kSecondUpper, upper_halves(block));
  constexpr int kAnd = 0x80, kOrAnd = 0xA8;  // a & b & c, (a | b) & c
  const __m512i of_pair = _mm512_ternarylogic_epi32(first_upper, first_lower, second_upper, kAnd);
  const __m512i wanted = _mm512_ternarylogic_epi32(_mm512_subs_epu8(two_back, all(utf8::kBelowThree)),
                                                   _mm512_subs_epu8(three_back, all(utf8::kBelowFour)),
                                                   all(utf8::kTwoContinuations), kOrAnd);
  return _cvtmask64_u64(_mm512_cmpneq_epi8_mask(of_pair, wanted));
}

RS_AVX512_INLINE std::size_t skip_ascii(const std::byte* text, std::size_t bytes, std::size_t at) {
  for (; bytes - at >= 4 * kBlock; at += 4 * kBlock) {
    const __m512i a = _mm512_or_si512(load(text + at), load(text + at + kBlock));
    const __m512i b = _mm512_or_si512(load(text + at + 2 * kBlock), load(text + at + 3 * kBlock));
    if (!is_ascii(_mm512_or_si512(a, b))) break;
  }
  return at;
}

/// What is left from `at` on, less than a block, and zeros behind it.
RS_AVX512_INLINE __m512i rest_from(const std::byte* text, std::size_t bytes, std::size_t at) {
  return _mm512_maskz_loadu_epi8(_cvtu64_mask64(lanes(bytes - at)), text + at);
}

/// For text that begins between code points.
RS_AVX512_INLINE std::size_t valid_blocks(const std::byte* text, std::size_t bytes, std::uint8_t& state) {
  __m512i before = _mm512_setzero_si512();
  std::size_t at = skip_ascii(text, bytes, 0);
  while (bytes - at >= kBlock) {
    const __m512i block = load(text + at);
    if (is_ascii(_mm512_or_si512(block, before))) {
      at = skip_ascii(text, bytes, at + kBlock);
      continue;
    }
    if (faults(block, before) != 0) return utf8_scalar_from(text, bytes, at, state);
    before = block;
    at += kBlock;
  }
  const __m512i rest = rest_from(text, bytes, at);
  if (is_ascii(_mm512_or_si512(rest, before))) return bytes;
  // The first of the zeros behind the text is a fault when the text ends inside a code point.
  const std::uint64_t found = faults(rest, before);
  if (found == 0) return bytes;
  return utf8_scalar_from(text, bytes, (found & lanes(bytes - at)) == 0 ? bytes : at, state);
}

RS_AVX512_NOINLINE std::size_t valid_any_avx512(const std::byte* text, std::size_t bytes,
                                                std::uint8_t& state) {
  if (state == 0) return valid_blocks(text, bytes, state);
  const std::size_t begun = utf8_rest_of_code_point(text, bytes, state);
  return state != 0 ? begun : begun + valid_blocks(text + begun, bytes - begun, state);
}

/// For text of less than two blocks that begins between code points. It is loaded without a branch on its
/// length, which traffic of random short lengths would miss.
RS_AVX512_INLINE bool is_good_short_text(const std::byte* text, std::size_t bytes) {
  const std::size_t first = bytes < kBlock ? bytes : kBlock;
  const __m512i a = _mm512_maskz_loadu_epi8(_cvtu64_mask64(lanes(first)), text);
  const __m512i b = rest_from(text + first, bytes - first, 0);
  if (is_ascii(_mm512_or_si512(a, b))) return true;
  const std::uint64_t found = faults(a, _mm512_setzero_si512());
  return bytes < kBlock ? found == 0 : (found | faults(b, a)) == 0;
}

/// A function of its own for the short and good: it needs nothing saved.
RS_AVX512 std::size_t valid_prefix_avx512(const std::byte* text, std::size_t bytes, std::uint8_t& state) {
  if (state == 0 && bytes < 2 * kBlock && is_good_short_text(text, bytes)) return bytes;
  return valid_any_avx512(text, bytes, state);
}

// These look at the operating system's part (XGETBV) as well as at the processor's.
bool is_supported() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2");
}

}  // namespace

const Utf8Kernel kUtf8Avx512{"avx512", is_supported, valid_prefix_avx512};

}  // namespace ringstorm::detail
