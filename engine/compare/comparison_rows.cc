#include "compare/comparison_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/units.h"
#include "codec/utf8.h"
#include "report/figure_text.h"
#include "report/printable.h"

namespace ringstorm {
namespace {

constexpr const char* kNone = "-";

/// Two digits behind the point for small shares, none for large ones.
std::string percent(double share, bool sign) {
  double value = share * 100;
  const int decimals = std::abs(value) < 1 ? 2 : std::abs(value) < 100 ? 1 : 0;
  if (std::abs(value) < 0.005) value = 0;  // no minus before a zero
  return sign ? fmt::format("{:+.{}f}", value, decimals) : fmt::format("{:.{}f}", value, decimals);
}

std::string interval_text(const std::optional<Interval>& interval) {
  if (!interval) return kNone;
  return fmt::format("{} to {} %", percent(interval->low, true), percent(interval->high, true));
}

std::string verdict_text(const AbMetric& metric, const MetricJudgement& judgement) {
  std::string text(judgement.improved ? "improved" : to_string(judgement.verdict));
  return metric.gates ? text : fmt::format("({})", text);
}

std::string by_reason(const std::map<std::string, std::uint64_t>& counts) {
  std::vector<std::string> parts;
  for (const auto& [reason, count] : counts)
    parts.push_back(fmt::format("{} {}", reason, format_count(count)));
  return parts.empty() ? "" : fmt::format(" ({})", fmt::join(parts, ", "));
}

}  // namespace

std::string value_text(const std::string& unit, double value) {
  if (unit == "ns" && value >= 1'000) return figure_text(MetricUnit::duration, value);
  if (unit == "per_s") return figure_text(MetricUnit::rate, value);
  return fmt::format("{} {}", figure_text(MetricUnit::count, value), unit);
}

std::string utf8_text(std::string_view text) {
  Utf8Validator validator;
  const bool right = validator.feed(std::as_bytes(std::span{text})) && validator.complete();
  return right ? std::string(text) : printable(text, std::max<std::size_t>(4 * text.size(), 8));
}

double rounded(double value) {
  return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr);
}

std::string change_text(AbChange change) {
  return percent(change, true) + " %";
}

ComparisonRow row_of(const AbRecord& record, const MetricJudgement& judgement) {
  const AbMetric& metric = record.metrics[judgement.metric];
  const auto value = [&](const std::optional<double>& v) { return v ? value_text(metric.unit, *v) : kNone; };
  return {.metric = metric.name,
          .a = value(judgement.value_a),
          .b = value(judgement.value_b),
          .change = judgement.change ? change_text(*judgement.change) : kNone,
          .interval = interval_text(judgement.interval),
          .detectable =
              judgement.minimum_detectable ? percent(*judgement.minimum_detectable, false) + " %" : kNone,
          .verdict = verdict_text(metric, judgement)};
}

std::vector<ComparisonRow> rows_of(const AbRecord& record, const AbJudgement& judgement) {
  std::vector<ComparisonRow> rows;
  for (const MetricJudgement& metric : judgement.metrics) rows.push_back(row_of(record, metric));
  return rows;
}

std::string headline(const AbJudgement& judgement) {
  std::string text(to_string(judgement.verdict));
  if (!judgement.reasons.empty()) text += fmt::format(": {}", fmt::join(judgement.reasons, "; "));
  return text;
}

std::string judged_text(const AbRecord& record, const AbJudgement& judgement) {
  if (record.design == AbDesign::batches) {
    return fmt::format("{} runs, one side after the other", record.rounds.size());
  }
  const std::size_t shown = judgement.rounds == 0 ? judgement.rounds_counting : judgement.rounds;
  return fmt::format("{} of {} rounds{}; {} pairs kept, {} dropped{}", shown, record.rounds.size(),
                     by_reason(judgement.spoiled), format_count(judgement.pairs_kept),
                     format_count(judgement.pairs_dropped), by_reason(judgement.dropped));
}

std::string stalls_text(const AbRecord& record, const AbJudgement& judgement) {
  if (!judgement.stalls || !record.rules.stall_pause) return "";
  return fmt::format("stalls over {}: {} on a, {} on b (p {:.2g})",
                     format_duration(*record.rules.stall_pause), judgement.stalls->a, judgement.stalls->b,
                     judgement.stalls->p_more);
}

std::string subject_text(const AbSubject& subject) {
  std::vector<std::string> parts;
  for (const std::string* part : {&subject.what, &subject.revision}) {
    if (!part->empty()) parts.push_back(*part);
  }
  if (parts.empty()) return subject.label;
  return fmt::format("{} ({})", subject.label, fmt::join(parts, ", "));
}

}  // namespace ringstorm
