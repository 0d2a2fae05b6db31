#include "plan/threshold_metrics.h"

#include <array>

#include <fmt/format.h>

#include "base/check.h"

namespace ringstorm {
namespace {

using Unit = MetricUnit;

constexpr std::array kRows{
    MetricRow{Metric::latency, "latency", Unit::duration, "from when a message was due until its reply"},
    MetricRow{Metric::service, "service", Unit::duration, "from sending a message until its reply"},
    MetricRow{
        Metric::send_lag, "send_lag", Unit::duration,
        "from when a message could go (due, room in flight) until it was sent: the generator's own delay"},
    MetricRow{
        Metric::receive_queueing, "receive_queueing", Unit::duration,
        "from a reply's arrival in the kernel until it was handled: the generator's own delay; probes only"},
    MetricRow{Metric::network_and_server, "network_and_server", Unit::duration,
              "from leaving the kernel until the reply's arrival in it; probes only"},
    MetricRow{Metric::connect, "connect", Unit::duration, "TCP connect: from asking until established"},
    MetricRow{Metric::upgrade, "upgrade", Unit::duration,
              "from sending the upgrade request until its answer was judged good"},
    MetricRow{Metric::first_message, "first_message", Unit::duration,
              "from sending a connection's first message until its reply"},
    MetricRow{Metric::close, "close", Unit::duration,
              "from sending our close frame until the peer's arrived"},
    MetricRow{Metric::delivery, "delivery", Unit::duration,
              "from when a stamped message was due until another connection that it was for had it"},
    MetricRow{Metric::last_receiver, "last_receiver", Unit::duration,
              "from when a published message was due until the last of its subscribers had it"},
    MetricRow{Metric::errors_ratio, "errors.ratio", Unit::ratio,
              "errors.count, of the messages sent and the connections tried"},
    MetricRow{Metric::shed_ratio, "shed.ratio", Unit::ratio, "messages shed, of the messages planned"},
    MetricRow{Metric::censored_ratio, "censored.ratio", Unit::ratio,
              "messages due or unanswered at the end, of those and the ones whose latency was recorded"},
    MetricRow{Metric::connections_failed_ratio, "connections.failed_ratio", Unit::ratio,
              "connections that never opened, of those tried"},
    MetricRow{Metric::connections_lost_ratio, "connections.lost_ratio", Unit::ratio,
              "connections that ended otherwise than by our close, of those opened"},
    MetricRow{Metric::deliveries_lost_ratio, "deliveries.lost_ratio", Unit::ratio,
              "deliveries to subscribers that never came, of those expected"},
    MetricRow{Metric::throughput_sent, "throughput.sent", Unit::rate,
              "messages sent per second of the measured window"},
    MetricRow{Metric::throughput_received, "throughput.received", Unit::rate,
              "messages received per second of the measured window, whether they answered something or not"},
    MetricRow{Metric::throughput_answered, "throughput.answered", Unit::rate,
              "messages answered per second of the measured window"},
    MetricRow{Metric::errors_count, "errors.count", Unit::count,
              "connections that never opened + connections lost + messages their connection took with it"},
    MetricRow{Metric::messages_planned, "messages.planned", Unit::count, "messages that fell due"},
    MetricRow{Metric::messages_sent, "messages.sent", Unit::count, "messages handed whole to the kernel"},
    MetricRow{Metric::messages_answered, "messages.answered", Unit::count, "messages matched by a reply"},
    MetricRow{Metric::messages_received, "messages.received", Unit::count, "complete messages received"},
    MetricRow{Metric::messages_failed, "messages.failed", Unit::count,
              "messages unanswered when their connection ended"},
    MetricRow{Metric::messages_shed, "messages.shed", Unit::count,
              "messages that found no room when they were due"},
    MetricRow{Metric::messages_censored, "messages.censored", Unit::count,
              "messages due or unanswered at the end"},
    MetricRow{Metric::connections_opened, "connections.opened", Unit::count,
              "connections that were upgraded"},
    MetricRow{Metric::connections_failed, "connections.failed", Unit::count, "connections that never opened"},
    MetricRow{Metric::connections_lost, "connections.lost", Unit::count,
              "connections that ended otherwise than by our close"},
    MetricRow{Metric::deliveries_expected, "deliveries.expected", Unit::count,
              "messages published, times the subscribers that were to get them"},
    MetricRow{Metric::deliveries_received, "deliveries.received", Unit::count,
              "of those expected, what came, each once"},
    MetricRow{Metric::deliveries_lost, "deliveries.lost", Unit::count, "of those expected, what never came"},
    MetricRow{Metric::deliveries_duplicated, "deliveries.duplicated", Unit::count,
              "deliveries of what the subscriber had already"},
    MetricRow{Metric::deliveries_out_of_order, "deliveries.out_of_order", Unit::count,
              "deliveries behind a later one of the same publisher"},
    MetricRow{Metric::messages_per_cpu_second, "generator.messages_per_cpu_second", Unit::count,
              "messages answered for each second of CPU time of the generator"},
};

constexpr bool in_order_of_the_enum() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].metric != static_cast<Metric>(i)) return false;
  }
  return true;
}
static_assert(kRows.size() == static_cast<std::size_t>(Metric::count_) && in_order_of_the_enum());

struct UnitRow {
  std::string_view name;
  std::string_view expected;
};
constexpr std::array kUnits{
    UnitRow{"ns", "a duration with its unit, such as 5ms"},
    UnitRow{"ratio", "a share from 0% to 100%, such as 0.1% or 0.001"},
    UnitRow{"per_s", "a rate, such as 50k/s"},
    UnitRow{"count", "a whole number, such as 50k"},
};

constexpr int kDecimals = 4;

/// "99.9" as 999,000 millionths; nothing when it is no decimal of up to two digits and kDecimals more.
std::optional<std::uint32_t> parse_percentile(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals =
      point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (whole.empty() || whole.size() > 2 || decimals.size() > kDecimals) return std::nullopt;
  if (point != std::string_view::npos && decimals.empty()) return std::nullopt;
  std::uint32_t millionths = 0;
  const auto take = [&](char c) {
    millionths = millionths * 10 + static_cast<std::uint32_t>(c - '0');
    return c >= '0' && c <= '9';
  };
  for (const char c : whole) {
    if (!take(c)) return std::nullopt;
  }
  for (std::size_t i = 0; i < kDecimals; ++i) {
    if (!take(i < decimals.size() ? decimals[i] : '0')) return std::nullopt;
  }
  return millionths;
}

}  // namespace

std::span<const MetricRow> threshold_metrics() {
  return kRows;
}

const MetricRow& metric_row(Metric metric) {
  RS_CHECK(metric < Metric::count_);
  return kRows[static_cast<std::size_t>(metric)];
}

std::string_view expected_limit(MetricUnit unit) {
  return kUnits[static_cast<std::size_t>(unit)].expected;
}

std::string_view to_string(MetricUnit unit) {
  return kUnits[static_cast<std::size_t>(unit)].name;
}

std::optional<Statistic> parse_statistic(std::string_view text) {
  if (text == "min") return Statistic{Statistic::Kind::min};
  if (text == "mean") return Statistic{Statistic::Kind::mean};
  if (text == "max") return Statistic{Statistic::Kind::max};
  if (!text.starts_with('p')) return std::nullopt;
  const auto millionths = parse_percentile(text.substr(1));
  if (!millionths || *millionths == 0) return std::nullopt;
  return Statistic{Statistic::Kind::quantile, *millionths};
}

std::string to_string(Statistic statistic) {
  switch (statistic.kind) {
    case Statistic::Kind::min: return "min";
    case Statistic::Kind::mean: return "mean";
    case Statistic::Kind::max: return "max";
    case Statistic::Kind::quantile: break;
  }
  std::string text = fmt::format("p{}.{:04}", statistic.millionths / 10'000, statistic.millionths % 10'000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string metric_reference() {
  std::string text = "| metric | limit | meaning |\n|---|---|---|\n";
  for (const MetricRow& row : kRows) {
    text += fmt::format("| `{}{}` | {} | {} |\n", row.name, row.unit == Unit::duration ? ".STATISTIC" : "",
                        expected_limit(row.unit), row.meaning);
  }
  return text;
}

}  // namespace ringstorm
