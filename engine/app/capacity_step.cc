#include "app/capacity_step.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/figure_text.h"

namespace ringstorm {
namespace {

constexpr double kLeastAchieved = 0.99;
constexpr double kLeastOpened = 0.95;
// From the last connect of an opening until the window, for handshakes that are still under way.
constexpr Duration kSettled = milliseconds(200);

Rate rate_of(double load) {
  if (load == std::floor(load)) return {static_cast<std::uint64_t>(load), seconds(1)};
  return {static_cast<std::uint64_t>(std::llround(load * 1000)), seconds(1000)};
}

Duration opening_of(const Scenario& scenario) {
  const double takes_s = static_cast<double>(scenario.connections) / scenario.open_rate.per_second();
  return Duration{std::llround(takes_s * 1e9)};
}

void apply(Scenario& scenario, SearchedLoad searched, double load) {
  switch (searched) {
    case SearchedLoad::rate:
      scenario.rate = RateForm{.from = rate_of(load)};
      scenario.in_flight = Scenario{}.in_flight;
      if (scenario.senders == Senders::each) scenario.senders = Senders::round_robin;
      return;
    case SearchedLoad::connections:
      scenario.connections = static_cast<std::uint64_t>(std::llround(load));
      return;
    case SearchedLoad::open_rate: scenario.open_rate = rate_of(load); return;
  }
}

double opened_per_second(const Report& report) {
  const auto handshake = [](const Histogram& h) {
    return h.mean() ? static_cast<double>(h.mean()->count()) : 0.0;
  };
  const Measurements& m = report.measurements;
  const double took_ns =
      static_cast<double>(report.opening.count()) - handshake(m.connect) - handshake(m.upgrade);
  return static_cast<double>(m.counters.connections_opened) / (std::max(took_ns, 1.0) / 1e9);
}

double achieved_in(const Report& report, SearchedLoad searched) {
  const Counters& counters = report.measurements.counters;
  switch (searched) {
    case SearchedLoad::rate:
      return per_second(report,
                        report.plan.expects_replies ? counters.window_answered : counters.window_sent);
    case SearchedLoad::connections: return static_cast<double>(counters.connections_opened);
    case SearchedLoad::open_rate: return opened_per_second(report);
  }
  return 0;
}

bool fell_short(const CapacityRecord& record, SearchedLoad searched) {
  const double least = searched == SearchedLoad::open_rate ? kLeastOpened : kLeastAchieved;
  return record.achieved < record.step.load * least;
}

StepOutcome outcome_of(const Report& report, bool short_of_load) {
  if (report.verdict.generator_limited) return StepOutcome::generator_limited;
  const bool cut_short = report.interrupted || report.lagged;
  const bool spoiled = report.verdict.exit_code == Verdict::not_valid;
  if (cut_short || spoiled) return StepOutcome::invalid;
  if (report.verdict.exit_code == Verdict::target_failed) return StepOutcome::missed;
  const ThresholdTally found = tally(report.thresholds);
  if (found.failed > 0 || short_of_load) return StepOutcome::missed;
  return found.unknown > 0 || !report.verdict.valid() ? StepOutcome::invalid : StepOutcome::met;
}

bool is_of_messages(Metric metric) {
  return metric == Metric::latency || metric == Metric::service || metric == Metric::send_lag;
}

}  // namespace

std::string_view unit_of(SearchedLoad searched) {
  constexpr std::array<std::string_view, 3> kUnits{"/s", " connections", " connections/s"};
  return kUnits[static_cast<std::size_t>(searched)];
}

double highest_quantile(const std::vector<Threshold>& slo) {
  double highest = 0;
  for (const Threshold& threshold : slo) {
    if (!is_of_messages(threshold.metric) || threshold.statistic.kind != Statistic::Kind::quantile) continue;
    highest = std::max(highest, threshold.statistic.quantile());
  }
  return highest;
}

Scenario scenario_at(const Scenario& base, SearchedLoad searched, double load, Duration at_least) {
  Scenario scenario = base;
  scenario.stages.clear();
  scenario.messages.reset();
  apply(scenario, searched, load);
  const Duration opening = opening_of(scenario) + kSettled;
  scenario.duration = std::max(at_least, opening);
  if (searched != SearchedLoad::open_rate) scenario.warmup = std::max(scenario.warmup, opening);
  return scenario;
}

CapacityRecord record_of(const CapacityStep& step, SearchedLoad searched, const Report& report) {
  const Measurements& m = report.measurements;
  CapacityRecord record;
  record.step = step;
  record.achieved = achieved_in(report, searched);
  record.p50 = estimate_quantile(m.latency, m.censored, 0.5);
  record.p99 = estimate_quantile(m.latency, m.censored, 0.99);
  record.send_lag_p99 = m.send_lag.trusted_quantile(0.99);
  record.slo = report.thresholds;
  record.window = report.window;
  record.reasons = report.verdict.reasons;
  const bool is_short = fell_short(record, searched);
  record.outcome = outcome_of(report, is_short);
  if (is_short && record.outcome == StepOutcome::missed)
    record.reasons.push_back(fmt::format("{}{} were achieved of {}",
                                         figure_text(MetricUnit::count, record.achieved), unit_of(searched),
                                         figure_text(MetricUnit::count, step.load)));
  return record;
}

CapacityRecord impossible_step(const CapacityStep& step, const std::vector<Error>& errors) {
  CapacityRecord record;
  record.step = step;
  record.outcome = StepOutcome::generator_limited;
  for (const Error& error : errors) record.reasons.push_back(to_string(error));
  return record;
}

}  // namespace ringstorm
