// Numbers are read exactly, as digits times a power of ten, and never pass through a double: "1.1k" is 1100.
#include "base/units.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <span>

#include "base/wide.h"

namespace ringstorm {
namespace {

/// digits * 10^exponent, and what follows the number. `digits` has no trailing zero in base ten.
struct Decimal {
  Wide digits = 0;
  int exponent = 0;
  std::string_view unit;
};

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

constexpr std::uint64_t kKibi = 1024;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

constexpr std::array kDurationUnits{
    Unit{"", 1'000'000'000},     Unit{"ns", 1},
    Unit{"us", 1'000},           Unit{"\u00b5s", 1'000},  // the micro sign and the Greek letter look the same
    Unit{"\u03bcs", 1'000},      Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},    Unit{"m", 60'000'000'000},
    Unit{"min", 60'000'000'000}, Unit{"h", 3'600'000'000'000},
};
constexpr std::array kCountUnits{
    Unit{"", 1}, Unit{"k", 1'000}, Unit{"K", 1'000}, Unit{"M", 1'000'000}, Unit{"G", 1'000'000'000},
};
constexpr std::array kByteUnits{
    Unit{"", 1},
    Unit{"B", 1},
    Unit{"k", 1'000},
    Unit{"K", 1'000},
    Unit{"kB", 1'000},
    Unit{"KB", 1'000},
    Unit{"KiB", kKibi},
    Unit{"M", 1'000'000},
    Unit{"MB", 1'000'000},
    Unit{"MiB", kKibi* kKibi},
    Unit{"G", 1'000'000'000},
    Unit{"GB", 1'000'000'000},
    Unit{"GiB", kKibi* kKibi* kKibi},
    Unit{"TB", 1'000'000'000'000},
    Unit{"TiB", kKibi* kKibi* kKibi* kKibi},
};

// 24 digits times the largest unit still fit in 128 bits, and no number a person or a program writes has
// more.
constexpr int kMaxDigits = 24;
constexpr int kMaxExponent = 60;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes the digits off the front of `text` onto `number`; false when there are none or too many.
bool take_digits(std::string_view& text, Decimal& number, int& significant) {
  if (text.empty() || !is_digit(text.front())) return false;
  while (!text.empty() && is_digit(text.front())) {
    if ((significant != 0 || text.front() != '0') && ++significant > kMaxDigits) return false;
    number.digits = number.digits * 10 + static_cast<unsigned>(text.front() - '0');
    text.remove_prefix(1);
  }
  return true;
}

bool take_fraction(std::string_view& text, Decimal& number, int& significant) {
  if (text.empty() || text.front() != '.') return true;
  text.remove_prefix(1);
  const std::size_t before = text.size();
  if (!take_digits(text, number, significant)) return false;
  const std::size_t places = before - text.size();
  if (places > kMaxExponent) return false;
  number.exponent = -static_cast<int>(places);
  return true;
}

bool take_exponent(std::string_view& text, Decimal& number) {
  if (text.empty() || (text.front() != 'e' && text.front() != 'E')) return true;
  text.remove_prefix(1);
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  Decimal power;
  int significant = 0;
  if (!take_digits(text, power, significant) || power.digits > kMaxExponent) return false;
  number.exponent += (negative ? -1 : 1) * static_cast<int>(power.digits);
  return true;
}

void strip_trailing_zeros(Decimal& number) {
  if (number.digits == 0) number.exponent = 0;
  while (number.digits != 0 && number.digits % 10 == 0) {
    number.digits /= 10;
    ++number.exponent;
  }
}

/// A JSON number without a sign, then spaces, then whatever follows.
std::optional<Decimal> read_decimal(std::string_view text) {
  Decimal number;
  int significant = 0;
  if (!take_digits(text, number, significant)) return std::nullopt;
  if (!take_fraction(text, number, significant) || !take_exponent(text, number)) return std::nullopt;
  if (!text.empty() && text.back() == ' ') return std::nullopt;
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  strip_trailing_zeros(number);
  number.unit = text;
  return number;
}

std::optional<std::uint64_t> unit_size(std::span<const Unit> units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.size;
  }
  return std::nullopt;
}

/// value * 10^exponent for an exponent >= 0, when it is at most `most`.
std::optional<Wide> scale_up(Wide value, int exponent, Wide most) {
  for (; exponent > 0 && value != 0; --exponent) {
    if (value > most / 10) return std::nullopt;
    value *= 10;
  }
  if (value > most) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> whole_number(std::string_view text, std::span<const Unit> units) {
  const auto number = read_decimal(text);
  if (!number) return std::nullopt;
  const auto unit = unit_size(units, number->unit);
  if (!unit) return std::nullopt;
  Wide value = number->digits * *unit;
  int exponent = number->exponent;
  for (; exponent < 0; ++exponent) {
    if (value % 10 != 0) return std::nullopt;
    value /= 10;
  }
  const auto scaled = scale_up(value, exponent, std::numeric_limits<std::uint64_t>::max());
  if (!scaled) return std::nullopt;
  return static_cast<std::uint64_t>(*scaled);
}

/// Divides by 10^places, to the nearest.
Wide scale_down(Wide value, int places) {
  unsigned last = 0;
  for (; places > 0; --places) {
    last = static_cast<unsigned>(value % 10);
    value /= 10;
  }
  return value + (last >= 5 ? 1U : 0U);
}

Wide greatest_common_divisor(Wide a, Wide b) {
  while (b != 0) {
    const Wide rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

std::string with_decimals(double value, int decimals, std::string_view unit) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return std::string{text.data()}.append(unit);
}

/// Decimals that show three significant digits of a value below 1000 or so.
int decimals_for(double value) {
  if (value < 9.995) return 2;
  return value < 99.95 ? 1 : 0;
}

std::string trimmed(double value, int decimals) {
  std::string text = with_decimals(value, decimals, "");
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const auto number = read_decimal(text);
  if (!number) return std::nullopt;
  const auto unit = unit_size(kDurationUnits, number->unit);
  if (!unit) return std::nullopt;
  constexpr Wide kMost = static_cast<Wide>(std::numeric_limits<std::int64_t>::max());
  const Wide value = number->digits * *unit;
  const auto count = number->exponent < 0 ? scale_up(scale_down(value, -number->exponent), 0, kMost)
                                          : scale_up(value, number->exponent, kMost);
  if (!count) return std::nullopt;
  return Duration{static_cast<std::int64_t>(*count)};
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  return whole_number(text, kByteUnits);
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  return whole_number(text, kCountUnits);
}

std::optional<Rate> parse_rate(std::string_view text) {
  std::uint64_t per = kNanosecondsPerSecond;
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    std::string_view period = text.substr(slash + 1);
    while (!period.empty() && period.front() == ' ') period.remove_prefix(1);
    const auto size = unit_size(kDurationUnits, period);
    if (!size || period.empty()) return std::nullopt;
    per = *size;
    text = text.substr(0, slash);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  }
  const auto number = read_decimal(text);
  if (!number) return std::nullopt;
  const auto unit = unit_size(kCountUnits, number->unit);
  if (!unit || number->digits == 0) return std::nullopt;

  constexpr Wide kMostEvents = std::numeric_limits<std::uint64_t>::max();
  constexpr Wide kMostPer = static_cast<Wide>(std::numeric_limits<std::int64_t>::max());
  Wide events = number->digits * *unit;
  Wide divisor = 1;
  if (number->exponent < 0) {
    const auto power = scale_up(1, -number->exponent, kMostPer);
    if (!power) return std::nullopt;
    const Wide common = greatest_common_divisor(events, *power);
    events /= common;
    divisor = *power / common;
  }
  const auto scaled_events = scale_up(events, number->exponent > 0 ? number->exponent : 0, kMostEvents);
  if (!scaled_events || divisor > kMostPer / per) return std::nullopt;
  return Rate{static_cast<std::uint64_t>(*scaled_events), Duration{static_cast<std::int64_t>(divisor * per)}};
}

std::string format_duration(Duration duration) {
  struct Step {
    double nanoseconds;
    double below;  ///< of this unit, the next one reads better from here
    const char* name;
  };
  constexpr std::array kSteps{Step{1, 999.5, " ns"},  Step{1e3, 999.5, " us"}, Step{1e6, 999.5, " ms"},
                              Step{1e9, 999.5, " s"}, Step{6e10, 59.95, " m"}, Step{3.6e12, HUGE_VAL, " h"}};
  const double nanoseconds = std::fabs(static_cast<double>(duration.count()));
  std::size_t i = 0;
  while (nanoseconds / kSteps[i].nanoseconds >= kSteps[i].below) ++i;
  const double value = nanoseconds / kSteps[i].nanoseconds;
  return (duration.count() < 0 ? "-" : "") + trimmed(value, decimals_for(value)) + kSteps[i].name;
}

std::string format_bytes(std::uint64_t bytes) {
  if (bytes < kKibi) return std::to_string(bytes) + " B";
  constexpr std::array kNames{" KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t i = 0;
  for (; value >= 1023.5 && i + 1 < kNames.size(); ++i) value /= 1024;
  return with_decimals(value, decimals_for(value), kNames[i]);
}

std::string format_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t from_end = 3; from_end < text.size(); from_end += 4)
    text.insert(text.size() - from_end, 1, ',');
  return text;
}

std::string format_rate(Rate rate) {
  const double per_second = rate.per_second();
  if (per_second >= 999'999.5) return trimmed(per_second / 1e6, 3) + "M/s";
  if (per_second >= 999.9995) return trimmed(per_second / 1e3, 3) + "k/s";
  if (per_second >= 0.1) return trimmed(per_second, 3) + "/s";
  if (per_second * 60 >= 0.1) return trimmed(per_second * 60, 3) + "/m";
  return trimmed(per_second * 3600, 3) + "/h";
}

}  // namespace ringstorm
