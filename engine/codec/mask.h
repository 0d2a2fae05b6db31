// The XOR mask of RFC 6455 section 5.3: byte i of a payload is xored with byte i mod 4 of the key.
//
// The work is done by the fastest kernel this processor and its operating system can run, chosen on first
// use. RINGSTORM_MASK=scalar (or another name of mask_kernels.h) in the environment chooses by name instead.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>

#include "base/check.h"

namespace ringstorm {

/// The four key bytes as they stand on the wire, loaded as one word in the machine's byte order.
struct MaskKey {
  std::uint32_t wire = 0;
  friend bool operator==(const MaskKey&, const MaskKey&) = default;
};

namespace detail {

using MaskInPlace = void (*)(std::byte* data, std::size_t bytes, std::uint32_t key);
using MaskCopy = void (*)(std::byte* destination, const std::byte* source, std::size_t bytes,
                          std::uint32_t key);
using EncodeShort = void (*)(std::byte* out, const std::byte* payload, std::size_t bytes, unsigned first_byte,
                             std::uint32_t key);

/// What the chosen kernel is called through. They begin as functions that choose first, so that a call is one
/// indirect call and nothing has to be started.
extern constinit std::atomic<MaskInPlace> chosen_in_place;
extern constinit std::atomic<MaskCopy> chosen_copy;
extern constinit std::atomic<EncodeShort> chosen_encode_short;

/// The key as it falls on the byte at `phase`.
constexpr std::uint32_t key_at(MaskKey key, std::size_t phase) {
  const int bits = static_cast<int>(phase % 4) * 8;
  return std::endian::native == std::endian::little ? std::rotr(key.wire, bits) : std::rotl(key.wire, bits);
}

/// How far apart the two begin. Of two that are as long as this, none overlaps the other.
inline std::size_t distance(const std::byte* a, const std::byte* b) {
  const auto first = reinterpret_cast<std::intptr_t>(a), second = reinterpret_cast<std::intptr_t>(b);
  return static_cast<std::size_t>(std::abs(first - second));
}

}  // namespace detail

/// Masks (or unmasks) in place. `phase` is the position of data[0] in its payload, modulo 4: a payload may be
/// masked in any pieces. Any length, any alignment; touches nothing outside `data`. (A processor may take a
/// few hundred nanoseconds to see that when fewer than 128 bytes after a short `data` are mapped memory.)
inline void mask(std::span<std::byte> data, MaskKey key, std::size_t phase = 0) {
  detail::chosen_in_place.load(std::memory_order_relaxed)(data.data(), data.size(),
                                                          detail::key_at(key, phase));
}

/// The same from `source` into `destination`, which is at least as long and does not overlap it: otherwise
/// this aborts, in release builds too, for what is sent would be garbage. (To mask in place, mask().)
inline void mask_copy(std::span<std::byte> destination, std::span<const std::byte> source, MaskKey key,
                      std::size_t phase = 0) {
  RS_DCHECK(destination.size() >= source.size());
  RS_CHECK(detail::distance(destination.data(), source.data()) >= source.size() && "no overlap");
  detail::chosen_copy.load(std::memory_order_relaxed)(destination.data(), source.data(), source.size(),
                                                      detail::key_at(key, phase));
}

/// The name of the kernel that mask() runs.
std::string_view active_mask_kernel();

/// Makes mask() run this kernel from now on. False, and nothing changes, when there is none of that name or
/// this machine cannot run it. Safe while other threads mask.
bool force_mask_kernel(std::string_view name);

/// What RINGSTORM_MASK asked for in vain: an unknown kernel or one this machine cannot run. The best one runs
/// instead; a program that takes its user seriously says so.
std::optional<std::string_view> refused_mask_kernel();

}  // namespace ringstorm
