// `ringstorm run --once`: each session one time on one connection, with every frame shown.
#include <algorithm>

#include <fmt/core.h>

#include "app/commands.h"
#include "app/execution.h"
#include "plan/plan.h"
#include "report/session_table.h"

namespace ringstorm {
namespace {

constexpr Duration kPatience = seconds(60);

/// The single message of a scenario without sessions, as a session.
SessionForm session_of_message(const Scenario& scenario) {
  StepForm send;
  send.message.opcode = scenario.payload_kind == PayloadKind::text ? Opcode::text : Opcode::binary;
  send.message.content = scenario.payload_text.value_or("");
  send.message.reply = scenario.expects_reply;
  if (!scenario.payload_text) send.message.size = scenario.payload_bytes;
  send.message.fill = scenario.payload_kind == PayloadKind::text ? Fill::text : Fill::incompressible;
  send.where = "/message";
  StepForm expect;
  expect.kind = StepForm::Kind::expect;
  expect.where = "/message/reply";
  SessionForm session;
  session.name = "message";
  session.where = "/message";
  session.steps.push_back(send);
  if (scenario.expects_reply) session.steps.push_back(expect);
  return session;
}

/// The scenario with one connection for each session, and nothing that would make it more than once.
Scenario once(Scenario scenario) {
  if (scenario.sessions.empty()) scenario.sessions.push_back(session_of_message(scenario));
  for (SessionForm& session : scenario.sessions) {
    session.count = 1;
    session.lifetime.reset();
    session.reconnect = {};
  }
  scenario.connections = scenario.sessions.size();
  scenario.shards = 1;
  scenario.rate.reset();
  scenario.stages.clear();
  scenario.messages.reset();
  scenario.warmup = Duration{0};
  scenario.duration = kPatience;
  scenario.probes = 0;
  scenario.verify = false;
  scenario.deflate = false;  // what is shown is what is meant
  scenario.thresholds.clear();
  return scenario;
}

bool went_well(const Report& report) {
  const Measurements& m = report.measurements;
  const bool steps_well = std::ranges::none_of(m.steps, [](const StepCounts& step) {
    return step.timeouts + step.checks_failed + step.captures_failed > 0;
  });
  return steps_well && m.failures.total() == 0;
}

}  // namespace

int once_command(const Scenario& asked, const Site& site) {
  auto plan = make_plan(once(asked), site.limits());
  if (!plan) return complain(plan.errors(), exit_code::usage);
  plan->passes_each = 1;
  const Instant begin = MonotonicClock::now();
  const TraceSink show = [&](const TracedFrame& frame) {
    const double ms = to_seconds(MonotonicClock::now() - begin) * 1000;
    fmt::print("{:>10.3f} ms  {:<16} {}  {}{}{}\n", ms,
               plan->script.sessions[plan->cast[frame.connection]].name, frame.outgoing ? "->" : "<-",
               frame.what, frame.text.empty() ? "" : "  ", frame.text);
  };
  const Execution done = execute(*plan, site, {}, show);
  if (!done.report) return complain(done.errors, done.exit_code);
  fmt::print("\n{}", session_table(*done.report));
  for (const FailureTable::Row& row : done.report->measurements.failures.rows())
    fmt::print("{:<13}{}\n", "error", to_string(row.failure));
  return went_well(*done.report) ? exit_code::fine : exit_code::unreachable;
}

}  // namespace ringstorm
