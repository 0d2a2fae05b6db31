// Input: the size of the pieces to cut the text into (0: whole), the text. Every kernel agrees with the naive
// decoder, whole, in pieces, and in pieces that the kernels take in turn.
#include "base/check.h"
#include "codec/utf8_kernels.h"
#include "fuzz/input.h"
#include "property/oracles.h"

using namespace ringstorm;

namespace {

using Kernels = std::span<const detail::Utf8Kernel>;

test::Utf8Verdict in_pieces(Kernels kernels, std::span<const std::byte> text, std::size_t piece_bytes) {
  std::uint8_t state = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; at < text.size(); ++i) {
    const std::span<const std::byte> piece = text.subspan(at, std::min(piece_bytes, text.size() - at));
    const detail::Utf8Kernel& kernel = kernels[i % kernels.size()];
    const std::size_t prefix = kernel.valid_prefix(piece.data(), piece.size(), state);
    at += prefix;
    if (prefix < piece.size()) break;
  }
  return {at, state == 0};
}

Kernels supported() {
  Kernels kernels = detail::utf8_kernels();
  while (!kernels.front().is_supported()) kernels = kernels.subspan(1);
  return kernels;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t wanted_piece = input.byte();
  const std::span<const std::byte> text = input.rest();
  const std::size_t piece = wanted_piece == 0 ? std::max<std::size_t>(text.size(), 1) : wanted_piece;
  const test::Utf8Verdict expected = test::naive_utf8(text);

  const Kernels kernels = supported();
  for (const detail::Utf8Kernel& kernel : kernels) {
    RS_CHECK(in_pieces({&kernel, 1}, text, std::max<std::size_t>(text.size(), 1)) == expected);
    RS_CHECK(in_pieces({&kernel, 1}, text, piece) == expected);
  }
  RS_CHECK(in_pieces(kernels, text, piece) == expected);
  return 0;
}
