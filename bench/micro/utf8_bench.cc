// The UTF-8 check, on text of one, two, three and mixed bytes a character.
#include <string>

#include "codec/utf8.h"
#include "micro/check.h"

namespace ringstorm::bench {
namespace {

std::string repeated_to(std::string_view unit, std::size_t bytes) {
  std::string text;
  while (text.size() + unit.size() <= bytes) text += unit;
  return text;
}

bool valid(std::span<const std::byte> text) {
  Utf8Validator validator;
  return validator.feed(text) && validator.complete();
}

void validate(benchmark::State& state, std::string_view unit) {
  const std::vector<std::byte> text = bytes_of(repeated_to(unit, static_cast<std::size_t>(state.range(0))));
  std::vector<std::byte> broken = text;
  broken.back() = std::byte{0xC0};  // never valid, wherever it stands
  if (!checked(state, valid(text) && !valid(broken), "the validator is wrong")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(valid(text));
    benchmark::ClobberMemory();
  }
  set_throughput(state, text.size());
}
BENCHMARK_CAPTURE(validate, ascii, "the quick brown fox ")
    ->ArgName("bytes")
    ->Arg(20)
    ->Arg(1024)
    ->Arg(16 << 10);
BENCHMARK_CAPTURE(validate, greek, "\u03b1\u03b2\u03b3\u03b4")->ArgName("bytes")->Arg(1024)->Arg(16 << 10);
BENCHMARK_CAPTURE(validate, chinese, "\u4f60\u597d")->ArgName("bytes")->Arg(1024)->Arg(16 << 10);
BENCHMARK_CAPTURE(validate, mixed, "na\u00efve \u20ac \U0001F600 plain text between, ")
    ->ArgName("bytes")
    ->Arg(1024)
    ->Arg(16 << 10);

}  // namespace
}  // namespace ringstorm::bench
