#include "report/figure_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/units.h"

namespace ringstorm {
namespace {

constexpr int kMostDecimals = 9;

/// Three significant digits, grouped by thousands from there on: "0.0123", "12.3", "12,345".
std::string significant(double value) {
  if (value >= 99.95) return format_count(static_cast<std::uint64_t>(std::min(value, 0x1p63) + 0.5));
  if (value <= 0) return "0";
  const int decimals = std::clamp(2 - static_cast<int>(std::floor(std::log10(value))), 0, kMostDecimals);
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

/// Where the unit begins in "3.1 ms" and "50/s".
std::size_t unit_at(const std::string& text) {
  return std::min(text.find_first_not_of("0123456789.,"), text.size());
}

}  // namespace

std::string figure_text(MetricUnit unit, double value) {
  switch (unit) {
    case MetricUnit::duration: return format_duration(Duration{std::llround(std::min(value, 0x1p62))});
    case MetricUnit::ratio: return significant(value * 100) + " %";
    case MetricUnit::rate: return significant(value) + "/s";
    case MetricUnit::count: return significant(value);
  }
  return {};
}

std::string range_text(MetricUnit unit, double low, double high) {
  const std::string from = figure_text(unit, low);
  const std::string to = figure_text(unit, high);
  if (from == to) return to;
  const std::size_t from_unit = unit_at(from);
  const bool alike = from.substr(from_unit) == to.substr(unit_at(to));
  return fmt::format("{} to {}", alike ? from.substr(0, from_unit) : from, to);
}

std::string confidence_text(MetricUnit unit, std::optional<double> low, std::optional<double> high) {
  if (low && high) return fmt::format(" (95 %: {})", range_text(unit, *low, *high));
  if (low) return fmt::format(" (95 %: above {})", figure_text(unit, *low));
  if (high) return fmt::format(" (95 %: below {})", figure_text(unit, *high));
  return {};
}

}  // namespace ringstorm
