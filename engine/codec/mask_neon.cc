// The mask with NEON, which every 64-bit Arm processor has.
#include "codec/mask_kernels.h"
#include "codec/mask_vector16.h"

namespace ringstorm::detail {
namespace {

void in_place_neon(std::byte* data, std::size_t bytes, std::uint32_t key) {
  vector16::mask_blocks(data, data, bytes, key);
}

void copy_neon(std::byte* destination, const std::byte* source, std::size_t bytes, std::uint32_t key) {
  vector16::mask_blocks(destination, source, bytes, key);
}

void encode_short_neon(std::byte* out, const std::byte* payload, std::size_t bytes, unsigned first_byte,
                       std::uint32_t key) {
  vector16::encode_short(out, payload, bytes, first_byte, key);
}

bool is_supported() {
  return true;
}

}  // namespace

const MaskKernel kMaskNeon{"neon", is_supported, in_place_neon, copy_neon, encode_short_neon};

}  // namespace ringstorm::detail
