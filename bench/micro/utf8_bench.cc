// The UTF-8 check, on text of each kind beside a bare read of the same bytes.
#include <string>

#include "codec/utf8.h"
#include "micro/masks.h"

namespace ringstorm::bench {
namespace {

std::vector<std::byte> repeated_to(std::string_view unit, std::size_t bytes) {
  std::string text;
  while (text.size() + unit.size() <= bytes) text += unit;
  text.resize(bytes, '.');
  return bytes_of(text);
}

// A row of RFC 3629 for each code point; slow and without a table, to hold the fast one against.
bool valid_by_definition(std::span<const std::byte> text) {
  const auto octet = [&](std::size_t i) { return i < text.size() ? std::to_integer<unsigned>(text[i]) : 0; };
  const auto tail = [&](std::size_t i, unsigned from = 0x80, unsigned to = 0xBF) {
    return octet(i) >= from && octet(i) <= to;
  };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = octet(i);
    if (first < 0x80) {
      i += 1;
    } else if (first >= 0xC2 && first <= 0xDF && tail(i + 1)) {
      i += 2;
    } else if (first >= 0xE0 && first <= 0xEF &&
               tail(i + 1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) && tail(i + 2)) {
      i += 3;
    } else if (first >= 0xF0 && first <= 0xF4 &&
               tail(i + 1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) && tail(i + 2) &&
               tail(i + 3)) {
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

bool valid(std::span<const std::byte> text) {
  Utf8Validator validator;
  return validator.feed(text) && validator.complete();
}

// A wrong byte at each of many places must be found as the definition finds it.
bool agrees_with_the_definition(std::vector<std::byte> text) {
  if (valid(text) != valid_by_definition(text)) return false;
  const std::size_t step = std::max<std::size_t>(1, text.size() / 64);
  for (std::size_t at = 0; at < text.size(); at += step) {
    const std::byte kept = text[at];
    for (const unsigned wrong : {0x80U, 0xC0U, 0xEDU, 0xFFU}) {
      text[at] = static_cast<std::byte>(wrong);
      if (valid(text) != valid_by_definition(text)) return false;
    }
    text[at] = kept;
  }
  return true;
}

void validate(benchmark::State& state, const std::vector<std::byte>& text) {
  if (!checked(state, agrees_with_the_definition(text), "differs from RFC 3629")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(valid(text));
    benchmark::ClobberMemory();
  }
  set_throughput(state, text.size());
}

// The limit of any check: it must at least read the text.
void read(benchmark::State& state, const std::vector<std::byte>& text) {
  const Workload work({.lengths = Lengths::of(static_cast<std::uint32_t>(text.size())), .slots = 1});
  std::byte* const copy = work[0].source;
  std::ranges::copy(text, copy);
  const auto read_all = yardstick::widest_limit().read;
  if (!checked(state, read_all(copy, text.size()) != 0, "nothing was read")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(read_all(copy, text.size()));
    benchmark::ClobberMemory();
  }
  set_throughput(state, text.size());
}

// Invalid only in its last byte, so that all of it must be looked at.
std::vector<std::byte> broken_at_the_end(std::vector<std::byte> text) {
  text.back() = std::byte{0xC0};
  return text;
}

void add_text(const std::string& name, const std::vector<std::byte>& text) {
  const std::string bytes = "/bytes:" + std::to_string(text.size());
  add("utf8_" + name + "/validate" + bytes, [=](benchmark::State& state) { validate(state, text); });
  add("utf8_" + name + "/limit" + bytes, [=](benchmark::State& state) { read(state, text); });
}

const bool registered = [] {
  constexpr std::string_view kAscii = "the quick brown fox ";
  constexpr std::pair<const char*, std::string_view> kTexts[] = {
      {"ascii", kAscii},
      {"latin", "na\u00efve fa\u00e7ades, \u00fcber allem ein gro\u00dfes \u00e9tat "},
      {"cjk", "\u4f60\u597d\u4e16\u754c\u6f22\u5b57\u304b\u306a\ud55c\uae00"},
      {"emoji", "\U0001F600\U0001F680\U0001F4A1\U0001F30D"}};
  for (const std::size_t bytes : {20U, 1000U, 65536U}) {
    for (const auto& [name, unit] : kTexts) add_text(name, repeated_to(unit, bytes));
    add_text("invalid", broken_at_the_end(repeated_to(kAscii, bytes)));
  }
  return true;
}();

}  // namespace
}  // namespace ringstorm::bench
