#include "report/thresholds.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/units.h"
#include "report/figure_text.h"
#include "stats/estimate.h"

namespace ringstorm {
namespace {

using Outcome = ThresholdResult::Outcome;

/// What is known of a metric, or why nothing is.
struct Figure {
  std::optional<double> value;
  bool at_least = false;
  std::optional<double> at_most;
  std::optional<double> low;
  std::optional<double> high;
  std::string why_none;
};

Figure none_because(std::string why) {
  Figure figure;
  figure.why_none = std::move(why);
  return figure;
}

Figure not_measured() {
  return none_because("not measured");
}

std::optional<double> in_ns(std::optional<Duration> duration) {
  if (!duration) return std::nullopt;
  return static_cast<double>(duration->count());
}

Figure figure_of(const Estimate& estimate, const DurationInterval& interval) {
  return {in_ns(estimate.value), estimate.at_least,    in_ns(estimate.at_most),
          in_ns(interval.low),   in_ns(interval.high), {}};
}

Figure quantile_figure(const Histogram& recorded, const Histogram& censored, double q) {
  const std::uint64_t samples = recorded.count() + censored.count();
  if (const auto estimate = estimate_quantile(recorded, censored, q))
    return figure_of(*estimate, quantile_interval(recorded, censored, q));
  return none_because(fmt::format("not enough samples: {} of {}", format_count(samples),
                                  format_count(Histogram::sample_floor(q))));
}

Figure statistic_figure(const Histogram& recorded, const Histogram& censored, Statistic statistic) {
  if (recorded.count() + censored.count() == 0) return none_because("no samples");
  switch (statistic.kind) {
    case Statistic::Kind::quantile: return quantile_figure(recorded, censored, statistic.quantile());
    case Statistic::Kind::min: return figure_of(*estimate_min(recorded, censored), {});
    case Statistic::Kind::mean:
      return figure_of(*estimate_mean(recorded, censored), mean_interval(recorded, censored));
    case Statistic::Kind::max: return figure_of(*estimate_max(recorded, censored), {});
  }
  return not_measured();
}

Figure duration_figure(const Threshold& threshold, const ThresholdInputs& inputs) {
  for (const MeasuredDurations& measured : inputs.durations) {
    if (measured.metric != threshold.metric || measured.recorded == nullptr) continue;
    if (measured.censored != nullptr)
      return statistic_figure(*measured.recorded, *measured.censored, threshold.statistic);
    return statistic_figure(*measured.recorded, Histogram{}, threshold.statistic);
  }
  return not_measured();
}

/// Nothing when one of them is.
std::optional<std::uint64_t> sum_of(std::initializer_list<std::optional<std::uint64_t>> counts) {
  std::uint64_t sum = 0;
  for (const std::optional<std::uint64_t>& count : counts) {
    if (!count) return std::nullopt;
    sum += *count;
  }
  return sum;
}

std::optional<std::uint64_t> errors_of(const MeasuredCounts& c) {
  return sum_of({c.connections_failed, c.connections_lost, c.messages_failed});
}

struct Share {
  std::optional<std::uint64_t> count;
  std::optional<std::uint64_t> of;
};

Share share_of(Metric metric, const MeasuredCounts& c) {
  switch (metric) {
    case Metric::errors_ratio:
      return {errors_of(c), sum_of({c.messages_sent, c.connections_opened, c.connections_failed})};
    case Metric::shed_ratio: return {c.messages_shed, c.messages_planned};
    case Metric::censored_ratio:
      return {c.messages_censored, sum_of({c.messages_recorded, c.messages_censored})};
    case Metric::connections_failed_ratio:
      return {c.connections_failed, sum_of({c.connections_opened, c.connections_failed})};
    case Metric::connections_lost_ratio: return {c.connections_lost, c.connections_opened};
    case Metric::deliveries_lost_ratio: return {c.deliveries_lost, c.deliveries_expected};
    default: return {};
  }
}

Figure ratio_figure(Metric metric, const MeasuredCounts& counts) {
  const Share share = share_of(metric, counts);
  if (!share.count || !share.of) return not_measured();
  if (*share.of == 0) return none_because("no samples");
  // A sum that does not close is the verdict's to judge; here it only must not become a figure.
  if (*share.count > *share.of) return none_because("its counts do not add up");
  const double ratio = static_cast<double>(*share.count) / static_cast<double>(*share.of);
  const auto interval = ratio_interval(*share.count, *share.of);
  return {ratio, false, ratio, interval->low, interval->high, {}};
}

std::optional<std::uint64_t> count_of(Metric metric, const MeasuredCounts& c) {
  switch (metric) {
    case Metric::errors_count: return errors_of(c);
    case Metric::messages_planned: return c.messages_planned;
    case Metric::messages_sent: return c.messages_sent;
    case Metric::messages_answered: return c.messages_answered;
    case Metric::messages_received: return c.messages_received;
    case Metric::messages_failed: return c.messages_failed;
    case Metric::messages_shed: return c.messages_shed;
    case Metric::messages_censored: return c.messages_censored;
    case Metric::connections_opened: return c.connections_opened;
    case Metric::connections_failed: return c.connections_failed;
    case Metric::connections_lost: return c.connections_lost;
    case Metric::deliveries_expected: return c.deliveries_expected;
    case Metric::deliveries_received: return c.deliveries_received;
    case Metric::deliveries_lost: return c.deliveries_lost;
    case Metric::deliveries_duplicated: return c.deliveries_duplicated;
    case Metric::deliveries_out_of_order: return c.deliveries_out_of_order;
    default: return std::nullopt;
  }
}

/// Counted or computed from whole counts: there is nothing to be unsure of.
Figure exact(double value) {
  return {value, false, value, std::nullopt, std::nullopt, {}};
}

Figure count_figure(Metric metric, const ThresholdInputs& inputs) {
  if (metric == Metric::messages_per_cpu_second)
    return inputs.messages_per_cpu_second ? exact(*inputs.messages_per_cpu_second) : not_measured();
  const auto count = count_of(metric, inputs.counts);
  return count ? exact(static_cast<double>(*count)) : not_measured();
}

Figure rate_figure(Metric metric, const ThresholdInputs& inputs) {
  const MeasuredRate& rate = metric == Metric::throughput_sent       ? inputs.sent
                             : metric == Metric::throughput_received ? inputs.received
                                                                     : inputs.answered;
  if (rate.window <= Duration{0}) return not_measured();
  Figure figure = exact(static_cast<double>(rate.count) / to_seconds(rate.window));
  if (const auto interval = rate_interval(rate.rows)) {
    figure.low = interval->low;
    figure.high = interval->high;
  }
  return figure;
}

Figure measure(const Threshold& threshold, const ThresholdInputs& inputs) {
  switch (metric_row(threshold.metric).unit) {
    case MetricUnit::duration: return duration_figure(threshold, inputs);
    case MetricUnit::ratio: return ratio_figure(threshold.metric, inputs.counts);
    case MetricUnit::rate: return rate_figure(threshold.metric, inputs);
    case MetricUnit::count: return count_figure(threshold.metric, inputs);
  }
  return not_measured();
}

bool holds(Comparison comparison, double figure, double limit) {
  switch (comparison) {
    case Comparison::below: return figure < limit;
    case Comparison::at_most: return figure <= limit;
    case Comparison::above: return figure > limit;
    case Comparison::at_least: return figure >= limit;
  }
  return false;
}

Outcome decide(const Threshold& threshold, const Figure& figure) {
  if (!figure.value) return Outcome::unknown;
  const double most = figure.at_most.value_or(std::numeric_limits<double>::infinity());
  const bool at_its_least = holds(threshold.comparison, *figure.value, threshold.limit);
  const bool at_its_most = holds(threshold.comparison, most, threshold.limit);
  if (at_its_least != at_its_most) return Outcome::unknown;
  return at_its_least ? Outcome::held : Outcome::failed;
}

std::string text_of(MetricUnit unit, const Figure& figure) {
  if (!figure.value) return figure.why_none;
  if (figure.at_least && !figure.at_most) return "> " + figure_text(unit, *figure.value);
  if (figure.at_least) return range_text(unit, *figure.value, *figure.at_most);
  return figure_text(unit, *figure.value) + confidence_text(unit, figure.low, figure.high);
}

ThresholdResult result_of(const Threshold& threshold, const Figure& figure) {
  return {threshold,      decide(threshold, figure),
          figure.value,   figure.at_least,
          figure.at_most, figure.low,
          figure.high,    text_of(metric_row(threshold.metric).unit, figure)};
}

}  // namespace

ThresholdResult evaluate(const Threshold& threshold, const ThresholdInputs& inputs) {
  return result_of(threshold, measure(threshold, inputs));
}

std::vector<ThresholdResult> evaluate(std::span<const Threshold> thresholds,
                                      std::span<const ThresholdInputs> stages) {
  std::vector<ThresholdResult> results;
  for (const Threshold& threshold : thresholds) {
    const auto inputs = std::ranges::find(stages, threshold.stage, &ThresholdInputs::stage);
    results.push_back(inputs == stages.end() ? result_of(threshold, not_measured())
                                             : evaluate(threshold, *inputs));
  }
  return results;
}

bool calls_for_abort(const ThresholdResult& result, Duration measured) {
  return result.outcome == Outcome::failed && result.threshold.abort_after &&
         measured >= *result.threshold.abort_after;
}

ThresholdTally tally(std::span<const ThresholdResult> results) {
  ThresholdTally tally;
  for (const ThresholdResult& result : results) {
    tally.held += result.outcome == Outcome::held ? 1 : 0;
    tally.failed += result.outcome == Outcome::failed ? 1 : 0;
    tally.unknown += result.outcome == Outcome::unknown ? 1 : 0;
  }
  return tally;
}

std::string_view to_string(ThresholdResult::Outcome outcome) {
  switch (outcome) {
    case Outcome::held: return "held";
    case Outcome::failed: return "failed";
    case Outcome::unknown: return "unknown";
  }
  return "";
}

}  // namespace ringstorm
