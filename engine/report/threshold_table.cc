#include "report/threshold_table.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ringstorm {
namespace {

using Json = nlohmann::ordered_json;

std::string tally_text(const ThresholdTally& tally) {
  std::string text;
  const auto add = [&](std::size_t count, std::string_view what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  };
  add(tally.held, "held");
  add(tally.failed, "failed");
  add(tally.unknown, "unknown");
  return text;
}

/// Nanoseconds and counts are whole, rates are not known to more than a thousandth.
Json number(MetricUnit unit, double value) {
  constexpr double kWhole = 0x1p53;
  const bool whole = unit == MetricUnit::duration || unit == MetricUnit::count;
  if (whole && value < kWhole) return static_cast<std::uint64_t>(std::llround(value));
  if (unit == MetricUnit::rate) return std::round(value * 1000.0) / 1000.0;
  return value;
}

Json number_or_null(MetricUnit unit, std::optional<double> value) {
  return value ? number(unit, *value) : Json(nullptr);
}

Json row(const ThresholdResult& result) {
  const Threshold& threshold = result.threshold;
  const MetricUnit unit = metric_row(threshold.metric).unit;
  return {{"threshold", to_string(threshold)},
          {"metric", metric_name(threshold)},
          {"stage", threshold.stage.empty() ? Json(nullptr) : Json(threshold.stage)},
          {"op", to_string(threshold.comparison)},
          {"limit", number(unit, threshold.limit)},
          {"unit", to_string(unit)},
          {"measured", number_or_null(unit, result.measured)},
          {"at_least", result.at_least},
          {"at_most", number_or_null(unit, result.at_most)},
          {"low", number_or_null(unit, result.low)},
          {"high", number_or_null(unit, result.high)},
          {"outcome", to_string(result.outcome)},
          {"text", result.text}};
}

}  // namespace

std::string threshold_table(std::span<const ThresholdResult> results) {
  if (results.empty()) return {};
  std::vector<std::string> names;
  std::size_t width = 0;
  for (const ThresholdResult& result : results) {
    names.push_back(to_string(result.threshold));
    width = std::max(width, names.back().size());
  }
  std::string table = fmt::format("{:<13}{}\n", "thresholds", tally_text(tally(results)));
  for (std::size_t i = 0; i < results.size(); ++i) {
    table += fmt::format("{:13}{:<9}{:<{}}   {}\n", "", to_string(results[i].outcome), names[i], width,
                         results[i].text);
  }
  return table;
}

Json threshold_rows(std::span<const ThresholdResult> results) {
  Json rows = Json::array();
  for (const ThresholdResult& result : results) rows.push_back(row(result));
  return rows;
}

}  // namespace ringstorm
