// Input: phase and offset, the key, how many cut sizes, the cut sizes (used in turn), the payload. Every
// kernel agrees with the scalar definition, whole and cut, in place and copying, and as a short frame.
#include <cstring>
#include <vector>

#include "base/check.h"
#include "codec/mask_kernels.h"
#include "fuzz/input.h"

using namespace ringstorm;

namespace {

struct Case {
  std::size_t phase;
  std::size_t offset;
  MaskKey key;
  std::span<const std::byte> cuts;
  std::span<const std::byte> payload;
  std::vector<std::byte> expected;
};

void check_pieces(const detail::MaskKernel& kernel, const Case& input, std::span<std::byte> out) {
  std::size_t cut = 0;
  for (std::size_t at = 0; at < input.payload.size();) {
    const std::size_t wanted =
        input.cuts.empty() ? input.payload.size()
                           : 1 + 5 * std::to_integer<std::size_t>(input.cuts[cut++ % input.cuts.size()]);
    const std::size_t piece = std::min(wanted, input.payload.size() - at);
    kernel.copy(&out[at], &input.payload[at], piece, detail::key_at(input.key, input.phase + at));
    RS_CHECK(std::ranges::equal(out.subspan(at, piece), std::span(input.expected).subspan(at, piece)));
    kernel.in_place(&out[at], piece, detail::key_at(input.key, input.phase + at));
    at += piece;
  }
  RS_CHECK(std::ranges::equal(out, input.payload));
}

void check_frame(const detail::MaskKernel& kernel, const Case& input) {
  if (input.payload.size() > 125 || input.phase != 0) return;
  std::vector<std::byte> frame(input.offset + 6 + input.payload.size());
  const std::span<std::byte> out = std::span(frame).subspan(input.offset);
  kernel.encode_short(out.data(), input.payload.data(), input.payload.size(), 0x82, input.key.wire);
  RS_CHECK(out[0] == std::byte{0x82});
  RS_CHECK(out[1] == static_cast<std::byte>(0x80 | input.payload.size()));
  RS_CHECK(std::memcmp(&out[2], &input.key.wire, 4) == 0);
  RS_CHECK(std::ranges::equal(out.subspan(6), input.expected));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input bytes(data, size);
  const unsigned choices = bytes.byte();
  Case input{
      .phase = choices & 3, .offset = choices >> 2, .key = {}, .cuts = {}, .payload = {}, .expected = {}};
  const std::span<const std::byte> octets = bytes.take(4);
  if (octets.size() == 4) std::memcpy(&input.key.wire, octets.data(), 4);
  input.cuts = bytes.take(bytes.byte() % 8);
  input.payload = bytes.rest();
  input.expected.resize(input.payload.size());
  detail::mask_scalar(input.expected.data(), input.payload.data(), input.payload.size(), input.key,
                      input.phase);

  std::vector<std::byte> buffer(input.offset + input.payload.size());
  for (const detail::MaskKernel& kernel : detail::mask_kernels()) {
    if (!kernel.is_supported()) continue;
    check_pieces(kernel, input, std::span(buffer).subspan(input.offset));
    check_frame(kernel, input);
  }
  return 0;
}
