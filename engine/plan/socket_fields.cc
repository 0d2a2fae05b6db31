#include "plan/socket_fields.h"

#include <fmt/format.h>

#include "base/units.h"
#include "plan/json_tree.h"

namespace ringstorm {
namespace {

constexpr std::size_t kLongestName = 15;  // IFNAMSIZ and TCP_CA_NAME_MAX, without the zero

bool wants_keepalive(const Scenario& s) {
  return s.keepalive_idle || s.keepalive_interval || s.keepalive_count;
}

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName && name.find('\0') == std::string::npos;
}

}  // namespace

SocketTuning socket_tuning(const Scenario& s) {
  SocketTuning tuning{.no_delay = s.no_delay,
                      .receive_buffer = s.receive_buffer_bytes,
                      .send_buffer = s.send_buffer_bytes,
                      .keepalive = wants_keepalive(s),
                      .keepalive_idle = s.keepalive_idle,
                      .keepalive_interval = s.keepalive_interval,
                      .keepalive_count = s.keepalive_count,
                      .congestion = s.congestion,
                      .tos = s.tos,
                      .quick_ack = s.quick_ack,
                      .bind_device = s.bind_device};
  if (s.dscp) tuning.tos = *s.dscp << 2;  // RFC 2474: the upper six bits
  return tuning;
}

std::vector<Error> find_socket_mistakes(const Scenario& s) {
  std::vector<Error> errors;
  const auto name = [&](const char* where, const std::optional<std::string>& text, const char* hint) {
    if (!text || is_name(*text)) return;
    errors.push_back({where,
                      fmt::format("found \"{}\", expected a name of 1 to {} characters", shortened(*text, 40),
                                  kLongestName),
                      hint});
  };
  const auto whole = [&](const char* where, const std::optional<Duration>& duration) {
    if (!duration || *duration % seconds(1) == Duration{0}) return;
    errors.push_back(
        {where, fmt::format("found {}, expected whole seconds", format_duration(*duration)), ""});
  };
  name("/socket/congestion", s.congestion, "such as \"cubic\"");
  name("/socket/bind_device", s.bind_device, "such as \"eth0\"");
  whole("/socket/keepalive/idle", s.keepalive_idle);
  whole("/socket/keepalive/interval", s.keepalive_interval);
  if (s.tos && s.dscp)
    errors.push_back({"/socket/dscp", "\"tos\" and \"dscp\" exclude each other", "tos is dscp times four"});
  return errors;
}

std::vector<Error> find_what_needs_tcp(const Scenario& s) {
  std::vector<Error> errors;
  const auto refuse = [&](bool asked, const char* where) {
    if (asked) errors.push_back({where, "is TCP's, and the url is a Unix socket's", "leave it out"});
  };
  refuse(wants_keepalive(s), "/socket/keepalive");
  refuse(s.congestion.has_value(), "/socket/congestion");
  refuse(s.tos.has_value(), "/socket/tos");
  refuse(s.dscp.has_value(), "/socket/dscp");
  refuse(s.quick_ack, "/socket/quick_ack");
  refuse(s.bind_device.has_value(), "/socket/bind_device");
  return errors;
}

std::string socket_text(const Scenario& s) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (!s.no_delay) add("delayed as Nagle has it");
  if (s.receive_buffer_bytes) add("receive buffer " + format_bytes(*s.receive_buffer_bytes));
  if (s.send_buffer_bytes) add("send buffer " + format_bytes(*s.send_buffer_bytes));
  if (wants_keepalive(s)) add("keepalive");
  if (s.keepalive_idle) add("after " + format_duration(*s.keepalive_idle));
  if (s.keepalive_interval) add("every " + format_duration(*s.keepalive_interval));
  if (s.keepalive_count) add(fmt::format("{} times", *s.keepalive_count));
  if (s.congestion) add("congestion " + *s.congestion);
  if (s.tos) add(fmt::format("TOS {}", *s.tos));
  if (s.dscp) add(fmt::format("DSCP {}", *s.dscp));
  if (s.quick_ack) add("quick ACK");
  if (s.bind_device) add("bound to " + *s.bind_device);
  return text;
}

}  // namespace ringstorm
