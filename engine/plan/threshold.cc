// The text is cut at its comparison; each part is then read on its own, so that one mistake hides no other.
#include "plan/threshold.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "base/units.h"
#include "plan/json_tree.h"

namespace ringstorm {
namespace {

constexpr std::size_t kLongestText = 256;
constexpr std::size_t kLongestStage = 64;
constexpr std::size_t kShown = 60;
constexpr double kLargestLimit = 0x1p53;
constexpr double kRatioSteps = 1e11;
constexpr double kLeastLimit = 1e-6;  // of a ratio or a rate that is not 0: what 9 decimals can write back
constexpr std::string_view kSpaces = " \t";
constexpr std::string_view kSigns = "<>=!";
constexpr std::array<std::string_view, 4> kComparisons{"<", "<=", ">", ">="};
constexpr std::string_view kComparisonNames = "<, <=, > or >=";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    const std::size_t end = std::min(text.find_first_of(kSpaces), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

std::string quoted(std::string_view text) {
  return fmt::format("\"{}\"", shortened(text, kShown));
}

struct MetricName {
  Metric metric;
  Statistic statistic;
};

/// "latency.p99" is the row "latency" with a statistic; "errors.ratio" is a row.
std::optional<MetricName> find_metric(std::string_view text) {
  const std::size_t point = text.find('.');
  for (const MetricRow& row : threshold_metrics()) {
    if (row.unit != MetricUnit::duration) {
      if (row.name == text) return MetricName{row.metric, {}};
    } else if (point != std::string_view::npos && row.name == text.substr(0, point)) {
      const auto statistic = parse_statistic(text.substr(point + 1));
      if (!statistic) return std::nullopt;
      return MetricName{row.metric, *statistic};
    }
  }
  return std::nullopt;
}

const MetricRow* find_distribution(std::string_view name) {
  for (const MetricRow& row : threshold_metrics()) {
    if (row.unit == MetricUnit::duration && row.name == name) return &row;
  }
  return nullptr;
}

/// Every metric as it could have been written: a distribution with the statistic that was, where that is one.
std::string nearest_metric(std::string_view wrong) {
  if (parse_statistic(wrong)) return fmt::format("did you mean \"latency.{}\"?", wrong);
  const std::size_t point = wrong.find('.');
  const bool has_statistic = point != std::string_view::npos && parse_statistic(wrong.substr(point + 1));
  const std::string statistic{has_statistic ? wrong.substr(point) : ".p99"};
  std::vector<std::string> names;
  for (const MetricRow& row : threshold_metrics())
    names.push_back(std::string{row.name} + (row.unit == MetricUnit::duration ? statistic : ""));
  const std::vector<std::string_view> views{names.begin(), names.end()};
  return did_you_mean(wrong, views);
}

/// p999 is how many a tool writes p99.9.
std::string nearest_statistic(std::string_view name, std::string_view wrong) {
  constexpr std::array<std::string_view, 4> kWords{"min", "mean", "max", "p50"};
  std::string meant{nearest_name(wrong, kWords)};
  if (wrong == "avg" || wrong == "average") meant = "mean";
  if (wrong == "median") meant = "p50";
  if (wrong == "p100") meant = "max";
  if (wrong == "p0") meant = "min";
  if (wrong.starts_with("p99") && wrong.size() > 3) {
    const std::string with_point = fmt::format("p99.{}", wrong.substr(3));
    if (parse_statistic(with_point)) meant = with_point;
  }
  return meant.empty() ? "" : fmt::format("did you mean \"{}.{}\"?", name, meant);
}

bool has_no_unit(std::string_view text) {
  return text.find_last_of("0123456789.") == text.size() - 1;
}

/// What a limit is that its metric does not take; empty when it is nothing known.
std::string_view kind_of_limit(std::string_view text) {
  if (text.empty()) return "nothing";
  if (text.back() == '%') return "a share";
  if (text.find('/') != std::string_view::npos) return "a rate";
  if (parse_duration(text)) return has_no_unit(text) ? "a number" : "a duration";
  if (parse_count(text)) return "a number";
  return "";
}

/// A limit that a double keeps exactly, and that can be written back: up to 104 days in nanoseconds.
std::optional<double> exactly(double limit) {
  if (limit > kLargestLimit) return std::nullopt;
  return limit;
}

std::optional<double> parse_duration_limit(std::string_view text) {
  // A bare number would be seconds, which for a latency nobody means.
  if (text.empty() || has_no_unit(text)) return std::nullopt;
  const auto duration = parse_duration(text);
  if (!duration) return std::nullopt;
  return exactly(static_cast<double>(duration->count()));
}

/// 0 to 1, in either way of writing it.
std::optional<double> parse_ratio(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text = trimmed(text.substr(0, text.size() - 1));
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.starts_with('-')) return std::nullopt;
  // To what to_string() writes, so that no limit is written as 100% that is not.
  const double ratio = std::round((percent ? value / 100 : value) * kRatioSteps) / kRatioSteps;
  if (ratio != 0 && !(ratio >= kLeastLimit && ratio <= 1))
    return std::nullopt;  // what is no number is neither
  return ratio;
}

/// parse_rate() has no use for a rate of 0; a limit does.
std::optional<double> parse_rate_limit(std::string_view text) {
  if (const auto rate = parse_rate(text)) {
    if (rate->per_second() < kLeastLimit) return std::nullopt;
    return exactly(rate->per_second());
  }
  const std::string_view number = trimmed(text.substr(0, text.find('/')));
  if ((number.size() == text.size() || text.ends_with("/s")) && parse_count(number) == 0) return 0.0;
  return std::nullopt;
}

std::optional<double> parse_count_limit(std::string_view text) {
  const auto count = parse_count(text);
  if (!count) return std::nullopt;
  return exactly(static_cast<double>(*count));
}

std::optional<double> parse_limit(MetricUnit unit, std::string_view text) {
  switch (unit) {
    case MetricUnit::duration: return parse_duration_limit(text);
    case MetricUnit::ratio: return parse_ratio(text);
    case MetricUnit::rate: return parse_rate_limit(text);
    case MetricUnit::count: return parse_count_limit(text);
  }
  return std::nullopt;
}

/// Reads one threshold and collects its mistakes.
class ThresholdReader {
 public:
  explicit ThresholdReader(std::string_view text) : text_(text) {}

  Result<Threshold> read() && {
    if (text_.size() > kLongestText) {
      complain(fmt::format("it is longer than {} characters", kLongestText));
      return errors_;
    }
    if (trimmed(text_).empty()) {
      complain("expected METRIC [in STAGE] COMPARISON LIMIT, such as latency.p99 < 5ms, found nothing");
      return errors_;
    }
    const std::size_t sign = std::min(text_.find_first_of(kSigns), text_.size());
    const std::size_t after = std::min(text_.find_first_not_of(kSigns, sign), text_.size());
    const auto subject = words_of(text_.substr(0, sign));
    const bool has_metric = read_metric(subject.empty() ? std::string_view{} : subject.front());
    read_stage(subject, sign < text_.size());
    read_comparison(text_.substr(sign, after - sign));
    if (sign < text_.size()) read_limit(trimmed(text_.substr(after)), has_metric);
    if (errors_.empty()) refuse_what_says_nothing();
    if (!errors_.empty()) return errors_;
    return threshold_;
  }

 private:
  void complain(std::string what, std::string hint = {}) {
    errors_.push_back({quoted(text_), std::move(what), std::move(hint)});
  }

  bool read_metric(std::string_view text) {
    if (const auto found = find_metric(text)) {
      threshold_.metric = found->metric;
      threshold_.statistic = found->statistic;
      return true;
    }
    complain_about_metric(text);
    return false;
  }

  void complain_about_metric(std::string_view text) {
    if (text.empty()) return complain("no metric stands before the comparison");
    const std::size_t point = text.find('.');
    const MetricRow* row = find_distribution(text.substr(0, point));
    if (row == nullptr) return complain(fmt::format("unknown metric {}", quoted(text)), nearest_metric(text));
    const std::string expected =
        fmt::format("{}.min, .mean, .max or a percentile such as .p99 or .p99.9", row->name);
    if (point == std::string_view::npos)
      return complain(fmt::format("{} is a distribution: expected {}", row->name, expected));
    const std::string_view statistic = text.substr(point + 1);
    complain(fmt::format("unknown statistic {}: expected {}", quoted(statistic), expected),
             nearest_statistic(row->name, statistic));
  }

  void read_stage(const std::vector<std::string_view>& words, bool has_comparison) {
    if (words.size() < 2) return;
    if (words[1] == "in" && words.size() == 3) return read_stage_name(words[2]);
    if (words[1] == "in" && words.size() == 2) return complain("no stage stands after \"in\"");
    // Without a comparison what follows is its limit, and the missing comparison is the mistake.
    if (!has_comparison && words[1] != "in") return;
    const std::size_t which = words[1] == "in" ? 3 : 1;
    complain(fmt::format("unexpected {} before the comparison", quoted(words[which])),
             "a stage is named as in \"latency.p99 in peak < 5ms\"");
  }

  void read_stage_name(std::string_view name) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-";
    if (name.size() > kLongestStage || name.find_first_not_of(kAllowed) != std::string_view::npos) {
      return complain(fmt::format("{} is no name of a stage: expected 1 to {} of a-z, 0-9 and -",
                                  quoted(name), kLongestStage));
    }
    threshold_.stage = name;
  }

  void read_comparison(std::string_view sign) {
    if (sign.empty()) return complain(fmt::format("no comparison: expected {}", kComparisonNames));
    for (std::size_t i = 0; i < kComparisons.size(); ++i) {
      if (sign == kComparisons[i]) {
        threshold_.comparison = static_cast<Comparison>(i);
        return;
      }
    }
    complain(fmt::format("unknown comparison {}: expected {}", quoted(sign), kComparisonNames),
             sign == "=<"   ? "did you mean \"<=\"?"
             : sign == "=>" ? "did you mean \">=\"?"
                            : "");
  }

  void read_limit(std::string_view text, bool has_metric) {
    if (text.empty() && !has_metric) return complain("no limit stands after the comparison");
    if (!has_metric) return;  // it is not known what it should have been
    const MetricRow& row = metric_row(threshold_.metric);
    if (const auto limit = parse_limit(row.unit, text)) {
      threshold_.limit = *limit;
      return;
    }
    const std::string expected =
        fmt::format("{} takes {}", metric_name(threshold_), expected_limit(row.unit));
    const std::string_view kind = kind_of_limit(text);
    if (kind == "nothing") return complain(expected + ", found nothing");
    complain(fmt::format("{}, found {}{}{}", expected, kind, kind.empty() ? "" : ": ", quoted(text)));
  }

  /// No figure is below 0, and no ratio above 1.
  void refuse_what_says_nothing() {
    using enum Comparison;
    const bool is_ratio = metric_row(threshold_.metric).unit == MetricUnit::ratio;
    const bool lowest = threshold_.limit == 0;
    const bool highest = is_ratio && threshold_.limit == 1;
    const Comparison written = threshold_.comparison;
    if ((lowest && written == below) || (highest && written == above))
      complain_with("no run can hold it", written == below ? at_most : at_least);
    if ((lowest && written == at_least) || (highest && written == at_most))
      complain_with("every run holds it", written == at_least ? above : below);
  }

  void complain_with(std::string what, Comparison meant) {
    Threshold other = threshold_;
    other.comparison = meant;
    complain(std::move(what), fmt::format("did you mean \"{}\"?", to_string(other)));
  }

  std::string_view text_;
  Threshold threshold_;
  std::vector<Error> errors_;
};

/// Up to 9 decimals, without needless zeros.
std::string decimal(double value) {
  std::string text = fmt::format("{:.9f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

struct Multiple {
  double size;
  std::string_view name;
};

/// In the largest unit of which there is at least 1, as it is written.
std::string in_units(double value, std::span<const Multiple> units) {
  const auto fits = [&](const Multiple& unit) { return std::round(value / unit.size * 1e9) >= 1e9; };
  const auto found = std::ranges::find_if(units, fits);
  const Multiple& unit = found == units.end() ? units.back() : *found;
  return decimal(value / unit.size).append(unit.name);
}

std::string limit_text(MetricUnit unit, double limit) {
  constexpr std::array kDurations{Multiple{1e9, "s"}, Multiple{1e6, "ms"}, Multiple{1e3, "us"},
                                  Multiple{1, "ns"}};
  constexpr std::array kNumbers{Multiple{1e6, "M"}, Multiple{1e3, "k"}, Multiple{1, ""}};
  switch (unit) {
    case MetricUnit::duration: return in_units(limit, kDurations);
    case MetricUnit::ratio: return decimal(limit * 100) + "%";
    case MetricUnit::rate: return in_units(limit, kNumbers) + "/s";
    case MetricUnit::count: return fmt::format("{:.0f}", limit);
  }
  return {};
}

}  // namespace

Result<Threshold> parse_threshold(std::string_view text) {
  return ThresholdReader(text).read();
}

std::string metric_name(const Threshold& threshold) {
  const MetricRow& row = metric_row(threshold.metric);
  if (row.unit != MetricUnit::duration) return std::string{row.name};
  return fmt::format("{}.{}", row.name, to_string(threshold.statistic));
}

std::string_view to_string(Comparison comparison) {
  return kComparisons[static_cast<std::size_t>(comparison)];
}

std::string to_string(const Threshold& threshold) {
  return fmt::format("{}{}{} {} {}", metric_name(threshold), threshold.stage.empty() ? "" : " in ",
                     threshold.stage, to_string(threshold.comparison),
                     limit_text(metric_row(threshold.metric).unit, threshold.limit));
}

std::optional<Error> unknown_stage(const Threshold& threshold, std::span<const std::string_view> stages) {
  const std::string_view stage = threshold.stage;
  if (stage.empty() || std::ranges::find(stages, stage) != stages.end()) return std::nullopt;
  return Error{quoted(to_string(threshold)), fmt::format("unknown stage {}", quoted(stage)),
               did_you_mean(stage, stages)};
}

}  // namespace ringstorm
