#include "report/socket_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"
#include "plan/socket_fields.h"
#include "report/printable.h"

namespace ringstorm {
namespace {

using Json = nlohmann::ordered_json;
using Sockets = std::vector<std::optional<SocketValues>>;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json or_null(const std::optional<Duration>& value) {
  return value ? Json(to_seconds(*value)) : Json(nullptr);
}

Json keepalive_json(const SocketValues& v) {
  if (!v.keepalive.value_or(false)) return nullptr;
  return {{"idle_s", or_null(v.keepalive_idle)},
          {"interval_s", or_null(v.keepalive_interval)},
          {"count", or_null(v.keepalive_count)}};
}

Json values_json(const std::optional<SocketValues>& values) {
  if (!values) return nullptr;
  return {{"no_delay", or_null(values->no_delay)},
          {"receive_buffer_bytes", values->receive_buffer},
          {"send_buffer_bytes", values->send_buffer},
          {"keepalive", keepalive_json(*values)},
          {"congestion", or_null(values->congestion)},
          {"tos", or_null(values->tos)},
          {"quick_ack", or_null(values->quick_ack)},
          {"bind_device", values->bind_device.empty() ? Json(nullptr) : Json(values->bind_device)}};
}

std::string values_text(const SocketValues& v) {
  std::string text = fmt::format("receive buffer {}, send buffer {}", format_bytes(v.receive_buffer),
                                 format_bytes(v.send_buffer));
  const auto flag = [&](const char* name, const std::optional<bool>& value) {
    if (value) text += fmt::format(", {} {}", name, *value ? "on" : "off");
  };
  flag("no delay", v.no_delay);
  flag("quick ACK", v.quick_ack);
  flag("keepalive", v.keepalive);
  if (v.keepalive.value_or(false))
    text += fmt::format(
        " ({}, then {} times every {})", format_duration(v.keepalive_idle.value_or(Duration{0})),
        v.keepalive_count.value_or(0), format_duration(v.keepalive_interval.value_or(Duration{0})));
  if (v.congestion) text += ", congestion " + printable(*v.congestion, 20);
  if (v.tos) text += fmt::format(", TOS {}", *v.tos);
  if (!v.bind_device.empty()) text += ", bound to " + printable(v.bind_device, 20);
  return text;
}

}  // namespace

Json socket_tuning_json(const Scenario& scenario) {
  const SocketTuning t = socket_tuning(scenario);
  return {{"no_delay", t.no_delay},
          {"receive_buffer_bytes", or_null(t.receive_buffer)},
          {"send_buffer_bytes", or_null(t.send_buffer)},
          {"keepalive", t.keepalive},
          {"keepalive_idle_s", or_null(t.keepalive_idle)},
          {"keepalive_interval_s", or_null(t.keepalive_interval)},
          {"keepalive_count", or_null(t.keepalive_count)},
          {"congestion", or_null(t.congestion)},
          {"tos", or_null(t.tos)},
          {"quick_ack", t.quick_ack},
          {"bind_device", or_null(t.bind_device)}};
}

Json socket_values_json(const Sockets& sockets) {
  Json list = Json::array();
  for (const auto& values : sockets) list.push_back(values_json(values));
  return list;
}

std::string socket_values_text(const Sockets& sockets) {
  const auto first = std::ranges::find_if(sockets, [](const auto& values) { return values.has_value(); });
  if (first == sockets.end()) return "what the kernel set is not known: none was connected, or it cannot say";
  const auto others =
      std::ranges::count_if(sockets, [&](const auto& values) { return values && *values != **first; });
  std::string text = values_text(**first);
  if (others > 0) text += fmt::format("; not the same on {} other shards, see report.json", others);
  return text;
}

}  // namespace ringstorm
