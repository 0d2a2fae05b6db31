#include <algorithm>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/units.h"
#include "plan/scenario_fields.h"
#include "report/printable.h"
#include "report/sink.h"

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
  const std::string outcome = fmt::format("{} (exit {})", word_for(verdict.exit_code), verdict.exit_code);
  if (verdict.reasons.empty()) return page.line("verdict", outcome);
  page.line("verdict", outcome + ": " + printable(verdict.reasons.front(), 400));
  for (std::size_t i = 1; i < verdict.reasons.size(); ++i)
    page.line("", "also: " + printable(verdict.reasons[i], 400));
}

void write_run(Page& page, const Report& report) {
  const Scenario& s = report.plan.scenario;
  page.line("scenario", fmt::format("{} -> {}", printable(s.name, 60), printable(s.url, 200)));
  page.line("load", fmt::format("{} connections, {} in flight each, {} of {}, waiting: {}",
                                format_count(s.connections), format_count(s.in_flight),
                                format_bytes(report.plan.payload.size()), to_string(s.payload_kind),
                                to_string(s.waiting)));
  const std::string opening = format_duration(report.opening);
  const std::string how =
      report.window <= Duration{0}
          ? fmt::format("nothing measured: opening took {}", opening)
          : fmt::format("{} measured after {} of opening and {} warm-up", format_duration(report.window),
                        opening, s.warmup > Duration{0} ? format_duration(s.warmup) + " of" : "no");
  page.line("ran", fmt::format("{}; {} in all{}", how, format_duration(report.total),
                               report.interrupted ? ", interrupted" : ""));
}

void write_messages(Page& page, const Report& report) {
  const Counters& c = report.measurements.counters;
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
}

void write_latency(Page& page, const Histogram& h) {
  page.line("latency", fmt::format("service time, from sending a message until its reply; {} samples",
                                   format_count(h.count())));
  if (h.count() == 0) return;
  const auto row = [&](std::string_view name, const std::string& value, std::string_view name_2, double q_2,
                       std::string_view name_3, const std::string& value_3) {
    page.line("", fmt::format("{:<7}{:>8}   {:<4}{:>18}   {:<8}{:>18}", name, value, name_2, quantile(h, q_2),
                              name_3, value_3));
  };
  row("min", figure(h.min()), "p50", 0.5, "p99", quantile(h, 0.99));
  row("mean", figure(h.mean()), "p75", 0.75, "p99.9", quantile(h, 0.999));
  row("stddev", figure(h.stddev()), "p90", 0.9, "p99.99", quantile(h, 0.9999));
  page.line("", fmt::format("{:15}   {:<4}{:>18}   {:<8}{:>18}", "", "p95", quantile(h, 0.95), "max",
                            figure(h.max())));
  if (h.overflow() > 0) {
    page.line("", fmt::format("{} of them longer than {}", format_count(h.overflow()),
                              format_duration(Duration{Histogram::kHighestTrackable})));
  }
}

void write_phase(Page& page, std::string_view name, const Histogram& h) {
  const bool any = h.count() > 0;
  page.line(fmt::format("  {}", name),
            fmt::format("{:>11}{:>20}{:>20}{:>11}", format_count(h.count()), any ? quantile(h, 0.5) : "-",
                        any ? quantile(h, 0.99) : "-", figure(h.max())));
}

void write_phases(Page& page, const Measurements& m) {
  page.line("phases", fmt::format("{:>11}{:>20}{:>20}{:>11}", "count", "p50", "p99", "max"));
  write_phase(page, "connect", m.connect);
  write_phase(page, "upgrade", m.upgrade);
  write_phase(page, "1st message", m.first_message);
  write_phase(page, "close", m.close);
}

void write_connections(Page& page, const Report& report) {
  const Counters& c = report.measurements.counters;
  page.line("connections", fmt::format("{} planned: {} opened, {} failed; of the opened {} closed, {} lost",
                                       format_count(report.plan.scenario.connections),
                                       format_count(c.connections_opened), format_count(c.connections_failed),
                                       format_count(c.connections_closed), format_count(c.connections_lost)));
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

void write_generator(Page& page, const Report& report) {
  const GeneratorUsage& usage = report.usage;
  const std::optional<double> score = messages_per_cpu_second(report);
  page.line("generator", fmt::format("{} messages per CPU-second: {} user + {} system while measuring",
                                     score ? format_count(static_cast<std::uint64_t>(*score + 0.5)) : "-",
                                     format_duration(usage.cpu_user), format_duration(usage.cpu_system)));
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
  write_latency(page, report.measurements.service);
  page.gap();
  write_phases(page, report.measurements);
  page.gap();
  write_connections(page, report);
  write_errors(page, report.measurements.failures);
  page.gap();
  write_generator(page, report);
  write_environment(page, report);
  return page.take();
}

}  // namespace ringstorm
