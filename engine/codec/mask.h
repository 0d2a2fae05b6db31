// The XOR mask of RFC 6455 section 5.3: byte i of a payload is xored with byte i mod 4 of the key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringstorm {

/// The four key bytes as they stand on the wire, loaded as one word in the machine's byte order.
struct MaskKey {
  std::uint32_t wire = 0;
  friend bool operator==(const MaskKey&, const MaskKey&) = default;
};

/// Masks (or unmasks) in place. `phase` is the position of data[0] in its payload, modulo 4: a payload may be
/// masked in any pieces. Any length, any alignment; touches nothing outside `data`.
void mask(std::span<std::byte> data, MaskKey key, std::size_t phase = 0);

/// The same from `source` into `destination`, which is at least as long and does not overlap it.
void mask_copy(std::span<std::byte> destination, std::span<const std::byte> source, MaskKey key,
               std::size_t phase = 0);

}  // namespace ringstorm
