#include "golden/example_report.h"

#include "plan/load_plan.h"
#include "report/threshold_inputs.h"
#include "report/verdict.h"

namespace ringstorm::example {
namespace {

/// `count` samples, evenly spread over [low, low + count * step).
void spread(Histogram& h, std::int64_t count, Duration low, Duration step) {
  for (std::int64_t i = 0; i < count; ++i) h.record(low + i * step);
}

Plan plan() {
  Plan plan;
  Scenario& s = plan.scenario;
  s.name = "echo";
  s.description = "closed loop against an echo server";
  s.url = "ws://127.0.0.1:9001/chat?room=1";
  s.connections = 1'000;
  s.headers = {{"Authorization", "Bearer do-not-print"}, {"X-Client", "ringstorm"}};
  s.subprotocols = {"chat.v2", "chat.v1"};
  s.in_flight = 4;
  s.warmup = seconds(2);
  s.duration = seconds(10);
  s.shards = 2;
  plan.target.host = "127.0.0.1";
  plan.target.port = 9001;
  plan.target.resource = "/chat?room=1";
  plan.target.host_header = "127.0.0.1:9001";
  plan.payload = std::string(125, 'x');
  plan.seed = 4'503'599'627'370'497;
  plan.segments = {{0, 500, 0, 0}, {500, 500, 0, 1}};
  plan.budget = {1024, 4096, 256, 4096, 0, 1024, 4096, 6'291'456};
  plan.load.initial_connections = plan.load.most_connections = plan.load.planned_connections = s.connections;
  plan.memory_bytes = 12'582'912;
  plan.kernel_memory_bytes = 9'600'000;
  return plan;
}

Environment environment() {
  Environment e;
  e.kernel = "6.18.0";
  e.cpu_model = "Example CPU 9000";
  e.clock_source = "tsc";
  e.governor = "performance";
  e.liburing = "2.3";
  e.version = "0.1.0";
  e.commit = "0123456";
  e.cores = 8;
  e.ring_features = {{"single issuer", true}, {"defer taskrun", true}, {"minimum wait", false}};
  return e;
}

Report common() {
  Report report;
  report.plan = plan();
  report.environment = environment();
  report.usage = {milliseconds(1'250), milliseconds(6'250), 25'690'112, 4, {0.12, 0.004, std::nullopt, 0.0}};
  report.started_at = std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} + std::chrono::hours{9} +
                      std::chrono::milliseconds{26'535};
  return report;
}

}  // namespace

Report good_run() {
  Report report = common();
  report.environment.calibration = {
      .kernel = "6.18.0",
      .cpu_model = "Example CPU 9000",
      .timer = {microseconds(3), microseconds(11), microseconds(95)},
      .pacing_first = {microseconds(5), microseconds(18), microseconds(130)},
      .pacing_spin = {nanoseconds(400), microseconds(2), microseconds(40)},
      .messages_per_second = 412'000,
      .messages_per_cpu_second = 437'500,
  };
  Measurements& m = report.measurements;
  Counters& c = m.counters;
  c.messages_planned = 72'011;
  c.messages_due = 2;
  c.messages_sent = 72'009;
  c.messages_answered = 72'000;
  c.messages_failed = 8;
  report.outstanding = 1;
  c.messages_received = 72'001;
  c.messages_recorded = 60'000;
  c.window_sent = 60'003;
  c.window_answered = 59'999;
  c.window_received = 60'000;
  c.sent_payload_bytes = 9'001'125;
  c.sent_wire_bytes = 9'740'224;
  c.received_payload_bytes = 9'000'125;
  c.received_wire_bytes = 9'365'127;
  c.connections_opened = 999;
  c.connections_failed = 1;
  c.connections_lost = 2;
  c.connections_closed = 997;
  c.pings_answered = 12;
  c.ring_turns = 41'000;
  c.ring_completions = 144'500;
  c.receive_rearms = 17;
  c.out_of_buffers = 3;
  c.short_sends = 1;
  spread(m.connect, 999, microseconds(60), nanoseconds(333));
  spread(m.upgrade, 999, microseconds(110), microseconds(1));
  spread(m.first_message, 999, microseconds(200), microseconds(2));
  spread(m.latency, 60'000, microseconds(152), nanoseconds(25));
  spread(m.service, 60'000, microseconds(150), nanoseconds(25));
  spread(m.send_lag, 60'003, nanoseconds(100), nanoseconds(1));
  m.censored.record(milliseconds(9));
  spread(m.close, 16, microseconds(90), microseconds(3));
  m.failures.count({Cause::connection_reset, 0});
  m.failures.count({Cause::connection_reset, 0});
  m.failures.count({Cause::http_status, 503}, "HTTP/1.1 503 Busy\x1b[31m\xff\r\nRetry-After: 1\r\n\r\n");
  report.intervals = {
      {seconds(0), seconds(1), 2'000, 2'000, 1'996, 1'997, 999, 1, {}, {}, {}, {}},
      {seconds(1), seconds(1), 6'003, 6'003, 5'999, 5'999, 999, 0, microseconds(814), microseconds(1'642),
       microseconds(812), microseconds(1'640)},
      {seconds(2),
       milliseconds(250),
       1'500,
       1'500,
       1'504,
       1'504,
       997,
       2,
       microseconds(901),
       {},
       microseconds(899),
       {}},
  };
  report.opening = milliseconds(102);
  report.window_start = milliseconds(2'102);
  report.window = seconds(10);
  report.total = milliseconds(12'345);
  report.verdict = judge(facts_of(report));
  return report;
}

// An open loop in two stages against a server of ours, with a threshold that failed.
Report open_loop_run() {
  Report report(2);
  report.plan = plan();
  Plan& plan = report.plan;
  plan.scenario.name = "stages";
  plan.scenario.url = "embedded:echo";
  plan.scenario.in_flight = 1;
  plan.scenario.warmup = Duration{0};
  plan.scenario.connections = 10;
  plan.scenario.stages = {
      {.name = "ramp",
       .rate = RateForm{.kind = RateForm::Kind::ramp, .from = {0, seconds(1)}, .to = {4'000, seconds(1)}},
       .length = seconds(1),
       .connections = 20},
      {.name = "bursts",
       .rate = RateForm{.kind = RateForm::Kind::burst, .burst = 100, .every = milliseconds(100)},
       .length = seconds(1),
       .connections = {}}};
  plan.scenario.duration = seconds(2);
  plan.load = plan_load(plan.scenario);
  plan.target = *parse_target("embedded:echo");
  report.environment = environment();
  report.usage = {milliseconds(20), milliseconds(180), 12'690'112, 4, {0.02, 0.001, 0.011, 0.0}};
  report.started_at = common().started_at;
  Measurements& m = report.measurements;
  Counters& c = m.counters;
  c.messages_planned = 3'000;
  c.messages_shed = 0;
  c.messages_due = 10;
  c.messages_held = 25;
  c.messages_sent = 2'990;
  c.messages_answered = c.messages_received = c.messages_recorded = 2'980;
  report.outstanding = 10;
  c.window_sent = c.window_answered = c.window_received = 2'980;
  c.connections_opened = c.connections_closed = 20;
  c.probe_messages = 40;
  c.probe_samples = 30;
  c.ring_turns = c.ring_completions = 6'000;
  spread(m.connect, 20, microseconds(60), nanoseconds(333));
  spread(m.upgrade, 20, microseconds(110), microseconds(1));
  spread(m.first_message, 20, microseconds(200), microseconds(2));
  spread(m.close, 20, microseconds(90), microseconds(3));
  spread(m.latency, 2'980, microseconds(90), nanoseconds(500));
  spread(m.service, 2'980, microseconds(80), nanoseconds(500));
  spread(m.send_lag, 2'990, microseconds(5), nanoseconds(10));
  spread(m.receive_queueing, 30, microseconds(10), microseconds(1));
  spread(m.network_and_server, 30, microseconds(50), microseconds(2));
  spread(m.censored, 20, milliseconds(100), milliseconds(1));
  for (std::size_t i = 0; i < 2; ++i) {
    StageMeasurements& stage = m.stages[i];
    stage.planned = i == 0 ? 2'000 : 1'000;
    stage.sent = stage.answered = stage.planned;
    if (i == 1) stage.sent = stage.answered = 980;
    spread(stage.latency, i == 0 ? 2'000 : 980, microseconds(90), nanoseconds(500));
    spread(stage.service, i == 0 ? 2'000 : 980, microseconds(80), nanoseconds(500));
    spread(stage.send_lag, i == 0 ? 2'000 : 980, microseconds(5), nanoseconds(10));
  }
  spread(m.stages[1].censored, 20, milliseconds(100), milliseconds(1));
  report.window = seconds(2);
  report.window_start = report.opening = milliseconds(12);
  report.total = milliseconds(2'100);
  report.server_counts = R"({"connections":20,"messages":2990,"wrong_payloads":0})";
  plan.scenario.thresholds = {*parse_threshold("latency.p99 < 5ms"),
                              *parse_threshold("latency.p50 in bursts < 1us"),
                              *parse_threshold("latency.p99.99 < 1s")};
  report.thresholds = evaluate_thresholds({.plan = plan,
                                           .measurements = m,
                                           .intervals = report.intervals,
                                           .window_start = report.window_start,
                                           .window = report.window});
  report.verdict = judge(facts_of(report));
  return report;
}

Report refused_run() {
  Report report = common();
  Measurements& m = report.measurements;
  m.counters.connections_failed = 1'000;
  m.counters.sent_wire_bytes = 254'000;
  m.counters.received_wire_bytes = 45'000;
  spread(m.connect, 998, microseconds(60), nanoseconds(333));
  for (int i = 0; i < 998; ++i) {
    m.failures.count({Cause::http_status, 403}, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  }
  for (int i = 0; i < 2; ++i) m.failures.count({Cause::connect_timed_out, 0});
  report.usage.cpu_user = report.usage.cpu_system = Duration{0};
  report.opening = milliseconds(5'001);
  report.total = milliseconds(5'002);
  report.verdict = judge(facts_of(report));
  return report;
}

}  // namespace ringstorm::example
