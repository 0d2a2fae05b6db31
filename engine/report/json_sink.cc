#include "report/json_sink.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/fan_out_table.h"
#include "report/histogram_json.h"
#include "report/session_table.h"
#include "report/sink.h"
#include "report/socket_report.h"
#include "report/threshold_table.h"
#include "stats/estimate.h"

namespace ringstorm {
namespace {

using Json = nlohmann::ordered_json;

/// Rates are not known to more than this, and short figures make short reports.
double to_thousandths(double value) {
  return std::round(value * 1000.0) / 1000.0;
}

Json ns_or_null(std::optional<Duration> duration) {
  return duration ? Json(duration->count()) : Json(nullptr);
}

struct NamedQuantile {
  const char* name;
  double q;
};
constexpr std::array kQuantiles{NamedQuantile{"p50_ns", 0.5},      NamedQuantile{"p75_ns", 0.75},
                                NamedQuantile{"p90_ns", 0.9},      NamedQuantile{"p95_ns", 0.95},
                                NamedQuantile{"p99_ns", 0.99},     NamedQuantile{"p99_9_ns", 0.999},
                                NamedQuantile{"p99_99_ns", 0.9999}};

/// Of messages whose latency is known, and of those that are known to have taken at least so long. The
/// figures that may be larger than they say are named in "at_least".
Json latency_json(const Histogram& h, const Histogram& censored) {
  Json at_least = Json::array();
  const auto figure = [&](const char* name, const std::optional<Estimate>& estimate) {
    if (estimate && estimate->at_least) at_least.push_back(name);
    return estimate ? Json(estimate->value.count()) : Json(nullptr);
  };
  Json json{{"count", h.count()}, {"overflow", h.overflow()}, {"censored", censored.count()}};
  json["min_ns"] = figure("min_ns", estimate_min(h, censored));
  json["mean_ns"] = figure("mean_ns", estimate_mean(h, censored));
  json["stddev_ns"] = ns_or_null(h.stddev());
  for (const NamedQuantile& quantile : kQuantiles)
    json[quantile.name] = figure(quantile.name, estimate_quantile(h, censored, quantile.q));
  json["max_ns"] = figure("max_ns", estimate_max(h, censored));
  json["at_least"] = at_least;
  return json;
}

Json verdict_json(const Verdict& verdict) {
  return {{"valid", verdict.valid()},
          {"exit_code", verdict.exit_code},
          {"generator_limited", verdict.generator_limited},
          {"reasons", verdict.reasons}};
}

Json destination_json(const Destination& destination) {
  return {{"source", to_string(destination.source)},
          {"found", destination.found},
          {"used", destination.used},
          {"redirects", destination.redirects},
          {"resolve_ns", ns_or_null(destination.resolving)}};
}

Json messages_json(const Report& report) {
  const Counters& c = report.measurements.counters;
  return {{"planned", c.messages_planned},
          {"shed", c.messages_shed},
          {"due", c.messages_due},
          {"overdue", c.messages_overdue},
          {"held", c.messages_held},
          {"sent", c.messages_sent},
          {"answered", c.messages_answered},
          {"failed", c.messages_failed},
          {"outstanding", report.outstanding},
          {"received", c.messages_received},
          {"recorded", c.messages_recorded},
          {"window_sent", c.window_sent},
          {"window_answered", c.window_answered},
          {"window_received", c.window_received}};
}

Json bytes_json(const Counters& c) {
  return {{"sent_payload", c.sent_payload_bytes},
          {"sent_wire", c.sent_wire_bytes},
          {"received_payload", c.received_payload_bytes},
          {"received_wire", c.received_wire_bytes}};
}

Json tally_json(const CompressionTally& tally) {
  const auto compressed = static_cast<double>(tally.compressed_bytes);
  const double ratio = tally.compressed_bytes > 0 ? static_cast<double>(tally.plain_bytes) / compressed : 0.0;
  return {{"messages", tally.messages},
          {"payload_bytes", tally.plain_bytes},
          {"compressed_bytes", tally.compressed_bytes},
          {"ratio", tally.compressed_bytes > 0 ? Json(to_thousandths(ratio)) : Json(nullptr)},
          {"work_s", to_seconds(tally.work.estimate())},
          {"calls", tally.work.calls},
          {"timed_calls", tally.work.timed}};
}

Json compression_json(const Report& report) {
  const Plan& plan = report.plan;
  if (!plan.upgrade.deflate) return nullptr;
  const CompressionCounts& counts = report.measurements.compression;
  Json agreed = Json::object();
  for (std::size_t i = 0; i < counts.agreements.size(); ++i) {
    if (counts.agreements[i] > 0) agreed[agreement_text(i)] = counts.agreements[i];
  }
  return {{"offered", to_string(*plan.upgrade.deflate)},
          {"agreed", agreed},
          {"declined", counts.declined},
          {"context", plan.scenario.keep_context ? "kept" : "fresh"},
          {"sent", tally_json(counts.sent)},
          {"received", tally_json(counts.received)}};
}

Json connections_json(const Report& report) {
  const Counters& c = report.measurements.counters;
  return {{"planned", report.plan.load.planned_connections},
          {"opened", c.connections_opened},
          {"failed", c.connections_failed},
          {"lost", c.connections_lost},
          {"closed", c.connections_closed},
          {"connects_retried", c.connects_retried},
          {"pings_answered", c.pings_answered},
          {"probe_messages", c.probe_messages},
          {"probe_samples", c.probe_samples}};
}

Json rates_json(const Report& report) {
  const Counters& c = report.measurements.counters;
  return {{"sent_per_s", to_thousandths(per_second(report, c.window_sent))},
          {"received_per_s", to_thousandths(per_second(report, c.window_received))}};
}

Json latencies_json(const Measurements& m) {
  Json json{{"intended", latency_json(m.latency, m.censored)},
            {"service", histogram_json(m.service)},
            {"send_lag", histogram_json(m.send_lag)}};
  if (m.network_and_server.count() == 0) return json;
  json["receive_queueing"] = histogram_json(m.receive_queueing);
  json["network_and_server"] = histogram_json(m.network_and_server);
  return json;
}

Json stages_json(const Report& report) {
  Json list = Json::array();
  const std::vector<StageSpan>& spans = report.plan.load.stages;
  for (std::size_t i = 0; i < std::min(spans.size(), report.measurements.stages.size()); ++i) {
    const StageMeasurements& stage = report.measurements.stages[i];
    list.push_back({{"name", spans[i].name},
                    {"begin_s", to_seconds(spans[i].begin)},
                    {"end_s", to_seconds(spans[i].end)},
                    {"planned", stage.planned},
                    {"sent", stage.sent},
                    {"shed", stage.shed},
                    {"answered", stage.answered},
                    {"failed", stage.failed},
                    {"latency",
                     {{"intended", latency_json(stage.latency, stage.censored)},
                      {"service", histogram_json(stage.service)},
                      {"send_lag", histogram_json(stage.send_lag)}}}});
  }
  return list;
}

Json phases_json(const Measurements& m) {
  Json json{{"connect", histogram_json(m.connect)}};
  if (m.proxy.count() > 0) json["proxy"] = histogram_json(m.proxy);
  if (m.tls.count() > 0) json["tls"] = histogram_json(m.tls);
  json["upgrade"] = histogram_json(m.upgrade);
  json["first_message"] = histogram_json(m.first_message);
  json["close"] = histogram_json(m.close);
  return json;
}

Json tls_json(const Report& report) {
  if (!report.plan.target.tls) return nullptr;
  const Counters& c = report.measurements.counters;
  return {{"verified", !report.plan.scenario.tls_insecure},
          {"handshakes_full", c.tls_full},
          {"handshakes_resumed", c.tls_resumed},
          {"renegotiations_refused", c.tls_renegotiations_refused},
          {"ended_without_close_notify", c.tls_unclosed_ends}};
}

Json errors_json(const std::vector<NamedFailure>& failures) {
  Json json = Json::object();
  for (const NamedFailure& failure : failures) json[failure.cause] = failure.count;
  return json;
}

Json samples_json(const std::vector<NamedFailure>& failures) {
  Json json = Json::object();
  for (const NamedFailure& failure : failures) {
    if (!failure.sample.empty()) json[failure.cause] = failure.sample;
  }
  return json;
}

Json ring_json(const Counters& c) {
  return {{"turns", c.ring_turns},
          {"completions", c.ring_completions},
          {"receive_rearms", c.receive_rearms},
          {"out_of_buffers", c.out_of_buffers},
          {"short_sends", c.short_sends},
          {"completion_overflows", c.completion_overflows}};
}

Json share_or_null(std::optional<double> share) {
  return share ? Json(std::round(*share * 1e6) / 1e6) : Json(nullptr);
}

Json load_json(const GeneratorLoad& load) {
  return {{"loop_busy", share_or_null(load.loop_busy)},
          {"run_delay", share_or_null(load.run_delay)},
          {"cpu_pressure", share_or_null(load.cpu_pressure)},
          {"steal", share_or_null(load.steal)}};
}

Json generator_json(const Report& report) {
  const std::optional<double> score = messages_per_cpu_second(report);
  return {{"cpu_user_s", to_seconds(report.usage.cpu_user)},
          {"cpu_system_s", to_seconds(report.usage.cpu_system)},
          {"messages_per_cpu_second", score ? Json(to_thousandths(*score)) : Json(nullptr)},
          {"max_rss_bytes", report.usage.max_rss_bytes},
          {"shards", report.plan.segments.size()},
          {"cores", report.usage.cores},
          {"load", load_json(report.usage.load)},
          {"ring", ring_json(report.measurements.counters)}};
}

Json intervals_json(const std::vector<IntervalRow>& rows) {
  Json list = Json::array();
  for (const IntervalRow& row : rows) {
    list.push_back({{"start_s", to_seconds(row.start)},
                    {"length_s", to_seconds(row.length)},
                    {"planned", row.messages_planned},
                    {"sent", row.messages_sent},
                    {"answered", row.messages_answered},
                    {"received", row.messages_received},
                    {"connections_up", row.connections_up},
                    {"errors", row.errors},
                    {"latency_p50_ns", ns_or_null(row.latency_p50)},
                    {"latency_p99_ns", ns_or_null(row.latency_p99)},
                    {"service_p50_ns", ns_or_null(row.service_p50)},
                    {"service_p99_ns", ns_or_null(row.service_p99)}});
  }
  return list;
}

Json environment_json(const Environment& e) {
  Json features = Json::object();
  for (const auto& [name, used] : e.ring_features) features[name] = used;
  return {{"kernel", e.kernel},
          {"cpu_model", e.cpu_model},
          {"cores", e.cores},
          {"clock_source", e.clock_source},
          {"governor", e.governor},
          {"liburing", e.liburing},
          {"ringstorm_version", e.version},
          {"ringstorm_commit", e.commit},
          {"ring_features", features},
          {"calibration", e.calibration ? to_json(*e.calibration) : Json(nullptr)}};
}

std::string utc(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace

Json seed_to_json(std::uint64_t seed) {
  if (seed < std::uint64_t{1} << 53) return seed;
  return std::to_string(seed);
}

Json histogram_json(const Histogram& h) {
  return {{"count", h.count()},
          {"overflow", h.overflow()},
          {"min_ns", ns_or_null(h.min())},
          {"mean_ns", ns_or_null(h.mean())},
          {"stddev_ns", ns_or_null(h.stddev())},
          {"p50_ns", ns_or_null(h.trusted_quantile(0.5))},
          {"p75_ns", ns_or_null(h.trusted_quantile(0.75))},
          {"p90_ns", ns_or_null(h.trusted_quantile(0.9))},
          {"p95_ns", ns_or_null(h.trusted_quantile(0.95))},
          {"p99_ns", ns_or_null(h.trusted_quantile(0.99))},
          {"p99_9_ns", ns_or_null(h.trusted_quantile(0.999))},
          {"p99_99_ns", ns_or_null(h.trusted_quantile(0.9999))},
          {"max_ns", ns_or_null(h.max())}};
}

Json to_json(const Report& report) {
  const std::vector<NamedFailure> failures = by_name(report.measurements.failures);
  Json json;
  json["schema"] = "ringstorm.report/1";
  json["scenario"] = report.plan.scenario.name;
  json["started_at"] = utc(report.started_at);
  json["duration_s"] = to_seconds(report.window);
  json["opening_s"] = to_seconds(report.opening);
  json["window_start_s"] = to_seconds(report.window_start);
  json["total_s"] = to_seconds(report.total);
  json["interrupted"] = report.interrupted;
  json["verdict"] = verdict_json(report.verdict);
  json["messages"] = messages_json(report);
  json["bytes"] = bytes_json(report.measurements.counters);
  json["compression"] = compression_json(report);
  json["connections"] = connections_json(report);
  json["rates"] = rates_json(report);
  json["latency"] = latencies_json(report.measurements);
  json["stages"] = stages_json(report);
  if (report.plan.plays_sessions()) json["sessions"] = sessions_json(report);
  if (report.plan.fan_out.any()) json["fan_out"] = fan_out_json(report);
  json["thresholds"] = threshold_rows(report.thresholds);
  json["aborted_by"] = report.aborted_by.empty() ? Json(nullptr) : Json(report.aborted_by);
  json["destination"] = destination_json(report.destination);
  json["sockets"] = socket_values_json(report.sockets);
  json["phases"] = phases_json(report.measurements);
  json["tls"] = tls_json(report);
  json["errors"] = errors_json(failures);
  json["error_samples"] = samples_json(failures);
  json["generator"] = generator_json(report);
  json["server"] =
      report.server_counts.empty() ? Json(nullptr) : Json::parse(report.server_counts, nullptr, false);
  json["intervals"] = intervals_json(report.intervals);
  json["plan"] = plan_to_json(report.plan);
  json["environment"] = environment_json(report.environment);
  json["seed"] = seed_to_json(report.plan.seed);
  return json;
}

// What a peer or a scenario wrote need not be UTF-8, which JSON is: such bytes become U+FFFD.
std::string json_report(const Report& report) {
  return to_json(report).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ringstorm
