#include "app/capacity_report.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "base/units.h"
#include "report/figure_text.h"

namespace ringstorm {
namespace {

using Json = nlohmann::ordered_json;
using End = CapacityAnswer::End;

std::string load_text(std::optional<double> load, SearchedLoad searched) {
  return load ? figure_text(MetricUnit::count, *load).append(unit_of(searched)) : "nothing";
}

std::string slo_text(const CapacityResult& result) {
  std::string text;
  for (const Threshold& threshold : result.slo) text += (text.empty() ? "" : ", ") + to_string(threshold);
  return text;
}

std::string found_text(const CapacityResult& result) {
  const bool one = result.slo.size() == 1;
  return fmt::format("capacity {}: {} {} there and {} at {}", load_text(result.answer->load, result.searched),
                     slo_text(result), one ? "holds" : "hold", one ? "fails" : "not",
                     load_text(result.answer->beyond, result.searched));
}

std::string generator_text(const CapacityResult& result) {
  const CapacityAnswer& answer = *result.answer;
  if (!answer.load)
    return fmt::format("none: the generator is the limit even at {}, so nothing is known of the server",
                       load_text(answer.beyond, result.searched));
  return fmt::format("at least {}{}: the generator is the limit beyond",
                     load_text(answer.load, result.searched), answer.confirmed ? "" : " (met once)");
}

/// The highest load that was met, whatever came after.
std::optional<double> highest_met(const std::vector<CapacityRecord>& steps) {
  std::optional<double> highest;
  for (const CapacityRecord& record : steps) {
    if (record.outcome == StepOutcome::met) highest = std::max(highest.value_or(0), record.step.load);
  }
  return highest;
}

std::string unfinished_text(const CapacityResult& result) {
  const auto met = highest_met(result.steps);
  const std::string so_far =
      met ? fmt::format("{} was met once", load_text(met, result.searched)) : "no load was met";
  if (!result.failure.empty()) return fmt::format("none: {}; {}", result.failure.front(), so_far);
  return fmt::format("none: interrupted before the end of the search; {}", so_far);
}

std::string_view end_name(const CapacityResult& result) {
  if (!result.answer) return result.interrupted ? "interrupted" : "target_failed";
  constexpr std::string_view kNames[] = {"found",       "most_reached", "generator_limited", "never_met",
                                         "unconfirmed", "not_judged",   "out_of_steps"};
  return kNames[static_cast<std::size_t>(result.answer->end)];
}

/// What the limit is: of the answer, and so of what may be said about it.
std::string_view limit_by(const CapacityResult& result) {
  if (!result.answer) return "unknown";
  switch (result.answer->end) {
    case End::found:
    case End::never_met: return "target";
    case End::generator_limited: return "generator";
    case End::most_reached: return "max";
    default: return "unknown";
  }
}

Json number(std::optional<double> value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json nanoseconds(const std::optional<Estimate>& estimate) {
  return estimate ? Json(estimate->value.count()) : Json(nullptr);
}

Json at_least(const CapacityRecord& record) {
  Json names = Json::array();
  if (record.p50 && record.p50->at_least) names.push_back("p50_ns");
  if (record.p99 && record.p99->at_least) names.push_back("p99_ns");
  return names;
}

Json slo_json(const CapacityRecord& record) {
  Json list = Json::array();
  for (const ThresholdResult& result : record.slo) {
    Json row;
    row["threshold"] = to_string(result.threshold);
    row["outcome"] = to_string(result.outcome);
    row["measured"] = number(result.measured);
    list.push_back(std::move(row));
  }
  return list;
}

Json step_json(const CapacityRecord& record) {
  Json step;
  step["offered"] = record.step.load;
  step["achieved"] = record.achieved;
  step["purpose"] = to_string(record.step.purpose);
  step["outcome"] = record.outcome == StepOutcome::generator_limited ? "generator_limited"
                                                                     : std::string(to_string(record.outcome));
  step["window_s"] = to_seconds(record.window);
  step["p50_ns"] = nanoseconds(record.p50);
  step["p99_ns"] = nanoseconds(record.p99);
  step["at_least"] = at_least(record);
  step["send_lag_p99_ns"] = record.send_lag_p99 ? Json(record.send_lag_p99->count()) : Json(nullptr);
  step["slo"] = slo_json(record);
  step["reasons"] = record.reasons;
  return step;
}

Json search_json(const CapacityResult& result) {
  Json search;
  search["over"] = kSearchedLoads[static_cast<std::size_t>(result.searched)];
  search["start"] = result.rules.start;
  search["max"] = number(result.rules.most);
  search["resolution"] = result.rules.resolution;
  search["step_s"] = to_seconds(result.rules.shortest);
  search["settle_s"] = to_seconds(result.settle);
  return search;
}

}  // namespace

std::string capacity_head(SearchedLoad searched) {
  return fmt::format("{:>22}  {:>12}  {:<7}  slo", fmt::format("offered{}", unit_of(searched)), "achieved",
                     "purpose");
}

std::string capacity_row(const CapacityRecord& record, SearchedLoad searched) {
  std::string figures;
  for (const ThresholdResult& result : record.slo)
    figures += fmt::format("{} {}  ", metric_name(result.threshold), result.text);
  if (record.send_lag_p99) figures += fmt::format("send lag p99 {}  ", format_duration(*record.send_lag_p99));
  return fmt::format("{:>22}  {:>12}  {:<7}  {}{}", load_text(record.step.load, searched),
                     figure_text(MetricUnit::count, record.achieved), to_string(record.step.purpose), figures,
                     to_string(record.outcome));
}

std::string closing_line(const CapacityResult& result) {
  if (!result.answer) return unfinished_text(result);
  switch (result.answer->end) {
    case End::found: return found_text(result);
    case End::generator_limited: return generator_text(result);
    case End::most_reached:
      return fmt::format("at least {}: {} there, and no more was to be tried",
                         load_text(result.answer->load, result.searched), slo_text(result));
    default: return "none: " + explain(*result.answer, unit_of(result.searched));
  }
}

int exit_code_of(const CapacityResult& result) {
  if (!result.answer) return result.interrupted ? exit_code::inconclusive : exit_code::unreachable;
  switch (result.answer->end) {
    case End::found:
    case End::most_reached: return exit_code::fine;
    case End::generator_limited: return exit_code::not_valid;
    case End::never_met: return exit_code::threshold_failed;
    default: return exit_code::inconclusive;
  }
}

std::string capacity_json(const CapacityResult& result) {
  Json json;
  json["schema"] = "ringstorm.capacity/1";
  json["url"] = result.url;
  json["slo"] = Json::array();
  for (const Threshold& threshold : result.slo) json["slo"].push_back(to_string(threshold));
  json["search"] = search_json(result);
  json["steps"] = Json::array();
  for (const CapacityRecord& record : result.steps) json["steps"].push_back(step_json(record));
  json["answer"] = result.answer ? number(result.answer->load) : Json(nullptr);
  json["confirmed"] = result.answer && result.answer->confirmed;
  json["beyond"] = result.answer ? number(result.answer->beyond) : Json(nullptr);
  json["end"] = end_name(result);
  json["limit_by"] = limit_by(result);
  json["text"] = closing_line(result);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ringstorm
