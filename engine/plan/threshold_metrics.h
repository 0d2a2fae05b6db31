// The table of what a threshold can be set on: the name of each metric, its unit and its meaning. Parsing,
// suggestions, evaluation and the reference all follow it; a new metric is a new row and a figure to go with
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ringstorm {

enum class Metric : std::uint8_t {
  latency,
  service,
  send_lag,
  receive_queueing,
  network_and_server,
  connect,
  upgrade,
  first_message,
  close,
  delivery,
  last_receiver,
  errors_ratio,
  shed_ratio,
  censored_ratio,
  connections_failed_ratio,
  connections_lost_ratio,
  deliveries_lost_ratio,
  throughput_sent,
  throughput_received,
  throughput_answered,
  errors_count,
  messages_planned,
  messages_sent,
  messages_answered,
  messages_received,
  messages_failed,
  messages_shed,
  messages_censored,
  connections_opened,
  connections_failed,
  connections_lost,
  deliveries_expected,
  deliveries_received,
  deliveries_lost,
  deliveries_duplicated,
  deliveries_out_of_order,
  messages_per_cpu_second,
  count_,
};

/// What a metric is measured in, and so how its limit is written.
enum class MetricUnit : std::uint8_t {
  duration,  ///< a distribution: a statistic follows the name ("latency.p99"); nanoseconds
  ratio,     ///< 0 to 1
  rate,      ///< per second
  count,     ///< a whole number
};

struct MetricRow {
  Metric metric;
  std::string_view name;  ///< "latency", "errors.ratio"
  MetricUnit unit;
  std::string_view meaning;  ///< for the reference; the ratios' definitions
};

/// In the order of the enum.
std::span<const MetricRow> threshold_metrics();
const MetricRow& metric_row(Metric metric);

/// What a right limit looks like: "a duration with its unit, such as 5ms".
std::string_view expected_limit(MetricUnit unit);
/// The unit's name in a result: "ns", "ratio", "per_s", "count".
std::string_view to_string(MetricUnit unit);

/// Which figure of a distribution.
struct Statistic {
  enum class Kind : std::uint8_t { quantile, min, mean, max };
  Kind kind = Kind::quantile;
  std::uint32_t millionths = 0;  ///< of a quantile: 990,000 is p99, and 1 to 999,999 are right
  double quantile() const { return static_cast<double>(millionths) / 1e6; }
  friend bool operator==(const Statistic&, const Statistic&) = default;
};

/// "min", "mean", "max", or "p" and a percentage above 0 and below 100 with up to 4 decimals: "p50", "p99.9",
/// "p99.9999". Nothing when it is none of these.
std::optional<Statistic> parse_statistic(std::string_view text);
/// "p99.9"; without needless zeros.
std::string to_string(Statistic statistic);

/// The rows of the table as Markdown: what the reference of a scenario shows.
std::string metric_reference();

}  // namespace ringstorm
