#include "compare/trend.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/prng.h"
#include "compare/comparison_rows.h"
#include "plan/gate.h"
#include "report/printable.h"

namespace ringstorm {
namespace {

constexpr int kPermutations = 499;
constexpr double kLevel = 0.01;

struct Split {
  std::size_t at = 0;
  double distance = 0;
};

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// The energy distance of both sides of every split, kept up to date while values change sides: all pairs are
/// looked at once.
Split best_split(std::span<const double> values) {
  const std::size_t n = values.size();
  double within_left = 0;  // sums over unordered pairs
  double within_right = 0;
  double between = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) within_right += std::abs(values[i] - values[j]);
  }
  Split best;
  for (std::size_t left = 1; left < n; ++left) {
    const double moved = values[left - 1];
    double to_left = 0;
    double to_right = 0;
    for (std::size_t i = 0; i < left - 1; ++i) to_left += std::abs(values[i] - moved);
    for (std::size_t i = left; i < n; ++i) to_right += std::abs(values[i] - moved);
    within_left += to_left;
    within_right -= to_right;
    between += to_right - to_left;
    if (left < kLeastSegment || n - left < kLeastSegment) continue;
    const double a = static_cast<double>(left);
    const double b = static_cast<double>(n - left);
    const double energy =
        2 * between / (a * b) - 2 * within_left / (a * (a - 1)) - 2 * within_right / (b * (b - 1));
    const double distance = a * b / (a + b) * energy;
    if (best.at == 0 || distance > best.distance) best = {left, distance};
  }
  return best;
}

void shuffle(std::vector<double>& values, Prng& prng) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[prng.below(i)]);
}

double p_of(std::span<const double> values, double distance, Prng& prng) {
  std::vector<double> shuffled(values.begin(), values.end());
  int as_great = 1;
  for (int i = 0; i < kPermutations; ++i) {
    shuffle(shuffled, prng);
    if (best_split(shuffled).distance >= distance) ++as_great;
  }
  return as_great / (kPermutations + 1.0);
}

/// The splits of [begin, end), appended.
void bisect(std::span<const double> values, std::size_t begin, std::size_t end, double level, Prng& prng,
            std::vector<ChangePoint>& found) {
  if (end - begin < 2 * kLeastSegment) return;
  const auto part = values.subspan(begin, end - begin);
  const Split split = best_split(part);
  if (split.distance <= 0) return;
  const double p = p_of(part, split.distance, prng);
  if (p > level) return;
  const std::size_t at = begin + split.at;
  bisect(values, begin, at, level, prng, found);
  found.push_back({at, 0, 0, p});
  bisect(values, at, end, level, prng, found);
}

std::string csv(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string revision_of(const StoredResult& result) {
  if (!result.revision.empty()) return result.revision;
  const auto version = result.other.find("ringstorm");
  return version == result.other.end() ? "" : version->second;
}

struct Series {
  std::vector<double> values;
  std::vector<const StoredResult*> results;
};

Series series_of(const History& history, const std::string& metric) {
  Series series;
  for (const StoredResult& result : history.results) {
    const auto value = result.values.find(metric);
    if (value == result.values.end()) continue;
    series.values.push_back(value->second);
    series.results.push_back(&result);
  }
  return series;
}

std::string unit_of(const std::string& metric) {
  const GateMetricRow* row = find_gate_metric(metric);
  return row == nullptr ? "ns" : std::string(row->unit);
}

std::string series_text(const History& history, const std::string& metric) {
  const Series series = series_of(history, metric);
  const std::string unit = unit_of(metric);
  std::string text = fmt::format("  {:<18}{} results, the last {}\n", printable(metric, 60),
                                 series.values.size(), value_text(unit, series.values.back()));
  for (const ChangePoint& change : change_points(series.values, kLevel, 1)) {
    const StoredResult& result = *series.results[change.at];
    text +=
        fmt::format("    changed at {} ({}): {} -> {}, {} (p {:.2g})\n", result.started_at,
                    printable(result.path, 100), value_text(unit, change.before),
                    value_text(unit, change.after), change_text(change.after / change.before - 1), change.p);
  }
  return text;
}

}  // namespace

std::vector<ChangePoint> change_points(std::span<const double> values, double level, std::uint64_t seed) {
  const std::size_t skipped = values.size() > kLongestHistory ? values.size() - kLongestHistory : 0;
  const auto recent = values.subspan(skipped);
  Prng prng(seed);
  std::vector<ChangePoint> found;
  bisect(recent, 0, recent.size(), level, prng, found);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : found[i - 1].at;
    const std::size_t end = i + 1 == found.size() ? recent.size() : found[i + 1].at;
    found[i].before = mean(recent.subspan(begin, found[i].at - begin));
    found[i].after = mean(recent.subspan(found[i].at, end - found[i].at));
  }
  for (ChangePoint& change : found) change.at += skipped;
  return found;
}

std::vector<History> histories(std::vector<StoredResult> results) {
  std::map<std::pair<std::string, std::string>, std::vector<StoredResult>> groups;
  for (StoredResult& result : results) {
    if (!result.invalid.empty()) continue;
    const std::pair<std::string, std::string> key{result.scenario, machine_class(result)};
    groups[key].push_back(std::move(result));
  }
  std::vector<History> list;
  for (auto& [key, group] : groups) {
    std::stable_sort(group.begin(), group.end(), [](const StoredResult& one, const StoredResult& other) {
      return one.started_at < other.started_at;
    });
    const auto twice =
        std::unique(group.begin(), group.end(), [](const StoredResult& one, const StoredResult& other) {
          return one.started_at == other.started_at && one.values == other.values;
        });
    group.erase(twice, group.end());
    list.push_back({key.first, key.second, std::move(group)});
  }
  return list;
}

std::vector<std::string> metrics_of(const History& history) {
  std::set<std::string> names;
  for (const StoredResult& result : history.results) {
    for (const auto& [name, value] : result.values) names.insert(name);
  }
  return {names.begin(), names.end()};
}

std::string otava_csv(const History& history) {
  const std::vector<std::string> metrics = metrics_of(history);
  std::string text = "time,commit";
  for (const std::string& metric : metrics) text += "," + csv(metric);
  text += "\n";
  for (const StoredResult& result : history.results) {
    text += csv(result.started_at) + "," + csv(revision_of(result));
    for (const std::string& metric : metrics) {
      const auto value = result.values.find(metric);
      text += value == result.values.end() ? "," : fmt::format(",{:.9g}", value->second);
    }
    text += "\n";
  }
  return text;
}

std::string trend_text(const History& history) {
  std::string text = fmt::format("{} on {}\n", printable(history.scenario, 100), history.machine);
  for (const std::string& metric : metrics_of(history)) text += series_text(history, metric);
  return text;
}

}  // namespace ringstorm
