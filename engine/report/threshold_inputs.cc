#include "report/threshold_inputs.h"

#include <algorithm>
#include <array>

namespace ringstorm {
namespace {

using Durations = std::vector<MeasuredDurations>;
using Rows = std::vector<RateRow>;

Durations durations_of(const Measurements& m) {
  return {{Metric::latency, &m.latency, &m.censored},
          {Metric::service, &m.service},
          {Metric::send_lag, &m.send_lag},
          {Metric::receive_queueing, &m.receive_queueing},
          {Metric::network_and_server, &m.network_and_server},
          {Metric::connect, &m.connect},
          {Metric::upgrade, &m.upgrade},
          {Metric::first_message, &m.first_message},
          {Metric::close, &m.close},
          {Metric::delivery, &m.delivery},
          {Metric::last_receiver, &m.last_receiver}};
}

Durations durations_of(const StageMeasurements& stage) {
  return {{Metric::latency, &stage.latency, &stage.censored},
          {Metric::service, &stage.service},
          {Metric::send_lag, &stage.send_lag}};
}

MeasuredCounts messages_and_connections_of(const Measurements& m) {
  const Counters& c = m.counters;
  return {.messages_planned = c.messages_planned,
          .messages_sent = c.messages_sent,
          .messages_answered = c.messages_answered,
          .messages_received = c.messages_received,
          .messages_failed = c.messages_failed,
          .messages_shed = c.messages_shed,
          .messages_censored = m.censored.count(),
          .messages_recorded = c.messages_recorded,
          .connections_opened = c.connections_opened,
          .connections_failed = c.connections_failed,
          .connections_lost = c.connections_lost};
}

MeasuredCounts counts_of(const Measurements& m) {
  MeasuredCounts counts = messages_and_connections_of(m);
  if (m.deliveries.expected == 0) return counts;
  counts.deliveries_expected = m.deliveries.expected;
  counts.deliveries_received = m.deliveries.received;
  counts.deliveries_lost = m.deliveries.lost;
  counts.deliveries_duplicated = m.deliveries.duplicated;
  counts.deliveries_out_of_order = m.deliveries.out_of_order;
  return counts;
}

MeasuredCounts counts_of(const StageMeasurements& stage) {
  return {.messages_planned = stage.planned,
          .messages_sent = stage.sent,
          .messages_answered = stage.answered,
          .messages_failed = stage.failed,
          .messages_shed = stage.shed,
          .messages_censored = stage.censored.count(),
          .messages_recorded = stage.latency.count()};
}

/// The rows that lie wholly inside the window.
template <class Count>
Rows rows_of(const MeasuredRun& run, Count count) {
  Rows rows;
  for (const IntervalRow& row : run.intervals) {
    const bool inside =
        row.start >= run.window_start && row.start + row.length <= run.window_start + run.window;
    if (inside) rows.push_back({row.length, count(row)});
  }
  return rows;
}

/// Owns what the inputs point at.
class Inputs {
 public:
  explicit Inputs(const MeasuredRun& run)
      : sent_rows_(rows_of(run, [](const IntervalRow& row) { return row.messages_sent; })),
        received_rows_(rows_of(run, [](const IntervalRow& row) { return row.messages_received; })),
        answered_rows_(rows_of(run, [](const IntervalRow& row) { return row.messages_answered; })) {
    const Measurements& m = run.measurements;
    durations_.reserve(1 + m.stages.size());
    durations_.push_back(durations_of(m));
    inputs_.push_back({.stage = {},
                       .durations = durations_.back(),
                       .counts = counts_of(m),
                       .sent = {m.counters.window_sent, run.window, sent_rows_},
                       .received = {m.counters.window_received, run.window, received_rows_},
                       .answered = {m.counters.window_answered, run.window, answered_rows_},
                       .messages_per_cpu_second = run.messages_per_cpu_second});
    for (std::size_t i = 0; i < m.stages.size(); ++i) add_stage(run.plan.load.stages[i], m.stages[i]);
  }

  std::span<const ThresholdInputs> all() const { return inputs_; }

 private:
  void add_stage(const StageSpan& span, const StageMeasurements& stage) {
    durations_.push_back(durations_of(stage));
    inputs_.push_back({.stage = span.name,
                       .durations = durations_.back(),
                       .counts = counts_of(stage),
                       .sent = {stage.sent, span.end - span.begin, {}},
                       .received = {},
                       .answered = {stage.answered, span.end - span.begin, {}},
                       .messages_per_cpu_second = std::nullopt});
  }

  Rows sent_rows_;
  Rows received_rows_;
  Rows answered_rows_;
  std::vector<Durations> durations_;
  std::vector<ThresholdInputs> inputs_;
};

/// For how long the threshold's part of the run has been measured.
Duration measured_for(const Threshold& threshold, const MeasuredRun& run) {
  for (const StageSpan& span : run.plan.load.stages) {
    if (span.name != threshold.stage) continue;
    return run.window + run.plan.scenario.warmup - span.begin;
  }
  return run.window;
}

}  // namespace

std::vector<ThresholdResult> evaluate_thresholds(const MeasuredRun& run) {
  const std::vector<Threshold>& thresholds = run.plan.scenario.thresholds;
  if (thresholds.empty()) return {};
  return evaluate(thresholds, Inputs(run).all());
}

std::optional<ThresholdResult> threshold_to_abort_on(const MeasuredRun& run) {
  const bool any = std::ranges::any_of(run.plan.scenario.thresholds,
                                       [](const Threshold& t) { return t.abort_after.has_value(); });
  if (!any) return std::nullopt;
  for (ThresholdResult& result : evaluate_thresholds(run)) {
    if (calls_for_abort(result, measured_for(result.threshold, run))) return std::move(result);
  }
  return std::nullopt;
}

}  // namespace ringstorm
