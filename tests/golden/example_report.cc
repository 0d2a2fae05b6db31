#include "golden/example_report.h"

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
  s.send_buffer_bytes = 65'536;
  s.keepalive_idle = seconds(30);
  s.dscp = 46;
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
  plan.load.initial_connections = plan.load.most_connections = plan.load.planned_connections = 1'000;
  plan.budget = {.receive_buffers = 1024,
                 .receive_buffer_bytes = 4096,
                 .send_buffers = 256,
                 .send_buffer_bytes = 4096,
                 .ring_entries = 1024,
                 .completion_entries = 4096,
                 .total_bytes = 6'291'456};
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
  report.destination.found = report.destination.used = {"127.0.0.1:9001"};
  report.sockets = {SocketValues{.receive_buffer = 131'072,
                                 .send_buffer = 131'072,
                                 .no_delay = true,
                                 .keepalive = true,
                                 .keepalive_idle = seconds(30),
                                 .keepalive_interval = seconds(75),
                                 .keepalive_count = 9,
                                 .congestion = "cubic",
                                 .tos = 184,
                                 .quick_ack = true,
                                 .bind_device = {}},
                    std::nullopt};
  report.environment = environment();
  report.usage = {.cpu_user = milliseconds(1'250),
                  .cpu_system = milliseconds(6'250),
                  .max_rss_bytes = 25'690'112,
                  .cores = 4,
                  .load = {.loop_busy = 0.4375, .run_delay = 0.03125, .cpu_pressure = 0.125, .steal = {}}};
  report.started_at = std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} + std::chrono::hours{9} +
                      std::chrono::milliseconds{26'535};
  return report;
}

std::vector<IntervalRow> example_intervals() {
  const auto row = [](Duration start, Duration length, std::uint64_t sent, std::uint64_t answered) {
    IntervalRow slice;
    slice.start = start;
    slice.length = length;
    slice.messages_planned = slice.messages_sent = sent;
    slice.messages_answered = slice.messages_received = answered;
    slice.connections_up = 999;
    return slice;
  };
  std::vector<IntervalRow> rows{row(seconds(0), seconds(1), 2'000, 1'996),
                                row(seconds(1), seconds(1), 6'003, 5'999),
                                row(seconds(2), milliseconds(250), 1'500, 1'504)};
  rows[0].messages_received = 1'997;
  rows[0].errors = 1;
  rows[1].latency_p50 = rows[1].service_p50 = microseconds(812);
  rows[1].latency_p99 = rows[1].service_p99 = microseconds(1'640);
  rows[2].latency_p50 = rows[2].service_p50 = microseconds(899);
  rows[2].connections_up = 997;
  rows[2].errors = 2;
  return rows;
}

/// 1,000 messages a second for 4 s, then 3,000 for 2 s, the messages of a tenth of which the server left
/// unanswered.
Plan open_plan() {
  Plan plan = example::plan();
  Scenario& s = plan.scenario;
  s.name = "rush";
  s.description = "an hour's rush in six seconds";
  s.url = "embedded:echo";
  s.headers = {};
  s.max_in_flight = 8;
  s.warmup = Duration{0};
  s.duration = seconds(6);
  s.when_full = WhenFull::shed;
  s.max_send_lag = milliseconds(100);
  s.stages = {{.name = "calm",
               .rate = RateForm{.from = {1'000, seconds(1)}},
               .length = seconds(4),
               .connections = {}},
              {.name = "rush",
               .rate = RateForm{.from = {3'000, seconds(1)}},
               .length = seconds(2),
               .connections = {}}};
  for (const char* text : {"errors.count < 10", "latency.p99 in rush < 5ms", "connect.p99 < 1ms"})
    s.thresholds.push_back(*parse_threshold(text));
  plan.target = {};
  plan.target.kind = Target::Kind::embedded;
  plan.target.embedded_mode = "echo";
  plan.load.shape = {{.from = {1'000, seconds(1)}, .length = seconds(4)},
                     {.from = {3'000, seconds(1)}, .length = seconds(2)}};
  plan.load.stages = {{"calm", seconds(0), seconds(4)}, {"rush", seconds(4), seconds(6)}};
  plan.load.connection_stages = {{.to = 100, .length = seconds(4)}, {.to = 100, .length = seconds(2)}};
  plan.load.initial_connections = plan.load.most_connections = plan.load.planned_connections = 100;
  plan.load.planned_messages = 10'000;
  s.connections = 100;
  plan.segments = {{0, 100, 0, 0}};
  plan.budget.waiting_messages = 4'096;
  return plan;
}

void measure_stages(Measurements& m) {
  StageMeasurements& calm = m.stages[0];
  calm.planned = calm.sent = calm.answered = 4'000;
  spread(calm.latency, 4'000, microseconds(150), nanoseconds(25));
  StageMeasurements& rush = m.stages[1];
  rush.planned = 6'000;
  rush.shed = 300;
  rush.sent = 5'690;
  rush.answered = 5'090;
  spread(rush.latency, 5'090, microseconds(200), microseconds(1));
  spread(rush.censored, 610, milliseconds(900), microseconds(1));
  for (StageMeasurements* stage : {&calm, &rush}) {
    stage->service.merge(stage->latency);
    spread(stage->send_lag, static_cast<std::int64_t>(stage->sent), microseconds(1), nanoseconds(5));
    m.latency.merge(stage->latency);
    m.service.merge(stage->service);
    m.send_lag.merge(stage->send_lag);
    m.censored.merge(stage->censored);
  }
}

/// What three publishers' messages came to at their subscribers.
void fan_out(Report& report) {
  FanOut& fan_out = report.plan.fan_out;
  fan_out.topics = {{.name = "news", .first_publisher = 0, .publishers = 3, .subscribers = 20}};
  fan_out.hears_stamps = {false, true};
  Measurements& m = report.measurements;
  m.deliveries = {.stamped = 6'010,
                  .received = 5'990,
                  .duplicated = 12,
                  .out_of_order = 30,
                  .behind = 5,
                  .stray = 3,
                  .foreign = 1,
                  .forged = 2,
                  .malformed = 4,
                  .expected = 6'000,
                  .lost = 10,
                  .followed = 300,
                  .reached_everyone = 294};
  spread(m.delivery, 5'990, microseconds(150), nanoseconds(100));
  spread(m.last_receiver, 294, microseconds(400), microseconds(1));
}

}  // namespace

Report open_run() {
  Report report(2);
  Report base = common();
  report.plan = open_plan();
  report.destination = {.source = Destination::Source::embedded,
                        .found = {"127.0.0.1:35001"},
                        .used = {"127.0.0.1:35001"},
                        .redirects = {},
                        .resolving = {}};
  report.environment = base.environment;
  report.usage = base.usage;
  report.started_at = base.started_at;
  Measurements& m = report.measurements;
  measure_stages(m);
  Counters& c = m.counters;
  c.messages_planned = 10'000;
  c.messages_shed = 300;
  c.messages_due = 10;
  c.messages_held = 40;
  c.messages_sent = c.window_sent = 9'690;
  c.messages_answered = c.messages_received = c.messages_recorded = 9'090;
  c.window_answered = c.window_received = 9'000;
  report.outstanding = 600;
  c.connections_opened = c.connections_closed = 100;
  c.ring_turns = 9'000;
  c.ring_completions = 20'000;
  spread(m.connect, 100, microseconds(60), nanoseconds(333));
  spread(m.network_and_server, 200, microseconds(120), microseconds(1));
  spread(m.receive_queueing, 200, microseconds(4), nanoseconds(20));
  fan_out(report);
  report.intervals = example_intervals();
  report.server_counts = R"({"messages": 9690, "wrong_payloads": 0, "accepted": 100})";
  report.opening = milliseconds(20);
  report.window_start = milliseconds(20);
  report.window = seconds(6);
  report.total = milliseconds(11'020);
  report.thresholds = evaluate_thresholds({.plan = report.plan,
                                           .measurements = m,
                                           .intervals = report.intervals,
                                           .window_start = report.window_start,
                                           .window = report.window});
  report.verdict = judge(facts_of(report));
  return report;
}

Report good_run() {
  Report report = common();
  Measurements& m = report.measurements;
  Counters& c = m.counters;
  c.messages_planned = 72'009;
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
  c.connects_retried = 3;
  c.pings_answered = 12;
  c.ring_turns = 41'000;
  c.ring_completions = 144'500;
  c.receive_rearms = 17;
  c.out_of_buffers = 3;
  c.short_sends = 1;
  report.plan.scenario.deflate = true;
  report.plan.upgrade.deflate = deflate_offer(report.plan.scenario);
  report.plan.budget.compression_bytes = 20'500'000;
  m.compression.declined = 1;
  m.compression.agreements[index_of({})] = 990;
  m.compression.agreements[index_of({.server_no_context_takeover = true, .server_max_window_bits = 10})] = 8;
  m.compression.sent = {
      .messages = 71'900, .plain_bytes = 8'987'500, .compressed_bytes = 4'314'000, .work = {}};
  m.compression.received = {.messages = 71'901,
                            .plain_bytes = 8'987'625,
                            .compressed_bytes = 1'438'020,
                            .work = {.calls = 71'901, .timed = 4'494, .taken = milliseconds(9)}};
  spread(m.connect, 999, microseconds(60), nanoseconds(333));
  spread(m.upgrade, 999, microseconds(110), microseconds(1));
  spread(m.first_message, 999, microseconds(200), microseconds(2));
  spread(m.latency, 60'000, microseconds(150), nanoseconds(25));
  spread(m.service, 60'000, microseconds(150), nanoseconds(25));
  spread(m.send_lag, 60'000, nanoseconds(500), nanoseconds(1));
  spread(m.close, 16, microseconds(90), microseconds(3));
  m.failures.count({Cause::connection_reset, 0});
  m.failures.count({Cause::connection_reset, 0});
  m.failures.count({Cause::http_status, 503}, "HTTP/1.1 503 Busy\x1b[31m\xff\r\nRetry-After: 1\r\n\r\n");
  report.intervals = example_intervals();
  report.opening = milliseconds(102);
  report.window_start = milliseconds(2'102);
  report.window = seconds(10);
  report.total = milliseconds(12'345);
  report.verdict = judge(facts_of(report));
  return report;
}

Report refused_run() {
  Report report = common();
  report.plan.scenario.url = "ws://chat.example:9001/chat?room=1";
  report.plan.target.host = "chat.example";
  report.plan.scenario.resolve = {{"other.example", {"10.0.0.7", "fe80::7"}}};
  report.destination = {.source = Destination::Source::resolver,
                        .found = {"[2001:db8::7]:9001", "192.0.2.7:9001"},
                        .used = {"192.0.2.7:9001"},
                        .redirects = {"302 to ws://chat.example:9001/chat?room=1"},
                        .resolving = microseconds(12'500)};
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
