// The interchangeable implementations behind mask(): for the tests and benchmarks that hold them against each
// other.
#pragma once

#include <cstddef>

#include "codec/mask.h"

namespace ringstorm::detail {

/// Writes `bytes` masked bytes from `source` to `destination`, which is the same address or does not overlap
/// it.
using MaskKernel = void (*)(std::byte* destination, const std::byte* source, std::size_t bytes, MaskKey key,
                            std::size_t phase);

/// RFC 6455 section 5.3 word for word, one byte at a time: the definition the others are tested against.
void mask_scalar(std::byte* destination, const std::byte* source, std::size_t bytes, MaskKey key,
                 std::size_t phase);

/// 16 bytes at a time, in the vector registers every 64-bit machine has.
void mask_vector16(std::byte* destination, const std::byte* source, std::size_t bytes, MaskKey key,
                   std::size_t phase);

}  // namespace ringstorm::detail
