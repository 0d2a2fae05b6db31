#include "plan/har_import.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "plan/json_tree.h"

namespace ringstorm {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr double kShortestPause = 0.001;  // seconds; a browser's clock is no finer
constexpr const char* kPatience = "5s";   // for messages that a listen without kept timing waits for

// The rest of a browser's headers say what it is, or are the connection's own.
constexpr std::array<std::string_view, 3> kKeptHeaders{"Authorization", "Cookie", "Origin"};

struct Message {
  bool sent = false;
  bool binary = false;
  double at = 0;  ///< seconds
  std::string data;
};

struct Recording {
  std::string url;
  json request;
  std::vector<Message> messages;
};

std::string text_of(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

double number_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::vector<Message> messages_of(const json& list) {
  std::vector<Message> messages;
  for (const json& item : list) {
    const std::string type = text_of(item, "type");
    const double opcode = item.is_object() ? number_of(item, "opcode") : 0;
    if ((type != "send" && type != "receive") || (opcode != 1 && opcode != 2)) continue;
    messages.push_back({type == "send", opcode == 2, number_of(item, "time"), text_of(item, "data")});
  }
  std::ranges::stable_sort(messages, {}, &Message::at);
  return messages;
}

std::vector<Recording> recordings_of(const json& har) {
  std::vector<Recording> recordings;
  const json none = json::array();
  const json& log = har.is_object() && har.contains("log") ? har["log"] : none;
  const json& entries = log.is_object() && log.contains("entries") ? log["entries"] : none;
  for (const json& entry : entries) {
    if (!entry.is_object() || !entry.contains("_webSocketMessages") || !entry.contains("request")) continue;
    const json& request = entry["request"];
    Recording recording{text_of(request, "url"), request, messages_of(entry["_webSocketMessages"])};
    if (!recording.url.empty() && !recording.messages.empty()) recordings.push_back(std::move(recording));
  }
  return recordings;
}

/// "ws://host:1/path?query" is "ws://host:1" and "/path?query".
std::pair<std::string, std::string> cut_url(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t path = std::min(url.find_first_of("/?#", begin), url.size());
  const std::string_view named = std::string_view(url).substr(path, url.find('#', path) - path);
  std::string resource(named.starts_with('/') ? "" : "/");
  resource += named;
  return {url.substr(0, path), std::move(resource)};
}

/// Two braces open a hole; four stand for two.
std::string without_holes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair = text.substr(i).starts_with("{{");
    out += pair ? "{{{{" : text.substr(i, 1);
    i += pair;
  }
  return out;
}

std::string milliseconds_text(double seconds) {
  return fmt::format("{}ms", std::llround(seconds * 1000));
}

/// Makes the steps of one recording.
class Steps {
 public:
  Steps(const std::vector<Message>& messages, ImportTiming timing) : messages_(messages), timing_(timing) {}

  ordered_json make() && {
    for (std::size_t i = 0; i < messages_.size();) {
      i = messages_[i].sent ? add_sent(i) : add_received(i);
    }
    return std::move(steps_);
  }

 private:
  bool keeps_time() const { return timing_ == ImportTiming::keep; }

  std::size_t add_sent(std::size_t i) {
    const Message& message = messages_[i];
    if (keeps_time() && i > 0 && message.at - paused_until_ >= kShortestPause)
      steps_.push_back({{"wait", milliseconds_text(message.at - paused_until_)}});
    paused_until_ = message.at;
    const bool answered = i + 1 < messages_.size() && !messages_[i + 1].sent;
    ordered_json what = {
        {message.binary ? "binary" : "text", message.binary ? message.data : without_holes(message.data)}};
    if (!answered) what["reply"] = false;
    steps_.push_back({{"send", what}});
    return i + 1;
  }

  std::size_t add_received(std::size_t first) {
    std::size_t next = first;
    while (next < messages_.size() && !messages_[next].sent) ++next;
    steps_.push_back("expect");
    paused_until_ = messages_[first].at;
    if (next - first == 1) return next;
    const double until = next < messages_.size() ? messages_[next].at : messages_[next - 1].at;
    if (!keeps_time()) {
      steps_.push_back({{"listen", {{"count", next - first - 1}, {"for", kPatience}}}});
    } else if (until - paused_until_ >= kShortestPause) {
      steps_.push_back({{"listen", milliseconds_text(until - paused_until_)}});
      paused_until_ = until;
    }
    return next;
  }

  const std::vector<Message>& messages_;
  ImportTiming timing_;
  double paused_until_ = 0;  ///< what the steps so far have come to, in the recording's time
  ordered_json steps_ = ordered_json::array();
};

void add_headers(ordered_json& session, const json& request) {
  if (!request.contains("headers") || !request["headers"].is_array()) return;
  for (const json& header : request["headers"]) {
    const std::string name = text_of(header, "name"), value = text_of(header, "value");
    const auto same = [&](std::string_view kept) {
      return std::ranges::equal(kept, name, [](char a, char b) { return (a | 0x20) == (b | 0x20); });
    };
    if (std::ranges::any_of(kKeptHeaders, same)) session["headers"][name] = value;
    if (same("Sec-WebSocket-Protocol") && !value.empty()) {
      for (std::size_t at = 0; at < value.size();) {
        const std::size_t end = std::min(value.find(',', at), value.size());
        const std::size_t begin = value.find_first_not_of(' ', at);
        if (begin < end) session["subprotocols"].push_back(value.substr(begin, end - begin));
        at = end + 1;
      }
    }
  }
}

ordered_json session_of(const Recording& recording, std::size_t number, ImportTiming timing) {
  ordered_json session = {{"name", fmt::format("recording-{}", number)},
                          {"path", cut_url(recording.url).second}};
  add_headers(session, recording.request);
  session["steps"] = Steps(recording.messages, timing).make();
  return session;
}

double seconds_of(const Recording& recording) {
  return recording.messages.back().at - recording.messages.front().at;
}

}  // namespace

Result<std::string> import_har(std::string_view har, std::string_view file_name, ImportTiming timing) {
  json parsed;
  try {
    parsed = json::parse(har);
  } catch (const json::parse_error& error) {
    const TextPosition at = position_of(har, error.byte > 0 ? error.byte - 1 : 0);
    return Error{fmt::format("{}:{}:{}", file_name, at.line, at.column),
                 "malformed JSON, expected an HTTP Archive",
                 "save it in the browser's developer tools, network, as HAR with content"};
  }
  const std::vector<Recording> recordings = recordings_of(parsed);
  if (recordings.empty())
    return Error{std::string(file_name), "holds no WebSocket with messages",
                 "Chromium and WebKit record them while the developer tools are open"};
  const std::string server = cut_url(recordings.front().url).first;
  double longest = 1;
  ordered_json sessions = ordered_json::array();
  for (const Recording& recording : recordings) {
    if (cut_url(recording.url).first != server)
      return Error{std::string(file_name),
                   fmt::format("holds WebSockets of {} and of {}, expected those of one server",
                               shortened(server, 80), shortened(cut_url(recording.url).first, 80)),
                   "filter the recording before it is saved"};
    longest = std::max(longest, std::ceil(seconds_of(recording)));
    sessions.push_back(session_of(recording, sessions.size() + 1, timing));
  }
  ordered_json scenario = {
      {"description",
       fmt::format("Recorded in {}.", shortened(file_name.substr(file_name.rfind('/') + 1), 100))},
      {"url", server + "/"},
      {"connections", recordings.size()},
      {"duration", fmt::format("{}s", timing == ImportTiming::keep ? std::llround(longest) : 10)},
      {"sessions", std::move(sessions)}};
  return scenario.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace ringstorm
