#include "compare/utc.h"

#include <charconv>
#include <chrono>

namespace ringstorm {
namespace {

constexpr std::string_view kForm = "0000-00-00T00:00:00Z";

bool has_form(std::string_view text) {
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == '0' ? !digit : text[i] != kForm[i]) return false;
  }
  return true;
}

int number(std::string_view digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace

std::optional<std::int64_t> seconds_since_1970(std::string_view utc) {
  if (!has_form(utc)) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year{number(utc.substr(0, 4))},
                                        std::chrono::month{static_cast<unsigned>(number(utc.substr(5, 2)))},
                                        std::chrono::day{static_cast<unsigned>(number(utc.substr(8, 2)))}};
  const int hour = number(utc.substr(11, 2));
  const int minute = number(utc.substr(14, 2));
  const int second = number(utc.substr(17, 2));
  if (!day.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const auto days = std::chrono::sys_days{day}.time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(days).count() + hour * 3600 + minute * 60 + second;
}

}  // namespace ringstorm
