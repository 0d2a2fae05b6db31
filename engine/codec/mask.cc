#include "codec/mask.h"

#include <array>
#include <bit>
#include <cstring>

#include "codec/mask_kernel.h"

namespace ringstorm {
namespace detail {
namespace {

// A GCC and clang vector: it becomes one SSE2 or NEON register without a compiler flag.
typedef std::uint32_t Block __attribute__((vector_size(16)));

/// The key as it falls on a byte at `phase`.
std::uint32_t rotate_to_phase(MaskKey key, std::size_t phase) {
  const int bits = static_cast<int>(phase % 4) * 8;
  return std::endian::native == std::endian::little ? std::rotr(key.wire, bits) : std::rotl(key.wire, bits);
}

/// Unaligned and free of aliasing rules: memcpy of a known size is a plain load or store.
template <class Word>
inline void xor_word(std::byte* destination, const std::byte* source, const Word& key) {
  Word word;
  std::memcpy(&word, source, sizeof word);
  word ^= key;
  std::memcpy(destination, &word, sizeof word);
}

}  // namespace

void mask_scalar(std::byte* destination, const std::byte* source, std::size_t bytes, MaskKey key,
                 std::size_t phase) {
  const auto octets = std::bit_cast<std::array<std::byte, 4>>(key.wire);
  for (std::size_t i = 0; i < bytes; ++i) destination[i] = source[i] ^ octets[(i + phase) % 4];
}

void mask_vector16(std::byte* destination, const std::byte* source, std::size_t bytes, MaskKey key,
                   std::size_t phase) {
  const std::uint32_t word = rotate_to_phase(key, phase);
  const Block block = {word, word, word, word};
  std::size_t i = 0;
  for (; bytes - i >= 4 * sizeof block; i += 4 * sizeof block) {
    xor_word(destination + i, source + i, block);
    xor_word(destination + i + 16, source + i + 16, block);
    xor_word(destination + i + 32, source + i + 32, block);
    xor_word(destination + i + 48, source + i + 48, block);
  }
  for (; bytes - i >= sizeof block; i += sizeof block) xor_word(destination + i, source + i, block);
  if (bytes - i >= 8) {
    xor_word(destination + i, source + i, std::uint64_t{word} << 32 | word);
    i += 8;
  }
  if (bytes - i >= 4) {
    xor_word(destination + i, source + i, word);
    i += 4;
  }
  mask_scalar(destination + i, source + i, bytes - i, MaskKey{word}, 0);
}

}  // namespace detail

void mask(std::span<std::byte> data, MaskKey key, std::size_t phase) {
  detail::mask_vector16(data.data(), data.data(), data.size(), key, phase);
}

void mask_copy(std::span<std::byte> destination, std::span<const std::byte> source, MaskKey key,
               std::size_t phase) {
  detail::mask_vector16(destination.data(), source.data(), source.size(), key, phase);
}

}  // namespace ringstorm
