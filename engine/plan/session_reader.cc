#include "plan/session_reader.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "base/units.h"
#include "load/stamp.h"
#include "load/words.h"
#include "plan/json_members.h"
#include "plan/load_reader.h"
#include "session/compiler.h"

namespace ringstorm {
namespace {

using Kind = JsonNode::Kind;

constexpr std::size_t kMostSessions = 64;
constexpr std::uint64_t kMostConnections = 10'000'000;
constexpr std::uint64_t kMostWeight = 1'000'000;
constexpr std::array<std::string_view, 3> kPolicies{"never", "at_once", "back_off"};

constexpr std::string_view kExpectedName = "1 to 64 of the characters a-z, 0-9 and \"-\"";

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

constexpr std::string_view kExpectedPath = "a path as in a URL, such as \"/chat?room=1\"";

bool is_path(std::string_view path) {
  return path.starts_with('/') &&
         std::ranges::all_of(path, [](char c) { return c > ' ' && c < 0x7F && c != '#'; });
}

std::optional<Duration> parse_delay(std::string_view text) {
  const auto delay = parse_duration(text);
  return delay && *delay >= milliseconds(1) && *delay <= seconds(3600) ? delay : std::nullopt;
}

std::optional<double> parse_factor(std::string_view text) {
  const auto factor = parse_number(text);
  return factor && *factor >= 1 && *factor <= 100 ? factor : std::nullopt;
}

std::optional<double> parse_jitter(std::string_view text) {
  const auto jitter = parse_share_or_none(text);
  return jitter && *jitter <= 1 ? jitter : std::nullopt;
}

class SessionReader {
 public:
  SessionReader(const ReadBeside& read, const JsonFindings& findings)
      : findings_(findings), steps_(read, findings) {}

  SessionForm read(const JsonNode& node, const std::string& pointer, std::size_t index) const {
    static constexpr std::array<std::string_view, 13> kNames{
        "name",  "weight",   "count",     "path",     "headers",   "subprotocols", "on_connect",
        "steps", "on_close", "reconnect", "lifetime", "publishes", "subscribes"};
    SessionForm form{.name = std::to_string(index + 1), .where = pointer};
    if (node.kind != Kind::object) {
      findings_.refuse(node, pointer, "an object such as {\"steps\": [{\"send\": \"hello\"}, \"expect\"]}");
      return form;
    }
    const JsonMembers members(node, pointer, findings_, kNames);
    read_share(form, members);
    if (const auto name = members.text("name")) read_name(form, *name, members);
    if (const auto path = members.text("path")) read_path(form, *path, members);
    read_upgrade(form, members);
    read_topic(form.publishes, "publishes", members);
    read_topic(form.subscribes, "subscribes", members);
    read_steps(form.on_connect, "on_connect", members);
    read_steps(form.steps, "steps", members);
    read_steps(form.on_close, "on_close", members);
    if (const JsonNode* reconnect = members.get("reconnect"))
      form.reconnect = read_reconnect(*reconnect, members.pointer_of("reconnect"));
    if (const JsonNode* lifetime = members.get("lifetime"))
      form.lifetime = steps_.read_distribution(*lifetime, members.pointer_of("lifetime"));
    return form;
  }

 private:
  void read_share(SessionForm& form, const JsonMembers& members) const {
    form.weight =
        members.read("weight", count_up_to(0, kMostWeight), "a whole number from 0 to 1,000,000").value_or(1);
    form.count =
        members.read("count", count_up_to(0, kMostConnections), "a whole number from 0 to 10,000,000");
    if (form.count) members.exclude("weight", "a session with a count takes no share of the others");
  }

  void read_name(SessionForm& form, const std::string& name, const JsonMembers& members) const {
    if (!is_name(name))
      return findings_.refuse(*members.get("name"), members.pointer_of("name"), kExpectedName);
    form.name = name;
  }

  void read_topic(std::string& topic, std::string_view member, const JsonMembers& members) const {
    const auto text = members.text(member);
    if (!text) return;
    if (!is_name(*text))
      return findings_.refuse(*members.get(member), members.pointer_of(member), kExpectedName);
    topic = *text;
  }

  void read_path(SessionForm& form, const std::string& path, const JsonMembers& members) const {
    if (!is_path(path))
      return findings_.refuse(*members.get("path"), members.pointer_of("path"), kExpectedPath);
    form.path = path;
  }

  void read_upgrade(SessionForm& form, const JsonMembers& members) const {
    if (const JsonNode* headers = members.get("headers")) {
      if (headers->kind != Kind::object)
        findings_.refuse(*headers, members.pointer_of("headers"), "an object of names with a string each");
      for (const JsonNode& header : headers->children) {
        if (header.kind != Kind::string)
          findings_.refuse(header, members.pointer_of("headers") + "/" + pointer_step(header.key),
                           "a string");
        form.headers.emplace_back(header.key, header.kind == Kind::string ? header.text : "");
      }
    }
    const JsonNode* subprotocols = members.get("subprotocols");
    if (subprotocols == nullptr) return;
    if (subprotocols->kind != Kind::list)
      return findings_.refuse(*subprotocols, members.pointer_of("subprotocols"), "a list of strings");
    form.subprotocols.emplace();
    for (const JsonNode& item : subprotocols->children) {
      if (item.kind != Kind::string)
        findings_.refuse(item, members.pointer_of("subprotocols"), "a list of strings");
      form.subprotocols->push_back(item.text);
    }
  }

  void read_steps(std::vector<StepForm>& steps, std::string_view name, const JsonMembers& members) const {
    if (const JsonNode* node = members.get(name)) steps = steps_.read_steps(*node, members.pointer_of(name));
  }

  ReconnectForm read_reconnect(const JsonNode& node, const std::string& pointer) const {
    static constexpr std::array<std::string_view, 1> kNames{"back_off"};
    constexpr std::string_view kExpected =
        "\"never\", \"at_once\", \"back_off\", or {\"back_off\": {\"first\": \"100ms\", \"max\": \"30s\"}}";
    ReconnectForm form;
    if (node.kind == Kind::string) {
      const auto policy = std::ranges::find(kPolicies, node.text);
      if (policy != kPolicies.end()) {
        form.kind = static_cast<ReconnectForm::Kind>(policy - kPolicies.begin());
      } else {
        findings_.complain(node.begin, pointer,
                           fmt::format("found \"{}\", expected {}", shortened(node.text, 40), kExpected),
                           did_you_mean(node.text, kPolicies));
      }
      return form;
    }
    form.kind = ReconnectForm::Kind::back_off;
    const JsonNode* back_off = node.kind == Kind::object ? node.member("back_off") : nullptr;
    if (back_off == nullptr || back_off->kind != Kind::object) {
      findings_.refuse(node, pointer, kExpected);
      return form;
    }
    const JsonMembers members(node, pointer, findings_, kNames);
    return read_back_off(*back_off, members.pointer_of("back_off"));
  }

  ReconnectForm read_back_off(const JsonNode& node, const std::string& pointer) const {
    static constexpr std::array<std::string_view, 4> kNames{"first", "max", "factor", "jitter"};
    constexpr std::string_view kExpectedDelay = "a duration from 1 ms to 1 h, such as \"100ms\"";
    const JsonMembers members(node, pointer, findings_, kNames);
    ReconnectForm form{.kind = ReconnectForm::Kind::back_off};
    form.first = members.read("first", parse_delay, kExpectedDelay).value_or(form.first);
    form.most = members.read("max", parse_delay, kExpectedDelay).value_or(std::max(form.most, form.first));
    form.factor = members.read("factor", parse_factor, "a number from 1 to 100").value_or(form.factor);
    form.jitter = members.read("jitter", parse_jitter, "a share such as \"50%\" or 0.5, at most 1")
                      .value_or(form.jitter);
    if (form.most < form.first)
      findings_.complain(node.begin, pointer, "\"max\" is shorter than \"first\"", "");
    return form;
  }

  const JsonFindings& findings_;
  StepReader steps_;
};

std::optional<Duration> parse_every(std::string_view text) {
  const auto every = parse_duration(text);
  return every && *every >= microseconds(1) && *every <= seconds(3600) ? every : std::nullopt;
}

std::optional<std::uint64_t> parse_stamped_size(std::string_view text) {
  const auto size = parse_bytes(text);
  return size && *size >= kStampBytes && *size <= kLongestFilledBytes ? size : std::nullopt;
}

}  // namespace

FanOutForm read_fan_out(const JsonNode& node, const std::string& pointer, const JsonFindings& findings) {
  static constexpr std::array<std::string_view, 5> kNames{"publishers", "subscribers", "every", "size",
                                                          "path"};
  constexpr std::string_view kExpectedCount = "a whole number from 1 to 10,000,000";
  FanOutForm form;
  if (node.kind != Kind::object) {
    findings.refuse(node, pointer, kExpectedFanOut);
    return form;
  }
  const JsonMembers members(node, pointer, findings, kNames);
  members.require("publishers", "how many connections publish");
  members.require("subscribers", "how many connections are to get what they publish");
  const auto count = count_up_to(1, kMostConnections);
  form.publishers = members.read("publishers", count, kExpectedCount).value_or(form.publishers);
  form.subscribers = members.read("subscribers", count, kExpectedCount).value_or(form.subscribers);
  form.every = members.read("every", parse_every, "a duration from 1 us to 1 h, such as \"100ms\"")
                   .value_or(form.every);
  form.size = members.read("size", parse_stamped_size, "a size from 52 B to 60 KiB, such as \"1KiB\"")
                  .value_or(form.size);
  if (const auto path = members.text("path"); path && is_path(*path)) {
    form.path = *path;
  } else if (path) {
    findings.refuse(*members.get("path"), members.pointer_of("path"), kExpectedPath);
  }
  return form;
}

std::vector<SessionForm> read_sessions(const JsonNode& node, const std::string& pointer,
                                       const ReadBeside& read, const JsonFindings& findings) {
  std::vector<SessionForm> sessions;
  if (node.kind != Kind::list || node.children.size() > kMostSessions) {
    findings.refuse(node, pointer, kExpectedSessions);
    return sessions;
  }
  const SessionReader reader(read, findings);
  for (std::size_t i = 0; i < node.children.size(); ++i)
    sessions.push_back(reader.read(node.children[i], fmt::format("{}/{}", pointer, i), i));
  return sessions;
}

}  // namespace ringstorm
