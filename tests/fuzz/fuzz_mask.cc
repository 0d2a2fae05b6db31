// Input: phase and offset, the key, the payload. mask() and mask_copy() agree with the scalar definition.
#include <cstring>
#include <vector>

#include "base/check.h"
#include "codec/mask_kernel.h"
#include "fuzz/input.h"

using namespace ringstorm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned choices = input.byte();
  const std::size_t phase = choices & 3;
  const std::size_t offset = choices >> 2;
  MaskKey key;
  const std::span<const std::byte> octets = input.take(4);
  if (octets.size() == 4) std::memcpy(&key.wire, octets.data(), 4);
  const std::span<const std::byte> payload = input.rest();

  std::vector<std::byte> expected(payload.size());
  detail::mask_scalar(expected.data(), payload.data(), payload.size(), key, phase);

  std::vector<std::byte> buffer(offset + payload.size());
  const std::span<std::byte> at_offset = std::span(buffer).subspan(offset);
  mask_copy(at_offset, payload, key, phase);
  RS_CHECK(std::ranges::equal(at_offset, expected));
  mask(at_offset, key, phase);
  RS_CHECK(std::ranges::equal(at_offset, payload));
  return 0;
}
