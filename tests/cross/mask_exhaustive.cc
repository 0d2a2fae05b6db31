// Every mask kernel of this architecture against the definition, without a test framework, so that a cross
// compiler and an emulator are enough. tests/unit/codec/mask_kernels_test.cc asks for more where it can run.
#include <cstdio>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "codec/mask_kernels.h"

using namespace ringstorm;

namespace {

constexpr std::size_t kLongest = 700, kOffsets = 65, kMargin = 64;
constexpr MaskKey kKey{0x3d21fa37};

void check_length(const detail::MaskKernel& kernel, std::size_t bytes, std::size_t offset,
                  std::size_t phase) {
  static std::byte source[kLongest + kOffsets], window[kMargin + kOffsets + kLongest + kMargin],
      expected[sizeof window];
  for (std::size_t i = 0; i < sizeof source; ++i) source[i] = static_cast<std::byte>(i * 37 + i / 256);
  const std::uint32_t turned = detail::key_at(kKey, phase);
  std::byte* const at = window + kMargin + offset;
  std::memset(expected, 0xA5, sizeof expected);
  detail::mask_scalar(expected + kMargin + offset, source, bytes, kKey, phase);

  std::memset(window, 0xA5, sizeof window);
  std::memcpy(at, source, bytes);
  kernel.in_place(at, bytes, turned);
  RS_CHECK(std::memcmp(window, expected, sizeof window) == 0);

  std::memset(window, 0xA5, sizeof window);
  kernel.copy(at, source, bytes, turned);
  RS_CHECK(std::memcmp(window, expected, sizeof window) == 0);
  if (bytes > 125 || phase != 0 || offset < 6) return;

  const unsigned char front[] = {0x82, static_cast<unsigned char>(0x80 + bytes)};
  std::memcpy(expected + kMargin + offset - 6, front, 2);
  std::memcpy(expected + kMargin + offset - 4, &kKey.wire, 4);
  kernel.encode_short(at - 6, source, bytes, 0x82, kKey.wire);
  RS_CHECK(std::memcmp(window, expected, sizeof window) == 0);
}

}  // namespace

int main() {
  for (const detail::MaskKernel& kernel : detail::mask_kernels()) {
    if (!kernel.is_supported()) continue;
    for (std::size_t bytes = 0; bytes <= kLongest; ++bytes) {
      for (std::size_t offset = 0; offset < kOffsets; ++offset) {
        for (std::size_t phase = 0; phase < 4; ++phase) check_length(kernel, bytes, offset, phase);
      }
    }
    std::printf("%s agrees with the definition\n", kernel.name.data());
  }
  std::printf("chosen: %s\n", active_mask_kernel().data());
}
