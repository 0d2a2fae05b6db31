#include "compare/stored_comparison.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compare/ab_gate.h"
#include "compare/utc.h"

namespace ringstorm {
namespace {

using Results = std::vector<const StoredResult*>;
using Facts = std::map<std::string, std::string> StoredResult::*;

constexpr std::array<std::string_view, 5> kReportMetrics{"throughput", "latency.p50", "latency.p99",
                                                         "latency.p99.9", "connection_rate"};
constexpr std::size_t kNamed = 3;

std::string joined(const std::set<std::string>& values) {
  return values.empty() ? "-" : fmt::format("{}", fmt::join(values, " and "));
}

std::set<std::string> values_of(const Results& results, Facts facts, const std::string& name) {
  std::set<std::string> values;
  for (const StoredResult* result : results) {
    const auto found = (result->*facts).find(name);
    if (found != (result->*facts).end()) values.insert(found->second);
  }
  return values;
}

/// What is not one and the same on both sides.
std::vector<AbDifference> unlike(const Results& base, const Results& fresh, Facts facts) {
  std::set<std::string> names;
  for (const Results* side : {&base, &fresh}) {
    for (const StoredResult* result : *side) {
      for (const auto& [name, value] : result->*facts) names.insert(name);
    }
  }
  std::vector<AbDifference> differences;
  for (const std::string& name : names) {
    const std::set<std::string> a = values_of(base, facts, name);
    const std::set<std::string> b = values_of(fresh, facts, name);
    if (a != b || a.size() > 1) differences.push_back({name, joined(a), joined(b)});
  }
  return differences;
}

std::string names_of(const std::vector<AbDifference>& differences) {
  std::vector<std::string> names;
  for (const AbDifference& d : differences) {
    if (names.size() < kNamed) names.push_back(d.what);
  }
  const bool more = differences.size() > names.size();
  return fmt::format("{}{}", fmt::join(names, ", "), more ? ", ..." : "");
}

/// One of the two sides: what was measured, and what the embedded server did beside it.
struct Side {
  Results targets;
  Results references;
};

/// The embedded server is a reference where something else was measured too; else it is what was measured.
Side side_of(std::span<const StoredResult> results) {
  Side side;
  for (const StoredResult& result : results)
    (result.embedded ? side.references : side.targets).push_back(&result);
  if (side.targets.empty()) std::swap(side.targets, side.references);
  return side;
}

void by_time(Results& results) {
  std::stable_sort(results.begin(), results.end(), [](const StoredResult* one, const StoredResult* other) {
    return one->started_at < other->started_at;
  });
}

/// Sorted by time, every two neighbours are one of each side.
bool taken_in_turns(const Results& base, const Results& fresh) {
  if (base.size() != fresh.size()) return false;
  std::vector<std::pair<std::string, bool>> all;
  for (const StoredResult* result : base) all.emplace_back(result->started_at, false);
  for (const StoredResult* result : fresh) all.emplace_back(result->started_at, true);
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); i += 2) {
    if (all[i].first.empty() || all[i].second == all[i + 1].second) return false;
  }
  return true;
}

class StoredComparison {
 public:
  StoredComparison(std::span<const StoredResult> base, std::span<const StoredResult> fresh,
                   const StoredRules& rules)
      : rules_(rules), base_(side_of(base)), fresh_(side_of(fresh)) {}

  Result<AbRecord> record() && {
    if (const Status status = name_metrics(); !status) return status.errors();
    describe();
    list_differences();
    choose_design();
    fill_rounds();
    advise();
    return std::move(record_);
  }

 private:
  const StoredResult& first() const { return *base_.targets.front(); }
  bool is_report() const { return first().kind == StoredResult::Kind::report; }

  bool measured(const Results& results, const std::string& name) const {
    return std::any_of(results.begin(), results.end(),
                       [&](const StoredResult* result) { return result->values.contains(name); });
  }
  bool measured(const std::string& name) const {
    return measured(base_.targets, name) && measured(fresh_.targets, name);
  }

  Status name_metrics() {
    record_.rules = gate_rules(rules_.gate);
    record_.rules.stall_pause.reset();  // a stored result does not say when its pauses were
    if (!is_report()) {
      name_benchmarks();
      return success();
    }
    std::vector<std::string_view> names;
    for (const std::string_view name : kReportMetrics) {
      if (measured(std::string(name))) names.push_back(name);
    }
    Result<std::vector<AbMetric>> metrics = gated_metrics(rules_.gate, names);
    if (!metrics) return metrics.errors();
    record_.metrics = std::move(*metrics);
    return success();
  }

  /// Every benchmark that both sides ran gates.
  void name_benchmarks() {
    std::set<std::string> names;
    for (const Results* side : {&base_.targets, &fresh_.targets}) {
      for (const StoredResult* result : *side) {
        for (const auto& [name, value] : result->values) names.insert(name);
      }
    }
    for (const std::string& name : names) {
      if (measured(name)) {
        record_.metrics.push_back(
            {.name = name, .unit = "ns", .gates = true, .minimum_effect = 0.02, .tolerance = 0.05});
      } else {
        const bool in_base = measured(base_.targets, name);
        record_.differences.push_back({name, in_base ? "measured" : "-", in_base ? "-" : "measured"});
      }
    }
  }

  void describe() {
    record_.source = is_report() ? "reports" : "google-benchmark";
    record_.scenario = first().scenario;
    record_.started_at = fresh_.targets.front()->started_at;
    record_.version = rules_.version;
    record_.seed = rules_.seed;
    record_.a = {"base", what(base_.targets), first().revision};
    record_.b = {"new", what(fresh_.targets), fresh_.targets.front()->revision};
    for (const Side* side : {&base_, &fresh_}) {
      for (const Results* results : {&side->targets, &side->references}) {
        for (const StoredResult* result : *results) {
          if (!result->invalid.empty()) record_.invalid.push_back(result->invalid);
        }
      }
    }
  }

  static std::string what(const Results& results) {
    if (results.size() == 1) return results.front()->path;
    return fmt::format("{} results, {} and others", results.size(), results.front()->path);
  }

  void list_differences() {
    machine_ = unlike(base_.targets, fresh_.targets, &StoredResult::machine);
    load_ = unlike(base_.targets, fresh_.targets, &StoredResult::load);
    for (const auto& list : {machine_, load_, unlike(base_.targets, fresh_.targets, &StoredResult::other)}) {
      record_.differences.insert(record_.differences.end(), list.begin(), list.end());
    }
  }

  bool has_references() const {
    return base_.references.size() == base_.targets.size() &&
           fresh_.references.size() == fresh_.targets.size();
  }

  void choose_design() {
    for (Results* results : {&base_.targets, &base_.references, &fresh_.targets, &fresh_.references}) {
      if (!rules_.in_turns) by_time(*results);
    }
    const bool alike = machine_.empty();
    ratios_ = !alike && has_references();
    const bool turns = alike && (rules_.in_turns ? base_.targets.size() == fresh_.targets.size()
                                                 : taken_in_turns(base_.targets, fresh_.targets));
    record_.design = turns ? AbDesign::alternating : AbDesign::batches;
    const std::size_t rounds = turns ? base_.targets.size() : base_.targets.size() + fresh_.targets.size();
    record_.rules.looks = {static_cast<std::uint32_t>(rounds)};
    if (turns) return;
    for (AbMetric& metric : record_.metrics) {
      metric.minimum_effect = std::max(metric.minimum_effect, kLeastBetweenSets);
      metric.tolerance = std::max(metric.tolerance, kLeastBetweenSets);
      if (ratios_) metric.unit = "of reference";
    }
  }

  AbSlice slice_of(const Side& side, std::size_t i, AbSide which) const {
    const StoredResult& target = *side.targets[i];
    AbSlice slice;
    slice.side = which;
    slice.length = Duration{static_cast<std::int64_t>(target.measured_s * 1e9)};
    const std::int64_t origin = seconds_since_1970(first().started_at).value_or(0);
    const std::int64_t start = seconds_since_1970(target.started_at).value_or(0) - origin;
    slice.start = seconds(std::max<std::int64_t>(start, 0));
    for (const AbMetric& metric : record_.metrics) {
      auto value = value_of(target, metric.name);
      if (ratios_ && value) {
        const auto reference = value_of(*side.references[i], metric.name);
        value = reference ? std::optional<double>(*value / *reference) : std::nullopt;
      }
      slice.values.push_back(value);
    }
    return slice;
  }

  static std::optional<double> value_of(const StoredResult& result, const std::string& name) {
    const auto found = result.values.find(name);
    if (found == result.values.end()) return std::nullopt;
    return found->second;
  }

  void fill_rounds() {
    if (record_.design == AbDesign::alternating) {
      for (std::size_t i = 0; i < base_.targets.size(); ++i) {
        record_.rounds.emplace_back().slices = {slice_of(base_, i, AbSide::a),
                                                slice_of(fresh_, i, AbSide::b)};
      }
      return;
    }
    for (std::size_t i = 0; i < base_.targets.size(); ++i) {
      record_.rounds.emplace_back().slices = {slice_of(base_, i, AbSide::a)};
    }
    for (std::size_t i = 0; i < fresh_.targets.size(); ++i) {
      record_.rounds.emplace_back().slices = {slice_of(fresh_, i, AbSide::b)};
    }
  }

  /// Why this cannot be judged, the most telling first.
  void advise() {
    if (!load_.empty()) {
      record_.advisory = fmt::format("the plans differ ({}): this compares unlike things", names_of(load_));
    } else if (!machine_.empty() && !ratios_) {
      record_.advisory = fmt::format(
          "the machines are not alike ({}), and no reference was measured on each of them beside the target",
          names_of(machine_));
    } else if (record_.design == AbDesign::batches) {
      advise_of_scatter();
    }
    if (record_.advisory.empty()) advise_of_count();
  }

  void advise_of_scatter() {
    for (std::size_t m = 0; m < record_.metrics.size(); ++m) {
      if (!record_.metrics[m].gates) continue;
      const double scatter = std::max(scatter_of(AbSide::a, m), scatter_of(AbSide::b, m));
      if (scatter <= kMostScatter) continue;
      record_.advisory = fmt::format(
          "the runs of one side scatter by {:.1f} % in {} and were not taken in turns with the other's: the "
          "machine may "
          "have changed in between",
          scatter * 100, record_.metrics[m].name);
      return;
    }
  }

  /// The standard deviation of the logarithms of a side's values.
  double scatter_of(AbSide side, std::size_t metric) const {
    std::vector<double> logs;
    double sum = 0;
    for (const AbRound& round : record_.rounds) {
      const AbSlice& slice = round.slices.front();
      if (slice.side != side || !slice.values[metric]) continue;
      logs.push_back(std::log(*slice.values[metric]));
      sum += logs.back();
    }
    if (logs.size() < 2) return 0;
    double squares = 0;
    for (const double value : logs) squares += std::pow(value - sum / static_cast<double>(logs.size()), 2);
    return std::sqrt(squares / static_cast<double>(logs.size() - 1));
  }

  /// How many ways there are to rearrange the runs is the least chance of a false alarm there can be.
  void advise_of_count() {
    const auto gates = static_cast<double>(std::count_if(
        record_.metrics.begin(), record_.metrics.end(), [](const AbMetric& metric) { return metric.gates; }));
    const double a = static_cast<double>(base_.targets.size());
    const double b = static_cast<double>(fresh_.targets.size());
    const double ways = record_.design == AbDesign::alternating
                            ? std::exp2(a)
                            : std::exp(std::lgamma(a + b + 1) - std::lgamma(a + 1) - std::lgamma(b + 1));
    if (ways * record_.rules.alpha >= gates * (1 - 1e-9)) return;
    record_.advisory =
        fmt::format("{} and {} results are too few to tell {} gated metrics from chance at {:.2g} %",
                    base_.targets.size(), fresh_.targets.size(), gates, record_.rules.alpha * 100);
  }

  const StoredRules& rules_;
  Side base_;
  Side fresh_;
  AbRecord record_;
  std::vector<AbDifference> machine_;
  std::vector<AbDifference> load_;
  bool ratios_ = false;
};

Status check_alike(std::span<const StoredResult> base, std::span<const StoredResult> fresh) {
  std::vector<Error> errors;
  if (base.empty()) errors.push_back({"BASE", "there is no result", ""});
  if (fresh.empty()) errors.push_back({"NEW", "there is no result", ""});
  if (!errors.empty()) return errors;
  const StoredResult& first = base.front();
  for (const auto side : {base, fresh}) {
    for (const StoredResult& result : side) {
      if (result.kind != first.kind) {
        return Error{result.path, fmt::format("is not of the same kind as {}", first.path),
                     "reports are compared with reports, and Google Benchmark's results with its own"};
      }
      if (result.scenario != first.scenario && result.kind == StoredResult::Kind::report) {
        return Error{result.path,
                     fmt::format("is of scenario \"{}\", and {} of \"{}\"", result.scenario, first.path,
                                 first.scenario),
                     "results of different scenarios say nothing about each other"};
      }
    }
  }
  return success();
}

}  // namespace

Result<AbRecord> compare_stored(std::span<const StoredResult> base, std::span<const StoredResult> fresh,
                                const StoredRules& rules) {
  if (const Status status = check_alike(base, fresh); !status) return status.errors();
  return StoredComparison(base, fresh, rules).record();
}

}  // namespace ringstorm
