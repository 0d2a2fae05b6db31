#include <algorithm>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/units.h"
#include "plan/scenario_fields.h"
#include "plan/socket_fields.h"
#include "report/destination_text.h"
#include "report/fan_out_table.h"
#include "report/printable.h"
#include "report/session_table.h"
#include "report/sink.h"
#include "report/socket_report.h"
#include "report/threshold_table.h"
#include "stats/estimate.h"

namespace ringstorm {
namespace {

constexpr std::size_t kErrorLines = 10;  // the rest is in report.json
constexpr const char* kTooFew = "not enough samples";

/// Lines with a label in a first column; a line without one continues the line above.
class Page {
 public:
  void line(std::string_view label, std::string_view text) {
    text_ += fmt::format("{:<13}{}\n", label, text);
  }
  void lines(std::string_view text) { text_ += text; }
  void gap() { text_ += '\n'; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string figure(std::optional<Duration> duration) {
  return duration ? format_duration(*duration) : "-";
}

/// A quantile below its sample floor, unlike a figure of no samples at all, could have been shown and is
/// withheld.
std::string quantile(const Histogram& h, double q) {
  const std::optional<Duration> value = h.trusted_quantile(q);
  return value ? format_duration(*value) : kTooFew;
}

std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", format_count(count), what, count == 1 ? "" : "s");
}

std::string of_rate(double per_s) {
  return format_count(static_cast<std::uint64_t>(per_s + 0.5)) + "/s";
}

std::string_view word_for(int exit_code) {
  switch (exit_code) {
    case Verdict::fine: return "fine";
    case Verdict::threshold_failed: return "a threshold failed";
    case Verdict::inconclusive: return "inconclusive";
    case Verdict::not_valid: return "not valid";
    case Verdict::target_failed: return "the target failed";
    default: return "unknown";
  }
}

void write_verdict(Page& page, const Verdict& verdict) {
  const bool limited = verdict.generator_limited && verdict.exit_code == Verdict::not_valid;
  const std::string outcome = fmt::format(
      "{} (exit {})", limited ? "generator_limited" : word_for(verdict.exit_code), verdict.exit_code);
  if (verdict.reasons.empty()) return page.line("verdict", outcome);
  page.line("verdict", outcome + ": " + printable(verdict.reasons.front(), 400));
  for (std::size_t i = 1; i < verdict.reasons.size(); ++i)
    page.line("", "also: " + printable(verdict.reasons[i], 400));
}

std::string what_is_sent(const Plan& plan) {
  if (plan.plays_sessions()) return counted(plan.script.sessions.size(), "session");
  return fmt::format("{}{} of {}", plan.text ? "up to " : "", format_bytes(plan.longest_payload()),
                     to_string(plan.scenario.payload_kind));
}

void write_run(Page& page, const Report& report) {
  const Scenario& s = report.plan.scenario;
  page.line("scenario", fmt::format("{} -> {}", printable(s.name, 60), printable(s.url, 200)));
  for (const std::string& hop : report.destination.redirects) page.line("redirected", printable(hop, 200));
  if (report.plan.proxy) page.line("proxy", printable(report.plan.proxy->shown(), 200));
  if (const std::string where = destination_text(report); !where.empty()) page.line("address", where);
  page.line("load", load_text(report.plan));
  page.line("", fmt::format("{}, waiting: {}", what_is_sent(report.plan), to_string(s.waiting)) +
                    (s.fixed_mask_key ? ", one fixed mask key for all frames" : ""));
  const std::string opening = format_duration(report.opening);
  const std::string how =
      report.window <= Duration{0}
          ? fmt::format("nothing measured: opening took {}", opening)
          : fmt::format("{} measured after {} of opening and {} warm-up", format_duration(report.window),
                        opening, s.warmup > Duration{0} ? format_duration(s.warmup) + " of" : "no");
  page.line("ran", fmt::format("{}; {} in all{}", how, format_duration(report.total),
                               report.interrupted ? ", interrupted" : ""));
}

std::string compressed_text(const CompressionTally& tally) {
  if (tally.messages == 0) return "nothing";
  const double ratio = static_cast<double>(tally.plain_bytes) / static_cast<double>(tally.compressed_bytes);
  return fmt::format("{} as {} ({:.2f} : 1)", format_bytes(tally.plain_bytes),
                     format_bytes(tally.compressed_bytes), ratio);
}

void write_compression(Page& page, const Report& report) {
  if (!report.plan.upgrade.deflate) return;
  const CompressionCounts& counts = report.measurements.compression;
  std::string_view label = "compression";
  for (std::size_t i = 0; i < counts.agreements.size(); ++i) {
    if (counts.agreements[i] == 0) continue;
    page.line(label, fmt::format("{} on {}", agreement_text(i), counted(counts.agreements[i], "connection")));
    label = "";
  }
  if (counts.declined > 0)
    page.line(std::exchange(label, ""),
              fmt::format("declined on {}", counted(counts.declined, "connection")));
  page.line(label, fmt::format("payload sent: {}; received: {}", compressed_text(counts.sent),
                               compressed_text(counts.received)));
  const bool once = counts.sent.messages > 0 && counts.sent.work.calls == 0;
  page.line("", fmt::format("compressing took {}, inflating {}",
                            once ? "nothing while running" : format_duration(counts.sent.work.estimate()),
                            format_duration(counts.received.work.estimate())));
}

void write_messages(Page& page, const Report& report) {
  const Counters& c = report.measurements.counters;
  if (report.plan.load.open_loop()) {
    page.line("planned", fmt::format("{} planned = {} sent + {} shed + {} due at the end",
                                     format_count(c.messages_planned), format_count(c.messages_sent),
                                     format_count(c.messages_shed), format_count(c.messages_due)));
    if (c.messages_held > 0)
      page.line("", fmt::format(
                        "{} of them had to wait for room: {} in flight on their connection, or a full socket",
                        format_count(c.messages_held), format_count(report.plan.in_flight())));
  }
  page.line("messages", fmt::format("{} sent = {} answered + {} failed + {} outstanding",
                                    format_count(c.messages_sent), format_count(c.messages_answered),
                                    format_count(c.messages_failed), format_count(report.outstanding)));
  page.line("", fmt::format("{} received, {} recorded in the measured window",
                            format_count(c.messages_received), format_count(c.messages_recorded)));
  page.line("rates", fmt::format("{} sent, {} received", of_rate(per_second(report, c.window_sent)),
                                 of_rate(per_second(report, c.window_received))));
  page.line("bytes",
            fmt::format("{} sent ({} of payload), {} received ({} of payload)",
                        format_bytes(c.sent_wire_bytes), format_bytes(c.sent_payload_bytes),
                        format_bytes(c.received_wire_bytes), format_bytes(c.received_payload_bytes)));
  write_compression(page, report);
}

/// "> X" where X is all that is known, because messages were still unanswered at the end.
std::string estimated(const std::optional<Estimate>& estimate, const char* otherwise) {
  if (!estimate) return otherwise;
  return (estimate->at_least ? "> " : "") + format_duration(estimate->value);
}

void write_latency(Page& page, const Report& report) {
  const Histogram& h = report.measurements.latency;
  const Histogram& censored = report.measurements.censored;
  const bool open_loop = report.plan.load.open_loop();
  page.line("latency", fmt::format("from when a message {} until its reply; {} samples",
                                   open_loop ? "was due" : "could be sent", format_count(h.count())));
  if (censored.count() > 0)
    page.line("", fmt::format("and {} that were unanswered at the end, each counted as at least so long",
                              format_count(censored.count())));
  if (h.count() + censored.count() == 0) return;
  const auto at = [&](double q) { return estimated(estimate_quantile(h, censored, q), kTooFew); };
  const auto row = [&](std::string_view name, const std::string& value, std::string_view name_2, double q_2,
                       std::string_view name_3, const std::string& value_3) {
    page.line("", fmt::format("{:<7}{:>10}   {:<4}{:>18}   {:<8}{:>18}", name, value, name_2, at(q_2), name_3,
                              value_3));
  };
  row("min", estimated(estimate_min(h, censored), "-"), "p50", 0.5, "p99", at(0.99));
  row("mean", estimated(estimate_mean(h, censored), "-"), "p75", 0.75, "p99.9", at(0.999));
  row("stddev", figure(h.stddev()), "p90", 0.9, "p99.99", at(0.9999));
  row("", "", "p95", 0.95, "max", estimated(estimate_max(h, censored), "-"));
  if (h.overflow() > 0) {
    page.line("", fmt::format("{} of them longer than {}", format_count(h.overflow()),
                              format_duration(Duration{Histogram::kHighestTrackable})));
  }
}

void write_part(Page& page, std::string_view name, const Histogram& h, std::string_view what) {
  const bool any = h.count() > 0;
  page.line(fmt::format("  {}", name),
            fmt::format("{:>11}{:>20}{:>20}{:>11}   {}", any ? figure(h.mean()) : "-",
                        any ? quantile(h, 0.5) : "-", any ? quantile(h, 0.99) : "-", figure(h.max()), what));
}

/// Why the probes have nothing to say.
std::string why_no_stamps(const Report& report) {
  for (const auto& [name, present] : report.environment.ring_features) {
    if (!present && name.find("timestamps") != std::string::npos)
      return fmt::format("kernel timestamps: unavailable, this kernel lacks {}", name);
  }
  return fmt::format("kernel timestamps: none could be used of {} messages on probes",
                     format_count(report.measurements.counters.probe_messages));
}

// What the latency is made of.
void write_parts(Page& page, const Report& report) {
  const Measurements& m = report.measurements;
  page.line("of it", fmt::format("{:>11}{:>20}{:>20}{:>11}", "mean", "p50", "p99", "max"));
  write_part(page, "service", m.service, "from sending until the reply");
  if (report.plan.scenario.probes > 0 && m.counters.probe_samples == 0) page.line("", why_no_stamps(report));
  if (m.network_and_server.count() > 0) {
    write_part(page, "network+srv", m.network_and_server, "of it, between the kernel's own stamps");
    write_part(page, "receiving", m.receive_queueing, "of it, the generator's delay after the kernel had it");
  }
  write_part(page, "send lag", m.send_lag, "the generator's own delay before sending");
}

void write_stages(Page& page, const Report& report) {
  const std::vector<StageSpan>& spans = report.plan.load.stages;
  if (spans.empty()) return;
  page.line("stages", fmt::format("{:>10}{:>12}{:>12}{:>10}{:>20}{:>20}", "seconds", "planned", "sent",
                                  "shed", "p50", "p99"));
  for (std::size_t i = 0; i < std::min(spans.size(), report.measurements.stages.size()); ++i) {
    const StageMeasurements& stage = report.measurements.stages[i];
    const auto at = [&](double q) {
      return estimated(estimate_quantile(stage.latency, stage.censored, q), kTooFew);
    };
    page.line(fmt::format("  {}", printable(spans[i].name, 40)),
              fmt::format("{:>10.4g}{:>12}{:>12}{:>10}{:>20}{:>20}",
                          to_seconds(spans[i].end - spans[i].begin), format_count(stage.planned),
                          format_count(stage.sent), format_count(stage.shed), at(0.5), at(0.99)));
  }
  page.gap();
}

void write_thresholds(Page& page, const Report& report) {
  if (report.thresholds.empty()) return;
  page.lines(threshold_table(report.thresholds));
  if (!report.aborted_by.empty())
    page.line("", fmt::format("{} ended the run before its time", printable(report.aborted_by, 200)));
  page.gap();
}

void write_phase(Page& page, std::string_view name, const Histogram& h) {
  const bool any = h.count() > 0;
  page.line(fmt::format("  {}", name),
            fmt::format("{:>11}{:>20}{:>20}{:>11}", format_count(h.count()), any ? quantile(h, 0.5) : "-",
                        any ? quantile(h, 0.99) : "-", figure(h.max())));
}

void write_phases(Page& page, const Report& report) {
  const Measurements& m = report.measurements;
  page.line("phases", fmt::format("{:>11}{:>20}{:>20}{:>11}", "count", "p50", "p99", "max"));
  if (report.destination.resolving) {
    Histogram once;
    once.record(*report.destination.resolving);
    write_phase(page, "resolve", once);
  }
  write_phase(page, "connect", m.connect);
  if (m.proxy.count() > 0) write_phase(page, "proxy", m.proxy);
  if (m.tls.count() > 0) write_phase(page, "tls", m.tls);
  write_phase(page, "upgrade", m.upgrade);
  write_phase(page, "1st message", m.first_message);
  write_phase(page, "close", m.close);
}

void write_connections(Page& page, const Report& report) {
  const Counters& c = report.measurements.counters;
  page.line("connections", fmt::format("{} planned: {} opened, {} failed; of the opened {} closed, {} lost",
                                       format_count(report.plan.load.planned_connections),
                                       format_count(c.connections_opened), format_count(c.connections_failed),
                                       format_count(c.connections_closed), format_count(c.connections_lost)));
  if (c.connects_retried > 0)
    page.line("",
              fmt::format("{} took a second or longer to connect: a SYN was lost or dropped, and sent again",
                          format_count(c.connects_retried)));
}

// What the kernel made of the options that were asked for; left out when none was.
void write_sockets(Page& page, const Report& report) {
  const std::string asked = socket_text(report.plan.scenario);
  if (asked.empty()) return;
  page.line("sockets", printable(asked, 200));
  page.line("", "as one was set: " + socket_values_text(report.sockets));
}

// An unverified server is said first of it: whoever reads the figures should know that anybody may have
// answered.
void write_tls(Page& page, const Report& report) {
  if (!report.plan.target.tls) return;
  const Counters& c = report.measurements.counters;
  if (report.plan.scenario.tls_insecure)
    page.line("tls", "INSECURE: no certificate was verified, so anybody may have answered");
  std::string text =
      fmt::format("{} full and {} resumed handshakes", format_count(c.tls_full), format_count(c.tls_resumed));
  if (c.tls_renegotiations_refused > 0)
    text += fmt::format(", {} renegotiations refused", format_count(c.tls_renegotiations_refused));
  if (c.tls_unclosed_ends > 0)
    text += fmt::format(", {} ended without close_notify", format_count(c.tls_unclosed_ends));
  page.line(report.plan.scenario.tls_insecure ? "" : "tls", text);
}

// The other side of the bookkeeping, where it is ours to ask.
void write_server(Page& page, const Report& report) {
  const auto counts = nlohmann::json::parse(report.server_counts, nullptr, false);
  if (!counts.is_object()) return;
  const auto count = [&](const char* name) { return counts.value(name, std::uint64_t{0}); };
  std::string text = fmt::format("counted {} of {} messages sent", format_count(count("messages")),
                                 format_count(report.measurements.counters.messages_sent));
  if (report.plan.scenario.verify)
    text += fmt::format(", {} of them with a wrong payload", format_count(count("wrong_payloads")));
  page.line("server", text);
}

void write_errors(Page& page, const FailureTable& table) {
  const std::vector<NamedFailure> failures = by_name(table);
  if (failures.empty()) return page.line("errors", "none");
  page.line("errors", format_count(table.total()));
  std::size_t width = 0;
  const std::size_t shown = std::min(failures.size(), kErrorLines);
  for (std::size_t i = 0; i < shown; ++i) width = std::max(width, failures[i].cause.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const NamedFailure& failure = failures[i];
    std::string text = fmt::format("  {:<{}}{:>11}", failure.cause, width, format_count(failure.count));
    if (!failure.sample.empty()) text += "   " + printable(first_line(failure.sample), 60);
    page.line("", text);
  }
  if (failures.size() > shown)
    page.line("", fmt::format("  and {} more causes in report.json", failures.size() - shown));
}

std::string share_text(std::optional<double> share) {
  return share ? fmt::format("{:.1f} %", *share * 100) : "unknown";
}

std::string load_of_machine(const GeneratorLoad& load) {
  return fmt::format("run loop busy {}, waiting for a processor {}; machine: cpu pressure {}, steal {}",
                     share_text(load.loop_busy), share_text(load.run_delay), share_text(load.cpu_pressure),
                     share_text(load.steal));
}

void write_generator(Page& page, const Report& report) {
  const GeneratorUsage& usage = report.usage;
  const std::optional<double> score = messages_per_cpu_second(report);
  page.line("generator", fmt::format("{} messages per CPU-second: {} user + {} system while measuring",
                                     score ? format_count(static_cast<std::uint64_t>(*score + 0.5)) : "-",
                                     format_duration(usage.cpu_user), format_duration(usage.cpu_system)));
  page.line("", load_of_machine(usage.load));
  page.line("", fmt::format("{} on {}, at most {} of memory", counted(report.plan.segments.size(), "shard"),
                            counted(usage.cores, "core"), format_bytes(usage.max_rss_bytes)));
}

void write_environment(Page& page, const Report& report) {
  const Environment& e = report.environment;
  page.line("machine",
            fmt::format("{}, {}, Linux {}, clock {}", counted(e.cores, "core"), printable(e.cpu_model, 60),
                        printable(e.kernel, 40), printable(e.clock_source, 20)));
  page.line("made by", fmt::format("ringstorm {} ({}), seed {}, started {:%Y-%m-%d %H:%M:%S} UTC", e.version,
                                   e.commit, report.plan.seed,
                                   fmt::gmtime(std::chrono::system_clock::to_time_t(report.started_at))));
}

}  // namespace

std::string text_report(const Report& report) {
  Page page;
  write_verdict(page, report.verdict);
  page.gap();
  write_run(page, report);
  page.gap();
  write_messages(page, report);
  page.gap();
  write_latency(page, report);
  page.gap();
  write_parts(page, report);
  page.gap();
  write_stages(page, report);
  page.lines(session_table(report));
  page.lines(fan_out_table(report));
  write_thresholds(page, report);
  write_phases(page, report);
  page.gap();
  write_connections(page, report);
  write_sockets(page, report);
  write_tls(page, report);
  write_server(page, report);
  write_errors(page, report.measurements.failures);
  page.gap();
  write_generator(page, report);
  write_environment(page, report);
  return page.take();
}

}  // namespace ringstorm
