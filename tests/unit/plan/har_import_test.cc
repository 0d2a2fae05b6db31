#include "plan/har_import.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "plan/scenario_file.h"

namespace ringstorm {
namespace {

using nlohmann::json;

json entry(const std::string& url, json messages) {
  return {{"startedDateTime", "2026-01-01T00:00:00Z"},
          {"request",
           {{"method", "GET"},
            {"url", url},
            {"headers",
             {{{"name", "Host"}, {"value", "x"}},
              {{"name", "cookie"}, {"value", "a=b"}},
              {{"name", "Sec-WebSocket-Protocol"}, {"value", "chat, v2"}}}}}},
          {"_webSocketMessages", std::move(messages)}};
}

json message(const char* type, double at, const std::string& data, int opcode = 1) {
  return {{"type", type}, {"time", at}, {"opcode", opcode}, {"data", data}};
}

std::string har(const json& entries) {
  return json{{"log", {{"version", "1.2"}, {"entries", entries}}}}.dump();
}

const json kChat = {
    message("receive", 1000.0, "welcome"), message("send", 1000.5, "{\"a\":{{1}}}"),
    message("receive", 1000.6, "ack"),     message("receive", 1000.7, "push"),
    message("send", 1002.6, "AAEC", 2),    message("send", 1002.6, "{{{{"),
    message("receive", 1002.8, "last"),    message("error", 1003, "gone", 8),
};

json imported(const std::string& text, ImportTiming timing = ImportTiming::keep) {
  const auto scenario = import_har(text, "dir/capture.har", timing);
  EXPECT_TRUE(scenario.ok()) << to_string(scenario.error());
  return scenario.ok() ? json::parse(*scenario) : json();
}

std::string refused(const std::string& text) {
  const auto scenario = import_har(text, "dir/capture.har", ImportTiming::keep);
  return scenario.ok() ? "" : to_string(scenario.error());
}

TEST(HarImport, KeepsWhatWasSaidAndItsTiming) {
  const json scenario = imported(
      har({{{"request", {{"url", "https://x.example/"}}}}, entry("ws://x.example:81/chat?r=1", kChat)}));
  EXPECT_EQ(scenario["url"], "ws://x.example:81/");
  EXPECT_EQ(scenario["connections"], 1);
  EXPECT_EQ(scenario["duration"], "3s");
  ASSERT_EQ(scenario["sessions"].size(), 1U);
  const json& session = scenario["sessions"][0];
  EXPECT_EQ(session["name"], "recording-1");
  EXPECT_EQ(session["path"], "/chat?r=1");
  EXPECT_EQ(session["headers"], (json{{"cookie", "a=b"}}));
  EXPECT_EQ(session["subprotocols"], (json{"chat", "v2"}));
  EXPECT_EQ(session["steps"].dump(),
            R"(["expect",{"wait":"500ms"},{"send":{"text":"{\"a\":{{{{1}}}"}},"expect",{"listen":"2000ms"},)"
            R"({"send":{"binary":"AAEC","reply":false}},{"send":{"text":"{{{{{{{{"}},"expect"])");
}

TEST(HarImport, ClosesUp) {
  const json scenario = imported(har(json::array({entry("ws://x/", kChat)})), ImportTiming::close);
  EXPECT_EQ(scenario["duration"], "10s");
  EXPECT_EQ(scenario["sessions"][0]["steps"].dump(),
            R"(["expect",{"send":{"text":"{\"a\":{{{{1}}}"}},"expect",{"listen":{"count":1,"for":"5s"}},)"
            R"({"send":{"binary":"AAEC","reply":false}},{"send":{"text":"{{{{{{{{"}},"expect"])");
}

TEST(HarImport, EachWebSocketIsASession) {
  const json scenario =
      imported(har({entry("wss://x/a", kChat), entry("wss://x/b", {message("send", 1, "hi")})}));
  EXPECT_EQ(scenario["connections"], 2);
  EXPECT_EQ(scenario["url"], "wss://x/");
  EXPECT_EQ(scenario["sessions"][1]["path"], "/b");
  EXPECT_EQ(scenario["sessions"][1]["steps"].dump(), R"([{"send":{"reply":false,"text":"hi"}}])");
}

TEST(HarImport, IsReadAsAScenario) {
  const std::string text = har({entry("wss://x/a", kChat), entry("wss://x/b", {message("send", 1, "hi")})});
  for (const ImportTiming timing : {ImportTiming::keep, ImportTiming::close}) {
    const auto scenario = parse_scenario(*import_har(text, "capture.har", timing), "imported.json");
    ASSERT_TRUE(scenario.ok()) << to_string(scenario.error());
    ASSERT_EQ(scenario->sessions.size(), 2U);
    const SessionForm& session = scenario->sessions[0];
    EXPECT_EQ(session.path, "/a");
    EXPECT_EQ(session.subprotocols, (std::vector<std::string>{"chat", "v2"}));
    std::vector<std::string> sent;
    for (const StepForm& step : session.steps)
      if (step.kind == StepForm::Kind::send) sent.push_back(step.message.content);
    EXPECT_EQ(sent, (std::vector<std::string>{"{\"a\":{{{{1}}}", std::string("\0\1\2", 3), "{{{{{{{{"}));
  }
}

TEST(HarImport, RefusesWhatHoldsNone) {
  EXPECT_EQ(refused("{\n \"log\": }"),
            "dir/capture.har:2:9: malformed JSON, expected an HTTP Archive (save it in the browser's "
            "developer tools, "
            "network, as HAR with content)");
  for (const std::string& text :
       {std::string("[]"), std::string("{\"log\": 3}"), har(json::array()),
        har(json::array({entry("", kChat)})), har(json::array({entry("ws://x/", json::array())})),
        har({{{"_webSocketMessages", kChat}}}), har({3, nullptr})})
    EXPECT_TRUE(refused(text).starts_with("dir/capture.har: holds no WebSocket with messages")) << text;
  EXPECT_TRUE(refused(har({entry("ws://x/", kChat), entry("ws://y/", kChat)}))
                  .starts_with("dir/capture.har: holds WebSockets of ws://x and of ws://y"));
}

TEST(HarImport, AnyFieldMayBeOfAnyType) {
  const json whole = json::parse(har(json::array({entry("ws://x/a", kChat)})));
  const json places = whole.flatten();
  for (const auto& place : places.items()) {
    for (json::json_pointer at(place.key()); !at.empty(); at.pop_back()) {
      for (const json& other :
           {json(), json(3), json("x"), json::array(), json::object(), json::array({1})}) {
        json changed = whole;
        changed[at] = other;
        (void)import_har(changed.dump(), "x.har", ImportTiming::keep);
      }
    }
  }
}

}  // namespace
}  // namespace ringstorm
