// The mask with SSE2, which every x86-64 processor has.
#include "codec/mask_kernels.h"
#include "codec/mask_vector16.h"

namespace ringstorm::detail {
namespace {

void in_place_sse2(std::byte* data, std::size_t bytes, std::uint32_t key) {
  vector16::mask_blocks(data, data, bytes, key);
}

void copy_sse2(std::byte* destination, const std::byte* source, std::size_t bytes, std::uint32_t key) {
  vector16::mask_blocks(destination, source, bytes, key);
}

void encode_short_sse2(std::byte* out, const std::byte* payload, std::size_t bytes, unsigned first_byte,
                       std::uint32_t key) {
  vector16::encode_short(out, payload, bytes, first_byte, key);
}

bool is_supported() {
  return true;
}

}  // namespace

const MaskKernel kMaskSse2{"sse2", is_supported, in_place_sse2, copy_sse2, encode_short_sse2};

}  // namespace ringstorm::detail
