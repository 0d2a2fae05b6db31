#include "compare/ab_scores.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/check.h"

namespace ringstorm {
namespace {

// Far beyond what anybody measures, and what can still be judged in a reasonable time.
constexpr std::size_t kMostLooks = 100;
constexpr std::uint32_t kMostRounds = 1'000;
constexpr std::size_t kMostMetrics = 10'000;

bool differ_more(std::optional<double> one, std::optional<double> other, double most) {
  return one && other && std::abs(*one - *other) > most;
}

bool above(std::optional<double> one, std::optional<double> other, double most) {
  return std::max(one.value_or(0), other.value_or(0)) > most;
}

/// In order of time; a slice whose other half is missing makes a pair with a null side.
std::vector<AbPair> pairs_of(const AbRound& round) {
  std::vector<const AbSlice*> slices;
  for (const AbSlice& slice : round.slices) slices.push_back(&slice);
  std::stable_sort(slices.begin(), slices.end(),
                   [](const AbSlice* one, const AbSlice* other) { return one->start < other->start; });
  std::vector<AbPair> pairs;
  std::map<std::uint32_t, std::size_t> places;
  for (const AbSlice* slice : slices) {
    const auto [place, fresh] = places.emplace(slice->pair, pairs.size());
    if (fresh) pairs.emplace_back();
    (slice->side == AbSide::a ? pairs[place->second].a : pairs[place->second].b) = slice;
  }
  return pairs;
}

struct RoundPairs {
  std::vector<AbPair> kept;
  std::uint64_t dropped = 0;
};

RoundPairs keep_pairs(const AbRecord& record, const AbRound& round, AbCounted& counts) {
  RoundPairs pairs;
  for (const AbPair& pair : pairs_of(round)) {
    std::optional<std::string> why;
    if (record.design == AbDesign::alternating) {
      why = pair.a == nullptr || pair.b == nullptr ? "half a pair"
                                                   : why_dropped(*pair.a, *pair.b, record.rules);
    }
    if (why) {
      ++counts.dropped[*why];
      ++pairs.dropped;
    } else {
      pairs.kept.push_back(pair);
    }
  }
  return pairs;
}

std::string why_spoiled(const AbRecord& record, const AbRound& round, const RoundPairs& pairs) {
  if (!round.spoiled.empty()) return round.spoiled;
  const double all = static_cast<double>(pairs.kept.size() + pairs.dropped);
  if (static_cast<double>(pairs.kept.size()) < record.rules.least_kept * all) return "too few pairs are left";
  return "";
}

std::optional<double> value_of(const std::vector<std::optional<double>>& values, std::size_t metric) {
  return metric < values.size() ? values[metric] : std::nullopt;
}

void check_rules(const AbRules& rules, std::vector<Error>& errors) {
  const auto expect = [&](bool right, const char* where, const char* what) {
    if (!right) errors.push_back({where, what, ""});
  };
  expect(rules.alpha > 0 && rules.alpha < 1, "/rules/alpha", "expected a share above 0 and below 1");
  expect(rules.beta > 0 && rules.beta < 1, "/rules/beta", "expected a share above 0 and below 1");
  expect(!rules.looks.empty() && rules.looks.front() >= 1, "/rules/looks", "expected at least one look");
  for (std::size_t i = 1; i < rules.looks.size(); ++i) {
    expect(rules.looks[i - 1] < rules.looks[i], "/rules/looks", "expected rising numbers of rounds");
  }
  expect(rules.looks.size() <= kMostLooks && (rules.looks.empty() || rules.looks.back() <= kMostRounds),
         "/rules/looks", "expected at most 100 looks, the last at most at 1,000 rounds");
  expect(rules.least_kept >= 0 && rules.least_kept <= 1, "/rules/least_kept", "expected a share of 1");
  expect(rules.most_steal >= 0 && rules.most_difference >= 0, "/rules", "expected no negative share");
}

void check_metric(const AbMetric& metric, std::vector<Error>& errors) {
  const std::string where = "/metrics/" + metric.name;
  if (!(metric.minimum_effect > 0 && metric.minimum_effect < 1)) {
    errors.push_back({where, "expected a minimum effect above 0 and below 1", ""});
  }
  if (!(metric.tolerance >= metric.minimum_effect && metric.tolerance < 1)) {
    errors.push_back({where, "expected a tolerance below 1 that is no less than the minimum effect", ""});
  }
  if (!(metric.trim >= 0 && metric.trim < 0.5)) {
    errors.push_back({where, "expected to leave out less than half of the values at each end", ""});
  }
}

bool are_values(const std::vector<std::optional<double>>& values, std::size_t metrics) {
  if (values.size() != metrics) return false;
  return std::all_of(values.begin(), values.end(),
                     [](const auto& value) { return !value || (std::isfinite(*value) && *value > 0); });
}

void check_round(const AbRecord& record, std::size_t index, std::vector<Error>& errors) {
  const AbRound& round = record.rounds[index];
  const std::string where = fmt::format("/rounds/{}", index);
  std::map<std::uint32_t, unsigned> sides;  // of each pair: 1 for a, 2 for b
  for (const AbSlice& slice : round.slices) {
    const unsigned side = slice.side == AbSide::a ? 1 : 2;
    if ((sides[slice.pair] & side) != 0) {
      errors.push_back({where, fmt::format("pair {} has two slices of one side", slice.pair), ""});
    }
    sides[slice.pair] |= side;
    if (!are_values(slice.values, record.metrics.size())) {
      errors.push_back({where, "a slice needs one value, or null, for each metric: positive and finite", ""});
    }
  }
  for (const auto& values : round.values) {
    if (!values.empty() && !are_values(values, record.metrics.size())) {
      errors.push_back({where, "a round needs one value, or null, for each metric: positive and finite", ""});
    }
  }
}

/// By side: did it stall?
int stalled(const AbPair& pair, Duration pause) {
  const auto beyond = [&](const AbSlice& slice) {
    return slice.longest_pause && *slice.longest_pause > pause;
  };
  return static_cast<int>(beyond(*pair.b)) - static_cast<int>(beyond(*pair.a));
}

}  // namespace

Status check_record(const AbRecord& record) {
  std::vector<Error> errors;
  check_rules(record.rules, errors);
  if (record.metrics.size() > kMostMetrics)
    errors.push_back({"/metrics", "expected at most 10,000 metrics", ""});
  for (const AbMetric& metric : record.metrics) check_metric(metric, errors);
  for (std::size_t i = 0; i < record.rounds.size(); ++i) check_round(record, i, errors);
  if (!errors.empty()) return errors;
  return success();
}

std::optional<std::string> why_dropped(const AbSlice& one, const AbSlice& other, const AbRules& rules) {
  const AbSurroundings& x = one.around;
  const AbSurroundings& y = other.around;
  std::vector<std::string> marks = x.marks;
  marks.insert(marks.end(), y.marks.begin(), y.marks.end());
  if (!marks.empty()) return *std::min_element(marks.begin(), marks.end());
  if (above(x.steal, y.steal, rules.most_steal)) return "steal";
  if (differ_more(x.steal, y.steal, rules.most_difference)) return "unlike steal";
  if (differ_more(x.foreign_cpu, y.foreign_cpu, rules.most_difference)) return "unlike load by others";
  return std::nullopt;
}

AbCounted counted(const AbRecord& record) {
  AbCounted counts;
  for (const AbRound& round : record.rounds) {
    RoundPairs pairs = keep_pairs(record, round, counts);
    counts.pairs_dropped += pairs.dropped;
    const std::string spoiled = why_spoiled(record, round, pairs);
    if (!spoiled.empty()) {
      ++counts.spoiled[spoiled];
      counts.pairs_dropped += pairs.kept.size();
      continue;
    }
    counts.pairs_kept += pairs.kept.size();
    counts.rounds.push_back({&round, std::move(pairs.kept)});
  }
  return counts;
}

double trimmed_mean(std::vector<double> values, double trim) {
  RS_CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const auto cut =
      std::min(static_cast<std::size_t>(trim * static_cast<double>(values.size())), (values.size() - 1) / 2);
  double sum = 0;
  for (std::size_t i = cut; i < values.size() - cut; ++i) sum += values[i];
  return sum / static_cast<double>(values.size() - 2 * cut);
}

std::optional<double> round_score(const AbRecord& record, const AbCountingRound& round, std::size_t metric) {
  std::vector<double> scores;
  for (const AbPair& pair : round.pairs) {
    if (pair.a == nullptr || pair.b == nullptr) continue;
    const auto a = value_of(pair.a->values, metric);
    const auto b = value_of(pair.b->values, metric);
    if (a && b) scores.push_back(std::log(*b / *a));
  }
  if (!scores.empty()) return trimmed_mean(std::move(scores), record.metrics[metric].trim);
  const auto a = value_of(round.round->values[0], metric);
  const auto b = value_of(round.round->values[1], metric);
  if (a && b) return std::log(*b / *a);
  return std::nullopt;
}

std::optional<double> round_level(const AbRecord& record, const AbCountingRound& round, std::size_t metric,
                                  AbSide side) {
  std::vector<double> levels;
  for (const AbPair& pair : round.pairs) {
    const AbSlice* slice = side == AbSide::a ? pair.a : pair.b;
    const auto value = slice == nullptr ? std::nullopt : value_of(slice->values, metric);
    if (value) levels.push_back(std::log(*value));
  }
  if (!levels.empty()) return trimmed_mean(std::move(levels), record.metrics[metric].trim);
  const auto value = value_of(round.round->values[side == AbSide::a ? 0 : 1], metric);
  if (value) return std::log(*value);
  return std::nullopt;
}

StallCounts stalls(std::span<const AbCountingRound> rounds, Duration pause) {
  StallCounts counts;
  for (const AbCountingRound& round : rounds) {
    int before = 0;
    for (const AbPair& pair : round.pairs) {
      if (pair.a == nullptr || pair.b == nullptr) continue;
      const int now = stalled(pair, pause);
      if (now > 0 && before <= 0) ++counts.b;
      if (now < 0 && before >= 0) ++counts.a;
      before = now;
    }
  }
  return counts;
}

}  // namespace ringstorm
