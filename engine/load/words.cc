#include "load/words.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/nearest_name.h"

namespace ringstorm {
namespace {

constexpr std::size_t kShown = 40;

struct Unit {
  std::uint64_t size;
  std::string_view name;
};

constexpr std::array kDurationUnits{
    Unit{3'600'000'000'000, "h"}, Unit{60'000'000'000, "m"}, Unit{1'000'000'000, "s"},
    Unit{1'000'000, "ms"},        Unit{1'000, "us"},         Unit{1, "ns"}};
constexpr std::array kByteUnits{Unit{1ULL << 40, "TiB"}, Unit{1ULL << 30, "GiB"}, Unit{1ULL << 20, "MiB"},
                                Unit{1ULL << 10, "KiB"}, Unit{1, "B"}};

std::string exactly(std::uint64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.size == 0)
      return std::to_string(value / unit.size) + std::string{unit.name};
  }
  return "0" + std::string{units.back().name};
}

bool continues_a_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

std::string quoted(std::string_view word) {
  if (word.empty()) return "nothing";
  std::size_t end = std::min(word.size(), kShown);
  while (end > 0 && end < word.size() && continues_a_character(word[end])) --end;
  std::string text = "\"";
  for (const char c : word.substr(0, end)) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  return text + (end < word.size() ? "…\"" : "\"");
}

Error unexpected(std::string_view word, std::string_view expected, std::string hint) {
  return {"", "found " + quoted(word) + ", expected " + std::string{expected}, std::move(hint)};
}

Error unknown_name(std::string_view word, std::string_view expected,
                   std::span<const std::string_view> names) {
  return unexpected(word, expected, did_you_mean(word, names));
}

std::optional<double> parse_number(std::string_view word) {
  double number = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, failure] = std::from_chars(word.data(), end, number);
  const bool whole = failure == std::errc{} && stop == end && !word.empty();
  if (!whole || !std::isfinite(number) || std::signbit(number)) return std::nullopt;
  return number;
}

std::optional<double> parse_share(std::string_view word) {
  const bool percent = word.ends_with('%');
  if (percent) word.remove_suffix(1);
  const auto number = parse_number(word);
  if (!number) return std::nullopt;
  const double share = percent ? *number / 100 : *number;
  return share > 0 && share <= 1 ? std::optional{share} : std::nullopt;
}

std::string exact_duration(Duration duration) {
  return exactly(static_cast<std::uint64_t>(duration.count()), kDurationUnits);
}

std::string exact_bytes(std::uint64_t bytes) {
  return exactly(bytes, kByteUnits);
}

std::string exact_number(double number) {
  std::array<char, 32> text{};
  const auto [end, failure] = std::to_chars(text.data(), text.data() + text.size(), number);
  return {text.data(), end};
}

std::string exact_share(double share) {
  std::string percent = exact_number(share * 100) + "%";
  return parse_share(percent) == share ? percent : exact_number(share);
}

}  // namespace ringstorm
