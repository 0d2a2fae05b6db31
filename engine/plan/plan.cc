// From what was asked to what will run. Everything is decided here, before a socket is opened.
#include "plan/plan.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "codec/cookies.h"
#include "codec/secure_random.h"
#include "load/payload.h"
#include "plan/budget.h"
#include "plan/feasibility.h"
#include "plan/feeder_plan.h"
#include "plan/load_plan.h"
#include "plan/message_text.h"
#include "plan/route_plan.h"
#include "plan/session_plan.h"
#include "plan/socket_fields.h"

namespace ringstorm {
namespace {

constexpr Duration kDefaultDuration = seconds(10);
// A connection's cookies, with the name of their field.
constexpr std::uint64_t kCookieBytes = CookieJar::kMostBytes + 16;
constexpr std::uint64_t kMostShards = 1024;

/// Below 2^53, so that a report's reader gets it back exactly whatever it parses JSON with.
std::uint64_t draw_seed() {
  SecureRandom random;
  std::uint64_t seed = 0;
  while (seed == 0) {
    random.fill(std::as_writable_bytes(std::span{&seed, 1}));
    seed >>= 11;
  }
  return seed;
}

StampKey draw_stamp_key() {
  StampKey key;
  SecureRandom random;
  random.fill(std::as_writable_bytes(std::span{&key.run, 1}));
  random.fill(std::as_writable_bytes(std::span{&key.secret, 1}));
  return key;
}

/// A server on this machine needs cores too.
std::uint64_t default_shards(const Target& target, unsigned cores) {
  return std::max<std::uint64_t>(1, is_local(target) ? cores / 2 : cores);
}

/// Each ring's table of sockets is bounded by the limit on open files by itself: so many rings hold them all.
std::uint64_t rings_for(std::uint64_t connections, std::uint64_t table) {
  return connections / std::max<std::uint64_t>(1, table) + 1;
}

std::uint64_t most_connections(const Scenario& scenario) {
  std::uint64_t connections = scenario.connections;
  for (const StageForm& stage : scenario.stages)
    connections = std::max(connections, stage.connections.value_or(0));
  return connections;
}

std::uint64_t enough_shards(const Scenario& scenario, const Target& target, const MachineLimits& limits) {
  const std::uint64_t by_cores = default_shards(target, limits.cores);
  if (!limits.direct_descriptors) return by_cores;
  return std::max(by_cores,
                  std::min(rings_for(most_connections(scenario) - 1, limits.open_files), kMostShards));
}

/// Never a shard without a connection, or without a message when they are counted.
std::uint64_t resolve_shards(const Scenario& scenario, const Target& target, const MachineLimits& limits) {
  const std::uint64_t wanted = scenario.shards ? *scenario.shards : enough_shards(scenario, target, limits);
  return std::min({wanted, most_connections(scenario), scenario.messages.value_or(wanted)});
}

Scenario resolve(Scenario scenario, const Target& target, const MachineLimits& limits) {
  if (scenario.name.empty()) scenario.name = "adhoc";
  if (!scenario.stages.empty()) scenario.duration = length_of_stages(scenario);
  if (!scenario.messages) scenario.messages = rows_to_send(scenario);
  if (!scenario.duration && !scenario.messages) scenario.duration = kDefaultDuration;
  if (scenario.payload_text) scenario.payload_bytes = read_message_text(scenario).value.max_bytes();
  if (scenario.seed == 0) scenario.seed = draw_seed();
  scenario.shards = resolve_shards(scenario, target, limits);
  return scenario;
}

bool is_host(const std::string& name) {
  constexpr std::string_view kHost = "host";
  return std::equal(name.begin(), name.end(), kHost.begin(), kHost.end(),
                    [](char a, char b) { return (a | 0x20) == b; });
}

/// A header "Host" in the scenario replaces the URL's: that is how a virtual host is reached by its address.
UpgradeRequest upgrade_for(const Scenario& scenario, const Target& target) {
  UpgradeRequest request;
  request.target = target.resource;
  request.host = target.host_header;
  request.origin = scenario.origin;
  request.subprotocols = scenario.subprotocols;
  request.deflate = deflate_offer(scenario);
  for (const auto& header : scenario.headers) {
    if (is_host(header.first)) {
      request.host = header.second;
    } else {
      request.headers.push_back(header);
    }
  }
  return request;
}

/// Its part of the messages that the run is bounded by: in an open loop those of the arrivals that are its
/// own.
std::uint64_t messages_of(const Plan& plan, std::uint64_t shard) {
  if (!plan.scenario.messages) return 0;
  const std::uint64_t messages = *plan.scenario.messages;
  const std::uint64_t shards = *plan.scenario.shards;
  if (!plan.load.open_loop() && !rows_to_send(plan.scenario))
    return cut(messages, shard + 1, shards) - cut(messages, shard, shards);
  const Share share(plan.load.most_connections, shard, shards);
  if (!plan.load.open_loop()) return share.count_below(messages);  // as the rows of a feeder are dealt out
  return share.count_below(plan.load.arrivals_end) - share.count_below(plan.load.arrivals_end - messages);
}

/// The cores that shards are pinned to, from the first on. More shards than cores leave the server its own.
std::uint64_t shard_cores(const Plan& plan, unsigned cores) {
  const std::uint64_t shards = *plan.scenario.shards;
  return std::max<std::uint64_t>(1, shards > cores ? default_shards(plan.target, cores) : cores);
}

std::vector<Segment> cut_into_segments(const Plan& plan, unsigned cores) {
  const Scenario& scenario = plan.scenario;
  const std::uint64_t connections = plan.load.most_connections;
  const std::uint64_t shards = *scenario.shards;
  std::vector<Segment> segments(shards);
  for (std::uint64_t i = 0; i < shards; ++i) {
    Segment& segment = segments[i];
    segment.first_connection = cut(connections, i, shards);
    segment.connections = cut(connections, i + 1, shards) - segment.first_connection;
    segment.messages = messages_of(plan, i);
    segment.core = scenario.pin ? static_cast<int>(i % shard_cores(plan, cores)) : -1;
  }
  return segments;
}

/// The cores the shards leave over; none when nothing is pinned.
std::vector<int> cores_for_server(const Plan& plan, unsigned cores) {
  std::vector<int> left;
  if (plan.target.kind != Target::Kind::embedded || !plan.scenario.pin) return left;
  const std::uint64_t taken = std::min<std::uint64_t>(plan.segments.size(), shard_cores(plan, cores));
  for (std::uint64_t core = taken; core < cores; ++core) left.push_back(static_cast<int>(core));
  return left;
}

/// As many as the server has cores, and as its rings' tables of sockets ask for. The kernel spreads
/// connections over them by a hash, so that a tenth of each table is left for those that get more.
std::uint64_t shards_of_server(const Plan& plan, const MachineLimits& limits) {
  if (plan.target.kind != Target::Kind::embedded) return 0;
  if (plan.target.embedded_mode == "broadcast") return 1;  // its rooms are one shard's
  const std::uint64_t rings = rings_for(plan.load.most_connections, limits.open_files * 9 / 10);
  return std::min(kMostShards, std::max<std::uint64_t>({1, plan.server_cores.size(), rings}));
}

/// A session's own path, headers and subprotocols, where it has some.
std::vector<UpgradeRequest> session_upgrades_for(const Plan& plan) {
  std::vector<UpgradeRequest> requests;
  for (const SessionForm& session : plan.scenario.sessions) {
    Scenario scenario = plan.scenario;
    scenario.headers.insert(scenario.headers.end(), session.headers.begin(), session.headers.end());
    if (session.subprotocols) scenario.subprotocols = *session.subprotocols;
    UpgradeRequest request = upgrade_for(scenario, plan.target);
    if (!session.path.empty()) request.target = session.path;
    requests.push_back(std::move(request));
  }
  return requests;
}

std::vector<bool> sessions_with_stamps(const Script& script) {
  std::vector<bool> stamps;
  for (const SessionScript& session : script.sessions) stamps.push_back(session.stamps);
  return stamps;
}

std::span<const std::uint16_t> cast_of(const Plan& plan, const Segment& segment) {
  return std::span(plan.cast).subspan(segment.first_connection, segment.connections);
}

ShardLoad load_of(const Plan& plan, unsigned cores) {
  const auto larger = [](const Segment& a, const Segment& b) { return a.connections < b.connections; };
  ShardLoad load;
  load.connections = std::max_element(plan.segments.begin(), plan.segments.end(), larger)->connections;
  load.turns = (plan.segments.size() + shard_cores(plan, cores) - 1) / shard_cores(plan, cores);
  load.in_flight = plan.in_flight();
  // A random number of arrivals is taken for the most there may be.
  if (plan.load.open_loop())
    load.most_waiting = plan.load.planned_messages.value_or(std::numeric_limits<std::uint64_t>::max());
  load.payload_bytes = plan.scenario.payload_bytes;
  load.upgrade_bytes = UpgradeRequestTemplate{plan.upgrade}.size();
  load.compression_bytes = compression_budget(plan.scenario, load.connections).total_bytes;
  for (const UpgradeRequest& request : plan.session_upgrades)
    load.upgrade_bytes = std::max<std::uint64_t>(load.upgrade_bytes, UpgradeRequestTemplate{request}.size());
  if (plan.keeps_cookies()) load.upgrade_bytes += kCookieBytes;
  if (plan.plays_sessions()) {
    load.script = script_load(plan.script, plan.scenario.max_message_bytes);
    for (const Segment& segment : plan.segments)
      load.script->fan_out_bytes =
          std::max(load.script->fan_out_bytes, plan.fan_out.memory_bytes(cast_of(plan, segment)));
  }
  load.route = plan.route;
  return load;
}

void add_payload(Plan& plan) {
  const Scenario& scenario = plan.scenario;
  if (scenario.payload_text) {
    Template text = read_message_text(scenario).value;
    if (text.constant()) {
      plan.payload = text.constant_text();
    } else {
      plan.text = std::move(text);
      plan.columns = ScenarioNames(scenario).columns();
    }
    return;
  }
  const Filler filler = scenario.payload_kind == PayloadKind::text ? Filler::text : Filler::binary;
  plan.payload = make_payload(filler, scenario.payload_bytes, scenario.seed);
}

/// Contradictions between the scenario and its target.
std::vector<Error> find_contradictions(const Plan& plan, const ShardLoad& load) {
  std::vector<Error> errors;
  if (load.upgrade_bytes > kMaxUpgradeBytes) {
    errors.push_back({"/upgrade",
                      fmt::format("the upgrade request takes {}, expected at most {}",
                                  format_bytes(load.upgrade_bytes), format_bytes(kMaxUpgradeBytes)),
                      "shorten the headers or the URL"});
  }
  const Scenario& scenario = plan.scenario;
  if (scenario.cookies && scenario.redirects == 0 && !plan.keeps_cookies())
    errors.push_back({"/cookies",
                      "no redirect is followed and no connection comes back, which could send them",
                      "give redirects, or sessions that reconnect"});
  if (plan.target.kind == Target::Kind::unix_socket)
    std::ranges::move(find_what_needs_tcp(scenario), std::back_inserter(errors));
  if (plan.target.kind == Target::Kind::unix_socket && !scenario.source_addresses.empty())
    errors.push_back(
        {"/source_addresses", "they are TCP's, and the url is a Unix socket's", "leave them out"});
  if (plan.target.kind == Target::Kind::unix_socket && scenario.probes > 0)
    errors.push_back({"/probes", "the kernel stamps TCP, and the url is a Unix socket's", "leave them out"});
  if (plan.target.embedded_mode == "echo" && scenario.payload_bytes > scenario.max_message_bytes) {
    errors.push_back(
        {"/message/max_received",
         fmt::format("every message of {} comes back, and at most {} are taken",
                     format_bytes(scenario.payload_bytes), format_bytes(scenario.max_message_bytes)),
         "raise max_received"});
  }
  return errors;
}

/// What only a server that ringstorm starts can be asked for, and handed to it on its command line.
std::vector<Error> find_server_contradictions(const Plan& plan) {
  constexpr std::size_t kLongestText = 64 * 1024;  // Linux takes 128 KiB in one argument
  const Scenario& scenario = plan.scenario;
  std::vector<Error> errors;
  if (plan.target.kind != Target::Kind::embedded) {
    constexpr const char* kHint = "embedded:echo, embedded:sink or embedded:broadcast as the url";
    if (!scenario.faults.empty())
      errors.push_back(
          {"/server/faults", "only a server that ringstorm starts itself fails on purpose", kHint});
    if (scenario.verify)
      errors.push_back(
          {"/server/verify", "only a server that ringstorm starts itself checks payloads", kHint});
    if (scenario.server_tls)
      errors.push_back({"/server/tls", "only a server that ringstorm starts itself is told to speak TLS",
                        "wss:// in the url for any other"});
    return errors;
  }
  if (scenario.server_tls && !scenario.tls_ca_file.empty())
    errors.push_back({"/tls/ca_file",
                      "a server that ringstorm starts itself has a certificate of its own, which "
                      "is trusted",
                      "leave it out"});
  if (scenario.verify && scenario.payload_text) {
    const std::string& text = *scenario.payload_text;
    if (!read_message_text(scenario).value.constant())
      errors.push_back({"/server/verify",
                        "the server knows one payload, and messages with holes are all different",
                        "leave out one of the two"});
    if (text.size() > kLongestText || text.find('\0') != std::string::npos)
      errors.push_back(
          {"/server/verify",
           "a text longer than 64 KiB, or with a zero byte in it, cannot be handed to the server",
           "give the messages a size instead"});
  }
  return errors;
}

/// A proxy leads to what is on the network.
std::vector<Error> find_proxy_contradictions(const Scenario& scenario, const Target& target) {
  if (!scenario.proxy_url) return {};
  if (*scenario.proxy_url == kProxyFromEnvironment)
    return {{"/proxy", "the environment was not asked for its proxy", ""}};
  if (target.kind != Target::Kind::network)
    return {{"/proxy", "leads to servers on the network, and the url is of this machine", "leave it out"}};
  return {};
}

/// Of all messages, which the shards share.
std::uint64_t payload_bytes_of(const Plan& plan) {
  if (!plan.plays_sessions()) return plan.scenario.payload_bytes;
  std::uint64_t bytes = 0;
  for (const ScriptMessage& message : plan.script.messages) bytes += message.payload.size();
  return bytes;
}

Result<Plan> plan_for(const Scenario& scenario, const Target& target, const MachineLimits& limits) {
  Plan plan;
  plan.target = target;
  plan.target.tls = target.tls || (target.kind == Target::Kind::embedded && scenario.server_tls);
  plan.scenario = resolve(scenario, target, limits);
  plan.seed = plan.scenario.seed;
  plan.stamp_key = draw_stamp_key();
  plan.clock_to_time_of_day = limits.clock_to_time_of_day;
  plan.expects_replies = plan.scenario.expects_reply && target.embedded_mode != "sink";
  plan.upgrade = upgrade_for(plan.scenario, target);
  Result<Route> route = plan_route(plan.scenario, plan.target);
  if (route) plan.route = *std::move(route);
  plan.load = plan_load(plan.scenario);
  if (plan.scenario.proxy_url) plan.proxy = *parse_proxy(*plan.scenario.proxy_url);
  if (!plan.scenario.sessions.empty()) {
    auto script = compile_sessions(plan.scenario);
    if (!script) return script.errors();
    plan.script = std::move(*script);
    plan.columns = ScenarioNames(plan.scenario).columns();
    plan.cast = cast_sessions(connections_of(plan.scenario.sessions, plan.load.most_connections));
    plan.fan_out = fan_out_of(plan.scenario.sessions, sessions_with_stamps(plan.script), plan.cast);
    plan.session_upgrades = session_upgrades_for(plan);
    plan.expects_replies = std::ranges::any_of(plan.script.messages, &ScriptMessage::reply);
  }
  plan.segments = cut_into_segments(plan, limits.cores);
  plan.server_cores = cores_for_server(plan, limits.cores);
  plan.server_shards = shards_of_server(plan, limits);
  plan.sources = plan_sources(plan, limits);
  const ShardLoad load = load_of(plan, limits.cores);
  plan.budget = budget_for(load);
  plan.memory_bytes =
      plan.budget.total_bytes * plan.segments.size() + payload_bytes_of(plan) + bytes_for_texts(plan);
  if (plan.keeps_cookies()) plan.memory_bytes += plan.load.most_connections * kCookieBytes;
  plan.kernel_memory_bytes = kernel_memory_for(plan);

  std::vector<Error> errors = find_contradictions(plan, load);
  if (!route) std::ranges::copy(route.errors(), std::back_inserter(errors));
  std::ranges::move(find_server_contradictions(plan), std::back_inserter(errors));
  std::ranges::move(find_session_contradictions(plan.scenario, plan.load.most_connections),
                    std::back_inserter(errors));
  std::ranges::move(find_feeder_contradictions(plan), std::back_inserter(errors));
  std::ranges::move(find_obstacles(plan, limits), std::back_inserter(errors));
  if (!errors.empty()) return errors;
  if (plan.plays_sessions()) return plan;
  add_payload(plan);
  if (plan.upgrade.deflate && plan.scenario.compress && !plan.text) {
    plan.prepared = PreparedMessage(plan.payload, plan.scenario, *plan.upgrade.deflate);
    plan.memory_bytes += plan.prepared.bytes();
  }
  return plan;
}

}  // namespace

Result<Plan> make_plan(const Scenario& scenario, const MachineLimits& limits) {
  std::vector<Error> errors = validate(scenario);
  std::ranges::move(find_load_gaps(scenario), std::back_inserter(errors));
  if (scenario.url.empty()) {
    errors.push_back({"/url", "the scenario has no url, expected ws://host:port/path or embedded:echo",
                      "or give one with --url"});
    return errors;
  }
  const Result<Target> target = parse_target(scenario.url);
  if (!target) std::ranges::copy(target.errors(), std::back_inserter(errors));
  if (target) std::ranges::move(find_proxy_contradictions(scenario, *target), std::back_inserter(errors));
  if (!errors.empty()) return errors;
  return plan_for(scenario, *target, limits);
}

}  // namespace ringstorm
