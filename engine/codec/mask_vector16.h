// The mask in 16-byte registers that every processor of the architecture has: SSE2 or NEON, from one text.
// Only for mask_sse2.cc and mask_neon.cc, which are never built into the same program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "codec/mask.h"

namespace ringstorm::detail::vector16 {

// A GCC and clang vector: it becomes one register without a compiler flag.
typedef std::uint32_t Block __attribute__((vector_size(16)));

constexpr std::size_t kBlock = sizeof(Block);

[[gnu::always_inline]] inline Block keys_after(std::uint32_t key, std::size_t bytes) {
  const std::uint32_t turned = key_at(MaskKey{key}, bytes);
  return Block{turned, turned, turned, turned};
}

/// Unaligned and free of aliasing rules: memcpy of a known size is a plain load or store.
template <class Word>
[[gnu::always_inline]] inline Word masked(const std::byte* source, Word key) {
  Word word;
  std::memcpy(&word, source, sizeof word);
  return word ^ key;
}

template <class Word>
[[gnu::always_inline]] inline void store(std::byte* destination, Word word) {
  std::memcpy(destination, &word, sizeof word);
}

/// One of the sizes that make up a short length: does its work at `destination` when that bit of the length
/// is set and into a place to forget when not, for a branch would be missed half the time.
template <class Word>
[[gnu::always_inline]] inline void mask_if(bool wanted, std::byte* destination, const std::byte* source,
                                           std::byte* unwanted, Word key) {
  const std::uintptr_t keep = -std::uintptr_t{wanted};
  const auto choose = [keep](const std::byte* one, const std::byte* other) {
    const auto a = reinterpret_cast<std::uintptr_t>(one), b = reinterpret_cast<std::uintptr_t>(other);
    return reinterpret_cast<std::byte*>(b ^ ((a ^ b) & keep));
  };
  store(choose(destination, unwanted), static_cast<Word>(masked(choose(source, unwanted), key)));
}

[[gnu::always_inline]] inline void under_one_block(std::byte* destination, const std::byte* source,
                                                   std::size_t bytes, std::uint32_t key) {
  // A slot for each size: a load of what was just stored in another size would wait for it.
  std::byte unwanted[32] = {};
  const std::size_t four_at = bytes & 8, two_at = bytes & 12, one_at = bytes & 14;
  mask_if(bytes & 8, destination, source, unwanted, std::uint64_t{key} << 32 | key);
  mask_if(bytes & 4, destination + four_at, source + four_at, unwanted + 8, key);
  std::uint16_t pair;
  std::memcpy(&pair, &key, sizeof pair);
  mask_if(bytes & 2, destination + two_at, source + two_at, unwanted + 16, pair);
  const std::uint32_t turned = key_at(MaskKey{key}, one_at);
  std::uint8_t single;
  std::memcpy(&single, &turned, sizeof single);
  mask_if(bytes & 1, destination + one_at, source + one_at, unwanted + 24, single);
}

/// Four blocks that overlap as much as they must. All are loaded before one is stored: the source may be the
/// destination.
[[gnu::always_inline]] inline void up_to_four_blocks(std::byte* destination, const std::byte* source,
                                                     std::size_t bytes, std::uint32_t key) {
  const std::size_t last = bytes - kBlock;
  const std::size_t second = last < kBlock ? last : kBlock;
  const std::size_t third = last < 2 * kBlock ? last : 2 * kBlock;
  const Block a = masked(source, keys_after(key, 0));
  const Block b = masked(source + second, keys_after(key, second));
  const Block c = masked(source + third, keys_after(key, third));
  const Block d = masked(source + last, keys_after(key, last));
  store(destination, a);
  store(destination + second, b);
  store(destination + third, c);
  store(destination + last, d);
}

/// One block wherever the destination begins, aligned ones four at a time, four at the end; the ends overlap
/// the middle.
[[gnu::always_inline]] inline void many_blocks(std::byte* destination, const std::byte* source,
                                               std::size_t bytes, std::uint32_t key) {
  const std::size_t aligned = kBlock - reinterpret_cast<std::uintptr_t>(destination) % kBlock;
  const std::size_t tail = bytes - 4 * kBlock;
  const Block head = masked(source, keys_after(key, 0));
  const Block tail_keys = keys_after(key, tail);
  const Block a = masked(source + tail, tail_keys);
  const Block b = masked(source + tail + kBlock, tail_keys);
  const Block c = masked(source + tail + 2 * kBlock, tail_keys);
  const Block d = masked(source + tail + 3 * kBlock, tail_keys);
  const Block every = keys_after(key, aligned);
  for (std::size_t at = aligned; at < tail; at += 4 * kBlock) {
    for (std::size_t i = at; i < at + 4 * kBlock; i += kBlock)
      store(destination + i, masked(source + i, every));
  }
  store(destination, head);
  store(destination + tail, a);
  store(destination + tail + kBlock, b);
  store(destination + tail + 2 * kBlock, c);
  store(destination + tail + 3 * kBlock, d);
}

[[gnu::always_inline]] inline void mask_blocks(std::byte* destination, const std::byte* source,
                                               std::size_t bytes, std::uint32_t key) {
  if (bytes < kBlock) return under_one_block(destination, source, bytes, key);
  if (bytes <= 4 * kBlock) return up_to_four_blocks(destination, source, bytes, key);
  many_blocks(destination, source, bytes, key);
}

[[gnu::always_inline]] inline void encode_short(std::byte* out, const std::byte* payload, std::size_t bytes,
                                                unsigned first_byte, std::uint32_t key) {
  const std::uint8_t first_two[] = {static_cast<std::uint8_t>(first_byte),
                                    static_cast<std::uint8_t>(0x80 | bytes)};
  std::memcpy(out, first_two, sizeof first_two);
  std::memcpy(out + 2, &key, sizeof key);
  mask_blocks(out + 6, payload, bytes, key);
}

}  // namespace ringstorm::detail::vector16
