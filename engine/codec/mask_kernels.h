// The interchangeable implementations behind mask(): for the tests and benchmarks that hold them against each
// other. Their keys are already turned to the phase of the first byte (key_at).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "codec/mask.h"

namespace ringstorm::detail {

struct MaskKernel {
  std::string_view name;
  bool (*is_supported)();  ///< by the processor and by the operating system, which must save its registers
  MaskInPlace in_place;
  MaskCopy copy;
  /// A whole client frame with a payload of up to 125 bytes: 6 + `bytes` bytes at `out`.
  EncodeShort encode_short;
};

/// From fast to plain; the last is "scalar" and runs everywhere.
std::span<const MaskKernel> mask_kernels();

/// RFC 6455 section 5.3 word for word, one byte at a time: the definition the others are tested against.
void mask_scalar(std::byte* destination, const std::byte* source, std::size_t bytes, MaskKey key,
                 std::size_t phase);

#if defined(__x86_64__)
extern const MaskKernel kMaskAvx512;
extern const MaskKernel kMaskAvx2;
extern const MaskKernel kMaskSse2;
#elif defined(__aarch64__)
extern const MaskKernel kMaskNeon;
#endif

}  // namespace ringstorm::detail
