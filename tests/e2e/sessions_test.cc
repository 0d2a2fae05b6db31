// Scenarios with sessions against servers that share no code with ringstorm, whose own counts the report is
// held against; and the ready ones, at small scale.
#include <map>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/peer.h"
#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::HasSubstr;

std::string ready(const std::string& name) {
  return std::string{RINGSTORM_SOURCE_DIR} + "/scenarios/" + name;
}

void expect_sound(const Outcome& outcome) {
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  ASSERT_TRUE(outcome.report.is_object()) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "");
  EXPECT_EQ(schema_violations(outcome.report), "");
  // Whatever was received is one of these.
  const std::uint64_t heard = outcome.count("/messages/answered") + outcome.count("/sessions/heard/pushed") +
                              outcome.count("/sessions/heard/listened") +
                              outcome.count("/sessions/heard/unmatched") +
                              outcome.count("/sessions/heard/unawaited");
  EXPECT_EQ(outcome.count("/messages/received"), heard) << outcome.all();
}

/// A run against talk_ws.js, and what that counted.
struct Talk {
  Talk(const std::string& scenario, const std::string& path, std::vector<std::string> arguments) {
    Peer peer("talk_ws.js");
    arguments.insert(arguments.begin(), {scenario, "--url", peer.url(path)});
    outcome = run(arguments);
    peer_counts = peer.stop();
    expect_sound(outcome);
    EXPECT_EQ(outcome.count("/messages/sent"), peer_counts.messages) << outcome.all();
    EXPECT_EQ(outcome.count("/bytes/sent_payload"), peer_counts.bytes);
    EXPECT_EQ(outcome.count("/connections/opened"), peer_counts.connections);
  }
  std::uint64_t of_peer(const std::string& pointer) const {
    return peer_counts.all.value(nlohmann::json::json_pointer(pointer), std::uint64_t{0});
  }

  Outcome outcome;
  PeerCounts peer_counts;
};

TEST(Sessions, RequestsCarryWhatWasCaptured) {
  const Talk talk(ready("request-reply.json"), "/rpc", {"-c", "5", "-d", "500ms"});
  EXPECT_EQ(talk.of_peer("/kinds/login"), 5U);
  EXPECT_GT(talk.of_peer("/kinds/query"), 20U);
  EXPECT_EQ(talk.of_peer("/bad_tokens"), 0U);
  EXPECT_EQ(talk.outcome.count("/messages/received"), talk.of_peer("/sent"));
  EXPECT_EQ(talk.outcome.count("/messages/answered"), talk.outcome.count("/messages/sent"));
  EXPECT_TRUE(talk.outcome.report["sessions"]["steps"].empty()) << talk.outcome.all();
}

TEST(Sessions, AGraphQlSubscriptionIsFollowedToItsEnd) {
  const Talk talk(ready("graphql-subscription.json"), "/graphql", {"-c", "5", "-d", "500ms"});
  EXPECT_EQ(talk.of_peer("/kinds/connection_init"), 5U);
  EXPECT_EQ(talk.of_peer("/kinds/complete"), 5U) << "on_close";
  EXPECT_GT(talk.outcome.count("/sessions/list/0/passes"), 10U);
  // Three values and the end for each subscription, the first of which answers it.
  EXPECT_GE(talk.outcome.count("/sessions/heard/listened"),
            3 * talk.outcome.count("/sessions/list/0/passes"));
}

TEST(Sessions, WhatOneSaysInAChatAllHear) {
  const Talk talk(ready("chat.json"), "/chat", {"-c", "10", "-d", "1s"});
  EXPECT_EQ(talk.outcome.count("/sessions/list/0/connections"), 9U);
  EXPECT_GT(talk.of_peer("/kinds/say"), 0U);
  EXPECT_EQ(talk.outcome.count("/messages/answered"), talk.outcome.count("/messages/sent"));
  EXPECT_GE(talk.outcome.count("/sessions/heard/listened"), 8 * talk.of_peer("/kinds/say"));
}

TEST(Sessions, AChatsReadersAreTimedFromWhenAWriterMeantIt) {
  const Talk talk(ready("chat.json"), "/chat", {"-c", "10", "-d", "1s"});
  const Outcome& outcome = talk.outcome;
  EXPECT_EQ(outcome.count("/fan_out/expected"), 9 * talk.of_peer("/kinds/say")) << outcome.all();
  EXPECT_EQ(outcome.count("/fan_out/lost"), 0U) << outcome.all();
  EXPECT_EQ(outcome.count("/fan_out/duplicated") + outcome.count("/fan_out/out_of_order"), 0U);
  EXPECT_EQ(outcome.count("/fan_out/last_receiver/reached_everyone"), talk.of_peer("/kinds/say"));
}

TEST(Sessions, AFeedIsOnlyListenedTo) {
  const Talk talk(ready("ticker.json"), "/ticker", {"-c", "5", "-d", "1s"});
  EXPECT_EQ(talk.outcome.count("/messages/sent"), 0U);
  EXPECT_GT(talk.outcome.count("/messages/received"), 100U);
  EXPECT_LE(talk.outcome.count("/messages/received"), talk.of_peer("/sent"));
}

TEST(Sessions, WhatDoesNotMatchAndWhatIsNotRightAreCountedByStep) {
  const TemporaryFolder folder;
  const std::string file = folder.write("tease.json", R"({
    "connections": 3, "duration": "500ms",
    "sessions": [{"name": "teased", "steps": [
      {"send": {"json": {"type": "ask", "id": "{{connection}}/{{sequence}}"}}},
      {"expect": {"match": {"json": {"/type": "answer"}}, "check": {"json": {"/ok": true}}}}]}]})");
  const Talk talk(file, "/tease", {});
  const std::uint64_t asked = talk.of_peer("/kinds/ask");
  EXPECT_GT(asked, 9U);
  EXPECT_EQ(talk.outcome.count("/messages/answered"), asked);
  EXPECT_EQ(talk.outcome.count("/sessions/heard/unmatched"), asked);
  EXPECT_EQ(talk.outcome.report["sessions"]["steps"][0]["step"], "/sessions/0/steps/1");
  EXPECT_EQ(talk.outcome.count("/sessions/steps/0/unmatched"), asked);
  EXPECT_EQ(talk.outcome.count("/sessions/steps/0/checks_failed"), asked / 3);
}

// A pass has a row, from its first message to its last; on_connect has the first pass's.
TEST(Sessions, TakeARowForEachPass) {
  const TemporaryFolder folder;
  std::string users = "name,city\n";
  for (int i = 0; i < 7; ++i)
    users += "user" + std::to_string(i) + ",town" + std::to_string(i) +
             std::string(static_cast<std::size_t>(i) * 10, 'x') + "\n";
  folder.write("users.csv", users);
  const std::string file = folder.write("fed.json", R"({
    "connections": 5, "duration": "400ms", "shards": 2,
    "feeders": {"users": {"file": "users.csv", "share": "per_connection"}},
    "sessions": [{
      "on_connect": [{"send": "{{connection}} hello {{users.name}} {{users.city}}"},
                     {"expect": {"match": {"text": {"contains": "hello"}}, "timeout": "5s"}}],
      "steps": [{"send": "{{connection}} first {{users.name}} {{users.city}}"}, "expect",
                {"send": {"json": {"who": "{{users.name}}", "from": "{{connection}}"}}},
                {"expect": {"check": {"json": {"/who": "{{users.name}}"}}}}, {"wait": "1ms"}]}]})");
  Peer peer("echo_websockets.py", {"--keep", "100000"});
  const Outcome outcome = run({file, "--url", peer.url()});
  const PeerCounts counts = peer.stop();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(outcome.count("/messages/answered"), counts.messages);
  EXPECT_TRUE(outcome.report["sessions"]["steps"].empty()) << "each answer has its pass's name";
  std::map<std::string, std::vector<std::string>> passes;
  for (const nlohmann::json& text : counts.all["texts"]) {
    std::istringstream words(text.get<std::string>());
    std::string connection, kind, name, city;
    words >> connection >> kind >> name >> city;
    if (kind == "hello") {
      EXPECT_EQ(name, "user0");
    }
    if (kind != "first") continue;
    EXPECT_EQ(city.substr(0, 5), "town" + name.substr(4));
    passes[connection].push_back(name);
  }
  ASSERT_EQ(passes.size(), 5U);
  for (const auto& [connection, names] : passes) {
    ASSERT_GT(names.size(), 7U);
    for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(names[i], "user" + std::to_string(i % 7));
  }
}

TEST(Sessions, WhatNeverComesIsATimeoutThatTheReportNames) {
  const TemporaryFolder folder;
  const std::string file = folder.write("never.json", R"({
    "connections": 4, "duration": "600ms",
    "sessions": [{"steps": [{"send": {"json": {"type": "unknown"}}}, {"expect": {"timeout": "100ms"}}]}]})");
  Peer peer("talk_ws.js");
  const Outcome outcome = run({file, "--url", peer.url("/rpc")});
  const PeerCounts counts = peer.stop();
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();  // nothing was answered
  EXPECT_EQ(broken_sums(outcome), "");
  EXPECT_EQ(outcome.count("/messages/sent"), counts.messages);
  EXPECT_EQ(outcome.count("/messages/failed"), outcome.errors("expect timed out"));
  EXPECT_EQ(outcome.count("/sessions/steps/0/timeouts"), outcome.errors("expect timed out"));
  EXPECT_GE(outcome.errors("expect timed out"), 16U);
  EXPECT_THAT(outcome.out, HasSubstr("/sessions/0/steps/1: "));
}

TEST(Sessions, ACloseHasItsCodeAndReason) {
  const TemporaryFolder folder;
  const std::string file = folder.write("closes.json", R"({
    "connections": 3, "duration": "500ms",
    "sessions": [{"steps": [{"send": {"json": {"type": "login"}}}, "expect", {"close": {"code": 4002, "reason": "done, ü"}}],
                  "reconnect": "at_once"}]})");
  const Talk talk(file, "/rpc", {});
  EXPECT_GT(talk.outcome.count("/sessions/reopened"), 3U);
  EXPECT_EQ(talk.of_peer("/closes/4002"), talk.of_peer("/reasons/done, ü"));
  EXPECT_GE(talk.of_peer("/closes/4002") + 3, talk.peer_counts.connections);
  EXPECT_TRUE(talk.outcome.report["sessions"]["steps"].empty()) << "the server sends the code back";
}

// A connection that comes back brings the cookie that its last upgrade was answered with, behind its own.
TEST(Sessions, KeepTheCookiesOfTheirUpgrades) {
  const TemporaryFolder folder;
  const std::string file = folder.write("cookies.json", R"({
    "connections": 3, "duration": "500ms", "cookies": true, "upgrade": {"headers": {"Cookie": "own=1"}},
    "sessions": [{"steps": [{"send": "hello"}, "expect", "close"], "reconnect": "at_once"}]})");
  Peer peer("echo_websockets.py", {"--set-cookies"});
  const Outcome outcome = run({file, "--url", peer.url()});
  const PeerCounts counts = peer.stop();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  const std::vector<std::string> cookies = counts.all["cookies"];
  ASSERT_EQ(cookies.size(), counts.connections);
  ASSERT_GT(cookies.size(), 6U);
  std::size_t first_visits = 0;
  std::set<std::size_t> brought;
  for (std::size_t i = 0; i < cookies.size(); ++i) {
    if (cookies[i] == "own=1") {
      ++first_visits;
      continue;
    }
    ASSERT_EQ(cookies[i].substr(0, 13), "own=1; visit=") << cookies[i];
    const std::size_t visit = std::stoul(cookies[i].substr(13));
    EXPECT_LT(visit, i);
    EXPECT_TRUE(brought.insert(visit).second) << "two connections brought the same cookie: " << visit;
  }
  EXPECT_EQ(first_visits, 3U);
}

TEST(Sessions, OnceShowsEveryFrameOfEachSession) {
  Peer peer("talk_ws.js");
  const Outcome outcome =
      ringstorm({"run", "--once", ready("request-reply.json"), "--url", peer.url("/rpc")});
  const PeerCounts counts = peer.stop();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(counts.connections, 1U);
  EXPECT_EQ(counts.messages, 2U);
  for (const char* part : {"->  GET /rpc HTTP/1.1\n", "<-  HTTP/1.1 101 Switching Protocols\n",
                           "->  text, 32 B  {\"type\":\"login\"",
                           "<-  text, 35 B  {\"type\":\"result\",\"n\":21,\"value\":42}\n",
                           "->  close 1000\n", "<-  close 1000\n"})
    EXPECT_THAT(outcome.out, HasSubstr(part));
}

TEST(Sessions, OnceSaysWhatWentWrong) {
  Peer peer("talk_ws.js");
  const TemporaryFolder folder;
  const std::string file = folder.write("wrong.json", R"({"sessions": [{"steps": [
    {"send": {"json": {"type": "unknown"}}}, {"expect": {"timeout": "50ms"}}]}]})");
  const Outcome outcome = ringstorm({"run", "--once", file, "--url", peer.url("/rpc")});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_THAT(outcome.out, HasSubstr("/sessions/0/steps/1: 1 timed out"));
}

TEST(Ready, FanOutReachesEverybody) {
  const Outcome outcome =
      run({ready("fan-out.json"), "-d", "1s", "--set", "fan_out.subscribers=20", "--set", "thresholds=[]"});
  expect_sound(outcome);
  EXPECT_EQ(outcome.count("/fan_out/expected"), 20 * outcome.count("/messages/sent")) << outcome.all();
  EXPECT_EQ(outcome.count("/fan_out/lost"), 0U) << outcome.all();
  EXPECT_EQ(outcome.count("/server/messages"), outcome.count("/messages/sent"));
}

TEST(Ready, ABurstIsDueAtOnce) {
  const Outcome outcome = run({ready("burst.json"), "-c", "10", "-d", "2s"});
  expect_sound(outcome);
  EXPECT_EQ(outcome.count("/messages/planned"), 1'000U) << outcome.all();
  EXPECT_EQ(outcome.count("/messages/answered"), 1'000U);
}

// What is due on a connection that is read slowly waits there or is shed; the others go on.
TEST(Ready, ASlowReaderHoldsOnlyItselfUp) {
  const Outcome outcome = run({ready("slow-reader.json"), "-c", "20", "-d", "3s"});
  expect_sound(outcome);
  EXPECT_GT(outcome.count("/messages/shed"), 0U) << outcome.all();
  EXPECT_GT(outcome.count("/messages/answered"), 2 * outcome.count("/messages/shed")) << outcome.all();
  EXPECT_EQ(outcome.count("/server/messages"), outcome.count("/messages/sent"));
}

class ReadySessions : public testing::TestWithParam<const char*> {};

TEST_P(ReadySessions, RunAgainstTheEmbeddedServer) {
  const Outcome outcome = run({ready(GetParam()), "-c", "5", "-d", "1s"});
  expect_sound(outcome);
  EXPECT_TRUE(outcome.report["errors"].empty()) << outcome.all();
}

INSTANTIATE_TEST_SUITE_P(All, ReadySessions,
                         testing::Values("ping-storm.json", "churn.json", "reconnect-storm.json", "soak.json",
                                         "fragmented-large.json", "mixed-payloads.json"),
                         [](const auto& test) {
                           std::string name{test.param};
                           std::erase_if(name, [](char c) { return c == '-' || c == '.'; });
                           return name;
                         });

TEST(Sessions, AreRefusedWithTheirPlace) {
  const TemporaryFolder folder;
  const std::string file = folder.write("wrong.json", R"({"url": "embedded:echo", "connections": 5,
    "sessions": [{"steps": [{"listen": "forever"}, {"send": "{{tokn}}"}]},
                 {"name": "b", "weight": 0, "steps": [{"expect": {"match": {"text": {"regex": "("}}}}]}]})");
  const Outcome outcome = ringstorm({"check", file});
  EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
  EXPECT_THAT(outcome.err, HasSubstr("wrong.json:2:52 /sessions/0/steps/1: this step is never reached"));
  EXPECT_THAT(outcome.err,
              HasSubstr("/sessions/1/steps/0/expect/match/text/regex: the regex does not compile"));
}

}  // namespace
}  // namespace ringstorm::e2e
