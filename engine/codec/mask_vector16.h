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
  store(place_if(wanted, destination, elsewhere.forgotten),
        static_cast<Word>(masked(place_if(wanted, source, elsewhere.nothing), key)));
}

/// A function of its own, as many_blocks() is: the registers that it saves would otherwise be saved for every
/// length.
[[gnu::noinline]] inline void under_one_block(std::byte* destination, const std::byte* source,
                                              std::size_t bytes, std::uint32_t key) {
  static constexpr std::byte kNothing[8] = {};
  std::byte forgotten[8];
  const Elsewhere elsewhere{kNothing, forgotten};
  const std::size_t four_at = bytes & 8, two_at = bytes & 12, one_at = bytes & 14;
  mask_if(bytes & 8, destination, source, elsewhere, std::uint64_t{key} << 32 | key);
  mask_if(bytes & 4, destination + four_at, source + four_at, elsewhere, key);
  std::uint16_t pair;
  std::memcpy(&pair, &key, sizeof pair);
  mask_if(bytes & 2, destination + two_at, source + two_at, elsewhere, pair);
  const std::uint32_t turned = key_at(MaskKey{key}, one_at);
  std::uint8_t single;
  std::memcpy(&single, &turned, sizeof single);
  mask_if(bytes & 1, destination + one_at, source + one_at, elsewhere, single);
}

/// Four blocks that overlap as much as they must. All are loaded before one is stored: the source may be the
/// destination. Those in between begin where the key does, so that only the last needs a turned one.
[[gnu::always_inline]] inline void up_to_four_blocks(std::byte* destination, const std::byte* source,
                                                     std::size_t bytes, std::uint32_t key) {
  const std::size_t last = bytes - kBlock;
  const std::size_t latest = last & ~std::size_t{3};
  const std::size_t second = latest < kBlock ? latest : kBlock;
  const std::size_t third = latest < 2 * kBlock ? latest : 2 * kBlock;
  const Block every = keys_after(key, 0);
  const Block a = masked(source, every);
  const Block b = masked(source + second, every);
  const Block c = masked(source + third, every);
  const Block d = masked(source + last, keys_after(key, last));
  store(destination, a);
  store(destination + second, b);
  store(destination + third, c);
  store(destination + last, d);
}

/// One block wherever the destination begins, aligned ones four at a time, four at the end; the ends overlap
/// the middle.
[[gnu::noinline]] inline void many_blocks(std::byte* destination, const std::byte* source, std::size_t bytes,
                                          std::uint32_t key) {
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
