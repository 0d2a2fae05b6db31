#include <algorithm>
#include <array>
#include <cctype>

#include <nlohmann/json.hpp>

#include "plan/scenario_fields.h"
#include "report/json_sink.h"
#include "report/socket_report.h"

namespace ringstorm {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPayloadTextBytes = 256;  // enough to recognise it by, not to fill a report with

bool carries_credentials(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array kSigns{"authorization", "cookie", "token", "secret", "password", "api-key", "apikey"};
  return std::ranges::any_of(kSigns, [&](const char* sign) { return name.find(sign) != std::string::npos; });
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json target_json(const Target& target) {
  if (target.kind == Target::Kind::embedded) return {{"kind", "embedded"}, {"mode", target.embedded_mode}};
  if (target.kind == Target::Kind::unix_socket)
    return {{"kind", "unix"},
            {"path", target.socket_path},
            {"resource", target.resource},
            {"host_header", target.host_header}};
  return {{"kind", "network"}, {"host", target.host},         {"port", target.port},
          {"tls", target.tls}, {"resource", target.resource}, {"host_header", target.host_header}};
}

// Which files, but not what is in them.
Json tls_json(const Scenario& s) {
  return {{"insecure", s.tls_insecure},
          {"ca_file", s.tls_ca_file},
          {"certificate", s.tls_certificate},
          {"server_name", s.tls_server_name},
          {"min_version", to_string(s.tls_min_version)},
          {"max_version", to_string(s.tls_max_version)},
          {"ciphers", s.tls_ciphers},
          {"ciphersuites", s.tls_ciphersuites},
          {"groups", s.tls_groups},
          {"resumption", s.tls_resumption},
          {"key_log", s.tls_key_log}};
}

Json headers_json(const std::vector<std::pair<std::string, std::string>>& headers) {
  Json list = Json::array();
  for (const auto& [name, value] : headers) {
    list.push_back({{"name", name}, {"value", carries_credentials(name) ? "(hidden)" : value}});
  }
  return list;
}

Json resolve_json(const std::vector<HostAddresses>& hosts) {
  Json json = Json::object();
  for (const HostAddresses& entry : hosts) json[entry.host] = entry.addresses;
  return json;
}

Json sources_json(const std::optional<SourcePlan>& sources) {
  if (!sources) return nullptr;
  return {{"addresses", sources->addresses.text()},
          {"first_port", sources->first_port},
          {"last_port", sources->last_port},
          {"automatic", sources->automatic}};
}

Json segments_json(const std::vector<Segment>& segments) {
  Json list = Json::array();
  for (const Segment& segment : segments) {
    list.push_back({{"first_connection", segment.first_connection},
                    {"connections", segment.connections},
                    {"messages", segment.messages},
                    {"core", segment.core < 0 ? Json(nullptr) : Json(segment.core)}});
  }
  return list;
}

Json budget_json(const ShardBudget& budget) {
  return {{"receive_buffers", budget.receive_buffers}, {"receive_buffer_bytes", budget.receive_buffer_bytes},
          {"send_buffers", budget.send_buffers},       {"send_buffer_bytes", budget.send_buffer_bytes},
          {"ring_entries", budget.ring_entries},       {"completion_entries", budget.completion_entries},
          {"shard_bytes", budget.total_bytes}};
}

const char* name_of(Stage::Kind kind) {
  switch (kind) {
    case Stage::Kind::steady: return "steady";
    case Stage::Kind::ramp: return "ramp";
    case Stage::Kind::burst: return "burst";
  }
  return "";
}

/// A stage as it runs: rates of the whole run, in messages per second.
Json stage_json(const Stage& stage) {
  Json json{{"kind", name_of(stage.kind)},
            {"for_s", stage.length == Duration::max() ? Json(nullptr) : Json(to_seconds(stage.length))}};
  if (stage.kind == Stage::Kind::burst) {
    json["burst"] = stage.burst;
    json["every_s"] = to_seconds(stage.every);
    return json;
  }
  json["from_per_s"] = stage.from.per_second();
  json["to_per_s"] = (stage.kind == Stage::Kind::ramp ? stage.to : stage.from).per_second();
  return json;
}

Json load_json(const Plan& plan) {
  const Scenario& s = plan.scenario;
  Json shape = Json::array();
  for (const Stage& stage : plan.load.shape) shape.push_back(stage_json(stage));
  Json connections = Json::array();
  for (const ConnectionStage& stage : plan.load.connection_stages)
    connections.push_back({{"to", stage.to}, {"for_s", to_seconds(stage.length)}});
  return {{"kind", plan.load.open_loop() ? "open" : "closed"},
          {"shape", shape},
          {"arrivals", to_string(s.arrivals)},
          {"senders", to_string(s.senders)},
          {"when_full", to_string(s.when_full)},
          {"max_send_lag_s", s.max_send_lag ? Json(to_seconds(*s.max_send_lag)) : Json(nullptr)},
          {"connection_stages", connections},
          {"planned_messages", or_null(plan.load.planned_messages)}};
}

Json deflate_json(const Plan& plan) {
  const Scenario& s = plan.scenario;
  if (!plan.upgrade.deflate) return nullptr;
  return {{"offer", to_string(*plan.upgrade.deflate)},
          {"keep_context", s.keep_context},
          {"level", s.deflate_level},
          {"memory_level", s.deflate_memory_level},
          {"compress", s.compress},
          {"shard_bytes", plan.budget.compression_bytes}};
}

Json seconds_or_null(const std::optional<Duration>& duration) {
  return duration ? Json(to_seconds(*duration)) : Json(nullptr);
}

}  // namespace

Json plan_to_json(const Plan& plan) {
  const Scenario& s = plan.scenario;
  Json json;
  json["description"] = s.description;
  json["url"] = s.url;
  json["target"] = target_json(plan.target);
  json["addresses"] = to_string(s.addresses);
  json["resolve"] = resolve_json(s.resolve);
  json["sources"] = sources_json(plan.sources);
  json["expects_replies"] = plan.expects_replies;

  json["connections"] = s.connections;
  json["open_rate_per_s"] = s.open_rate.per_second();
  json["max_opening"] = s.max_opening;
  json["resolve_timeout_s"] = to_seconds(s.resolve_timeout);
  json["proxy"] = plan.proxy ? Json(plan.proxy->shown()) : Json(nullptr);
  json["proxy_timeout_s"] = to_seconds(s.proxy_timeout);
  json["connect_timeout_s"] = to_seconds(s.connect_timeout);
  json["tls_timeout_s"] = to_seconds(s.tls_timeout);
  json["upgrade_timeout_s"] = to_seconds(s.upgrade_timeout);
  json["close_timeout_s"] = to_seconds(s.close_timeout);

  json["tls"] = plan.target.tls ? tls_json(s) : Json(nullptr);
  json["headers"] = headers_json(s.headers);
  json["subprotocols"] = s.subprotocols;
  json["origin"] = s.origin;
  json["max_head_bytes"] = s.max_head_bytes;
  json["redirects"] = s.redirects;
  json["cookies"] = s.cookies;

  json["socket"] = socket_tuning_json(s);

  json["permessage_deflate"] = deflate_json(plan);
  json["payload_kind"] = to_string(s.payload_kind);
  json["payload_bytes"] = plan.longest_payload();
  json["payload_text"] = s.payload_text ? Json(s.payload_text->substr(0, kPayloadTextBytes)) : Json(nullptr);
  json["mask_key"] = s.fixed_mask_key ? "fixed" : "fresh";
  json["probes"] = s.probes;
  json["max_message_bytes"] = s.max_message_bytes;

  json["in_flight"] = plan.in_flight();
  json["load"] = load_json(plan);
  json["warmup_s"] = to_seconds(s.warmup);
  json["duration_s"] = seconds_or_null(s.duration);
  json["messages"] = or_null(s.messages);
  json["drain_s"] = to_seconds(s.drain);

  json["generator_limits"] = to_string(s.generator_limits);
  json["waiting"] = to_string(s.waiting);
  json["batch_delay_ns"] = s.batch_delay.count();
  json["shards"] = plan.segments.size();
  json["pin"] = s.pin;
  json["segments"] = segments_json(plan.segments);
  json["server_cores"] = plan.server_cores;
  json["server_shards"] = plan.server_shards;
  json["budget"] = budget_json(plan.budget);
  json["memory_bytes"] = plan.memory_bytes;
  json["kernel_memory_bytes"] = plan.kernel_memory_bytes;
  return json;
}

}  // namespace ringstorm
