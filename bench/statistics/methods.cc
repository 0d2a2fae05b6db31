#include "statistics/methods.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/math/distributions/normal.hpp>

#include "compare/stored_comparison.h"
#include "compare/typical_values.h"

namespace ringstorm::statistics {
namespace {

constexpr double kGuard = 0.01;  // between slices
constexpr double kWarmup = 2.0;  // of fresh servers
constexpr double kPause = 5.0;   // between runs: a server ends, another starts
constexpr double kAlpha = 0.01;
constexpr double kNormal99 = 2.3263;
const double kLeast = -std::log(0.98);  // the minimum effect, 2 %

struct Design {
  std::uint32_t rounds = 10;
  std::uint32_t pairs = 60;
  double slice_s = 0.1;
  bool random_order = true;
  double round_seconds() const { return kWarmup + pairs * 2 * (slice_s + kGuard); }
};

AbMetric throughput(double minimum_effect) {
  return {.name = "throughput",
          .unit = "per_s",
          .better = AbMetric::Better::higher,
          .gates = true,
          .minimum_effect = minimum_effect,
          .tolerance = std::max(0.05, minimum_effect)};
}

AbRecord empty_record(double minimum_effect) {
  AbRecord record;
  record.metrics = {throughput(minimum_effect)};
  record.rules.stall_pause.reset();
  return record;
}

AbSlice slice_of(AbSide side, std::uint32_t pair, double at, double length, double value) {
  AbSlice slice;
  slice.side = side;
  slice.pair = pair;
  slice.start = Duration{static_cast<std::int64_t>(at * 1e9)};
  slice.length = Duration{static_cast<std::int64_t>(length * 1e9)};
  slice.values = {std::exp(value)};
  return slice;
}

/// Mirrored pairs, ABBA or BAAB, or always A first.
AbRound measure_round(const Design& design, const Machine& machine, double from, Trial trial) {
  const double luck = trial.mood.luck * normal(trial.prng) * std::sqrt(2.0);
  AbRound round;
  double at = from + kWarmup;
  bool a_first = true;
  for (std::uint32_t pair = 0; pair < design.pairs; ++pair) {
    if (design.random_order) a_first = pair % 2 == 0 ? trial.prng.below(2) == 0 : !a_first;
    for (const bool first : {true, false}) {
      const bool on_b = first != a_first;
      const double value = machine.speed(at, design.slice_s, trial.prng) + (on_b ? trial.effect + luck : 0);
      round.slices.push_back(slice_of(on_b ? AbSide::b : AbSide::a, pair, at, design.slice_s, value));
      at += design.slice_s + kGuard;
    }
  }
  return round;
}

AbRecord measure(const Design& design, Trial trial) {
  AbRecord record = empty_record(0.02);
  record.seed = trial.prng.next();
  record.rules.looks = {design.rounds};
  const Machine machine(trial.mood, design.rounds * design.round_seconds() + 1, trial.prng);
  for (std::uint32_t r = 0; r < design.rounds; ++r) {
    record.rounds.push_back(measure_round(design, machine, r * design.round_seconds(), trial));
  }
  return record;
}

bool alarm(const AbRecord& record) {
  return judge(record).verdict == AbVerdict::regressed;
}

/// Whole runs, one after the other: the logarithm of each one's rate.
std::vector<double> runs(const Machine& machine, const std::vector<bool>& on_b, double length, Trial trial) {
  std::vector<double> rates;
  double at = 0;
  for (const bool b : on_b) {
    rates.push_back(machine.speed(at, length, trial.prng) + trial.mood.luck * normal(trial.prng) +
                    (b ? trial.effect : 0));
    at += length + kPause;
  }
  return rates;
}

std::vector<double> fresh_runs(const std::vector<bool>& on_b, double length, Trial trial) {
  const Machine machine(trial.mood, static_cast<double>(on_b.size()) * (length + kPause) + 1, trial.prng);
  return runs(machine, on_b, length, trial);
}

std::vector<bool> ten_then_ten() {
  std::vector<bool> order(20, false);
  std::fill(order.begin() + 10, order.end(), true);
  return order;
}

/// One-sided, by the normal approximation, which is good from eight a side.
double u_test(std::span<const double> a, std::span<const double> b) {
  double wins = 0;
  for (const double x : a) {
    for (const double y : b) wins += x > y ? 1 : 0;
  }
  const double n = static_cast<double>(a.size());
  const double m = static_cast<double>(b.size());
  const double z = (wins - n * m / 2) / std::sqrt(n * m * (n + m + 1) / 12);
  return boost::math::cdf(boost::math::complement(boost::math::normal(), z));
}

double scatter(std::span<const double> rates) {
  double mean = 0;
  for (const double rate : rates) mean += rate / static_cast<double>(rates.size());
  double squares = 0;
  for (const double rate : rates) squares += (rate - mean) * (rate - mean);
  return std::sqrt(squares / static_cast<double>(rates.size() - 1));
}

bool batches(Trial trial, double minimum_effect, double most_scatter) {
  AbRecord record = empty_record(minimum_effect);
  record.design = AbDesign::batches;
  record.rules.looks = {20};
  const std::vector<double> rates = fresh_runs(ten_then_ten(), 6, trial);
  const std::span<const double> all(rates);
  if (std::max(scatter(all.first(10)), scatter(all.last(10))) > most_scatter) return false;
  for (const double rate : rates) {
    AbRound round;
    const bool on_b = record.rounds.size() >= 10;
    round.slices.push_back(
        slice_of(on_b ? AbSide::b : AbSide::a, 0, static_cast<double>(record.rounds.size()), 6, rate));
    record.rounds.push_back(round);
  }
  return alarm(record);
}

}  // namespace

bool one_run_each(Trial trial) {
  const std::vector<double> rates = fresh_runs({false, true}, 10, trial);
  return rates[1] - rates[0] < std::log(0.95);
}

bool one_then_the_other(Trial trial) {
  const std::vector<double> rates = fresh_runs(ten_then_ten(), 6, trial);
  const std::span<const double> all(rates);
  return u_test(all.first(10), all.last(10)) <= 0.05;
}

bool runs_in_turns(Trial trial) {
  std::vector<bool> order;
  for (int i = 0; i < 10; ++i) {
    const bool b_first = trial.prng.below(2) == 0;
    order.push_back(b_first);
    order.push_back(!b_first);
  }
  const std::vector<double> rates = fresh_runs(order, 6, trial);
  std::vector<double> worse;
  for (std::size_t i = 0; i < rates.size(); i += 2)
    worse.push_back((rates[i + 1] - rates[i]) * (order[i] ? 1 : -1));
  double mean = 0;
  for (const double score : worse) mean += score / static_cast<double>(worse.size());
  return TypicalValues::of_scores(worse, 1).p_above(0) <= kAlpha && mean >= kLeast;
}

bool slices_of_250_ms(Trial trial) {
  return alarm(measure({.pairs = 24, .slice_s = 0.25}, trial));
}

bool slices_of_100_ms(Trial trial) {
  return alarm(measure({}, trial));
}

bool fixed_order(Trial trial) {
  return alarm(measure({.random_order = false}, trial));
}

/// As if they were independent: so many of them that the normal distribution stands in for the sign flips.
bool pairs_as_units(Trial trial) {
  const AbRecord record = measure({}, trial);
  double sum = 0;
  double squares = 0;
  double count = 0;
  for (const AbRound& round : record.rounds) {
    for (std::size_t i = 0; i < round.slices.size(); i += 2) {
      const double second_slower = std::log(*round.slices[i].values[0] / *round.slices[i + 1].values[0]);
      const double worse = round.slices[i].side == AbSide::a ? second_slower : -second_slower;
      sum += worse;
      squares += worse * worse;
      ++count;
    }
  }
  const double mean = sum / count;
  return mean / std::sqrt((squares / count - mean * mean) / count) >= kNormal99;
}

bool batches_at_2_percent(Trial trial) {
  return batches(trial, 0.02, 1e9);
}

bool batches_at_10_percent(Trial trial) {
  return batches(trial, kLeastBetweenSets, 1e9);
}

bool batches_as_compared(Trial trial) {
  return batches(trial, kLeastBetweenSets, kMostScatter);
}

AbJudgement with_looks(Trial trial) {
  AbRecord record = measure({.rounds = 16}, trial);
  record.rules.looks = AbRules{}.looks;
  return judge(record);
}

}  // namespace ringstorm::statistics
