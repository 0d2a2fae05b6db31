#include "report/session_table.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/units.h"
#include "report/histogram_json.h"
#include "report/printable.h"

namespace ringstorm {
namespace {

using Json = nlohmann::ordered_json;

std::string line(std::string_view label, std::string_view text) {
  return fmt::format("{:<13}{}\n", label, text);
}

std::string quantile(const Histogram& h, double q) {
  const std::optional<Duration> value = h.trusted_quantile(q);
  return value ? format_duration(*value) : h.count() == 0 ? "-" : "too few samples";
}

std::vector<std::uint64_t> connections_of_each(const Plan& plan) {
  std::vector<std::uint64_t> counts(plan.script.sessions.size(), 0);
  for (const std::uint16_t session : plan.cast) ++counts[session];
  return counts;
}

std::string heard_line(const Counters& c) {
  return line("heard",
              fmt::format("{} received = {} answers + {} pushed + {} listened to + {} unmatched + {} "
                          "unawaited",
                          format_count(c.messages_received), format_count(c.messages_answered),
                          format_count(c.messages_pushed), format_count(c.messages_listened),
                          format_count(c.messages_unmatched), format_count(c.messages_unawaited)));
}

std::string step_text(const StepCounts& counts) {
  std::string text;
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", format_count(count), what);
  };
  add(counts.timeouts, "timed out");
  add(counts.checks_failed, "not right");
  add(counts.captures_failed, "without the value to capture");
  add(counts.unmatched, "other messages passed over");
  return text;
}

}  // namespace

std::string session_table(const Report& report) {
  const Measurements& m = report.measurements;
  const Script& script = report.plan.script;
  if (script.sessions.empty()) return {};
  const std::vector<std::uint64_t> connections = connections_of_each(report.plan);
  std::string text = line("sessions", fmt::format("{:>12}{:>12}{:>12}{:>12}{:>18}{:>18}", "connections",
                                                  "passes", "sent", "answered", "p50", "p99"));
  for (std::size_t i = 0; i < std::min(script.sessions.size(), m.sessions.size()); ++i) {
    const SessionMeasurements& s = m.sessions[i];
    text += line(fmt::format("  {}", printable(script.sessions[i].name, 40)),
                 fmt::format("{:>12}{:>12}{:>12}{:>12}{:>18}{:>18}", format_count(connections[i]),
                             format_count(s.passes), format_count(s.sent), format_count(s.answered),
                             quantile(s.latency, 0.5), quantile(s.latency, 0.99)));
  }
  text += heard_line(m.counters);
  if (m.counters.connections_reopened > 0)
    text += line("reconnects", format_count(m.counters.connections_reopened));
  if (m.counters.pings_sent > 0)
    text += line(
        "pings",
        fmt::format("{} sent, {} answered; round trip p50 {}, p99 {}", format_count(m.counters.pings_sent),
                    format_count(m.counters.pongs_received), quantile(m.ping, 0.5), quantile(m.ping, 0.99)));
  for (std::size_t i = 0; i < std::min(script.steps.size(), m.steps.size()); ++i) {
    if (m.steps[i].any()) text += line("step", printable(script.steps[i], 80) + ": " + step_text(m.steps[i]));
  }
  return text + "\n";
}

Json sessions_json(const Report& report) {
  const Measurements& m = report.measurements;
  const Counters& c = m.counters;
  const Script& script = report.plan.script;
  if (script.sessions.empty()) return nullptr;
  const std::vector<std::uint64_t> connections = connections_of_each(report.plan);
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(script.sessions.size(), m.sessions.size()); ++i) {
    const SessionMeasurements& s = m.sessions[i];
    list.push_back({{"name", script.sessions[i].name},
                    {"connections", connections[i]},
                    {"passes", s.passes},
                    {"sent", s.sent},
                    {"answered", s.answered},
                    {"received", s.received},
                    {"latency", histogram_json(s.latency)},
                    {"service", histogram_json(s.service)}});
  }
  Json steps = Json::array();
  for (std::size_t i = 0; i < std::min(script.steps.size(), m.steps.size()); ++i) {
    const StepCounts& step = m.steps[i];
    if (!step.any()) continue;
    steps.push_back({{"step", script.steps[i]},
                     {"timeouts", step.timeouts},
                     {"checks_failed", step.checks_failed},
                     {"captures_failed", step.captures_failed},
                     {"unmatched", step.unmatched}});
  }
  return {{"heard",
           {{"pushed", c.messages_pushed},
            {"listened", c.messages_listened},
            {"unmatched", c.messages_unmatched},
            {"unawaited", c.messages_unawaited}}},
          {"reopened", c.connections_reopened},
          {"pings",
           {{"sent", c.pings_sent}, {"answered", c.pongs_received}, {"round_trip", histogram_json(m.ping)}}},
          {"list", list},
          {"steps", steps}};
}

}  // namespace ringstorm
