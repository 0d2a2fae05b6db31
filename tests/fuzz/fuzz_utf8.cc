// Input: where to split, the text. The validator agrees with the naive decoder, whole and split.
#include "base/check.h"
#include "codec/utf8.h"
#include "fuzz/input.h"
#include "property/oracles.h"

using namespace ringstorm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t wanted_split = input.byte();
  const std::span<const std::byte> text = input.rest();
  const test::Utf8Verdict expected = test::naive_utf8(text);

  Utf8Validator whole;
  RS_CHECK((test::Utf8Verdict{whole.valid_prefix(text), whole.complete()} == expected));

  const std::size_t split = std::min(wanted_split, text.size());
  Utf8Validator halves;
  std::size_t prefix = halves.valid_prefix(text.first(split));
  if (prefix == split) prefix += halves.valid_prefix(text.subspan(split));
  RS_CHECK((test::Utf8Verdict{prefix, halves.complete()} == expected));
  return 0;
}
