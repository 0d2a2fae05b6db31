// permessage-deflate against servers and a client that share no code with ringstorm, against the embedded
// server, and against servers that break its rules.
#include <algorithm>
#include <csignal>
#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/peer.h"
#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using nlohmann::json;

// 512 bytes of JSON, as compressible as such things are.
std::string some_json() {
  std::string text = "[";
  for (int i = 0; i < 8; ++i)
    text += R"({"id": )" + std::to_string(1000 + 37 * i) +
            R"(, "name": "Zoë", "tags": ["a", "b"], "ok": true}, )";
  return text + "null]";
}

/// A scenario of `connections` and `messages` with this permessage_deflate, in a file of its own.
class ScenarioFile {
 public:
  ScenarioFile(const std::string& url, const json& deflate, std::uint64_t messages, const json& message)
      : path_(folder_.write("deflate.json", json{{"url", url},
                                                 {"connections", 4},
                                                 {"in_flight", 3},
                                                 {"messages", messages},
                                                 {"message", message},
                                                 {"permessage_deflate", deflate}}
                                                .dump())) {}
  const std::string& path() const { return path_; }

 private:
  TemporaryFolder folder_;
  std::string path_;
};

void expect_sound(const Outcome& outcome) {
  ASSERT_TRUE(outcome.report.is_object()) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "") << outcome.all();
  EXPECT_EQ(schema_violations(outcome.report), "");
}

// Everything was compressed, both ways, and what was counted before compression is what the other side has.
void expect_all_compressed(const Outcome& outcome, const PeerCounts& peer) {
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  expect_sound(outcome);
  EXPECT_TRUE(outcome.report["errors"].empty()) << outcome.all();
  EXPECT_EQ(outcome.count("/messages/sent"), peer.messages);
  EXPECT_EQ(outcome.count("/messages/answered"), peer.messages);
  EXPECT_EQ(outcome.count("/bytes/sent_payload"), peer.bytes);
  EXPECT_EQ(outcome.count("/bytes/received_payload"), peer.bytes);
  for (const std::string side : {"sent", "received"}) {
    const std::string at = "/compression/" + side;
    EXPECT_EQ(outcome.count(at + "/messages"), peer.messages) << side;
    EXPECT_EQ(outcome.count(at + "/payload_bytes"), peer.bytes) << side;
    EXPECT_LT(outcome.count(at + "/compressed_bytes"), outcome.count("/bytes/" + side + "_wire")) << side;
  }
  const std::map<std::string, std::uint64_t> all_normal{{"1000", peer.connections}};
  EXPECT_EQ(peer.closes, all_normal);
}

// ---- independent servers

struct Agreement {
  const char* name;
  const char* script;
  json granted;  ///< what the peer is started with
  json offered;  ///< the scenario's permessage_deflate
  const char* agreed;
};

void PrintTo(const Agreement& value, std::ostream* out) {
  *out << value.name;
}

class IndependentDeflate : public testing::TestWithParam<Agreement> {
 protected:
  Peer peer_{GetParam().script, {"--deflate", GetParam().granted.dump()}};

  Outcome run_with(const json& message, std::uint64_t messages) {
    const ScenarioFile scenario(peer_.url(), GetParam().offered, messages, message);
    return run({scenario.path()});
  }
};

TEST_P(IndependentDeflate, CountsTheSame) {
  const Outcome outcome = run_with({{"text", some_json()}}, 600);
  const PeerCounts counts = peer_.stop();
  expect_all_compressed(outcome, counts);
  EXPECT_EQ(counts.messages, 600U);
  EXPECT_EQ(outcome.report["compression"]["agreed"], (json{{GetParam().agreed, 4}}));
  EXPECT_GT(outcome.report["compression"]["sent"]["ratio"].get<double>(), 2.0);
  EXPECT_GT(outcome.report["compression"]["received"]["ratio"].get<double>(), 2.0);
}

TEST_P(IndependentDeflate, EverySizeComesBack) {
  std::uint64_t bytes = 0;
  for (const std::uint64_t size : {0U, 1U, 126U, 70'000U, 1U << 20}) {
    const Outcome outcome = run_with({{"type", "binary"}, {"size", size}}, 8);
    EXPECT_EQ(outcome.exit_code, 0) << size << outcome.all();
    EXPECT_EQ(outcome.count("/messages/answered"), 8U) << size;
    EXPECT_EQ(outcome.count("/compression/received/payload_bytes"), 8 * size);
    bytes += 8 * size;
  }
  EXPECT_EQ(peer_.stop().bytes, bytes);
}

constexpr const char* kWs = "echo_ws.js";
constexpr const char* kWebsockets = "echo_websockets.py";
const json kAlways{{"threshold", 0}};
const json kWsFresh{{"threshold", 0}, {"serverNoContextTakeover", true}, {"clientNoContextTakeover", true}};

INSTANTIATE_TEST_SUITE_P(
    Servers, IndependentDeflate,
    testing::Values(
        Agreement{"NpmWsTrue", kWs, kAlways, true, "permessage-deflate"},
        Agreement{"NpmWsKeptContext", kWs, kAlways, {{"keep_context", true}}, "permessage-deflate"},
        Agreement{"NpmWsNoContextAnywhere",
                  kWs,
                  kWsFresh,
                  {{"keep_context", true}},
                  "permessage-deflate; server_no_context_takeover; client_no_context_takeover"},
        Agreement{"NpmWsSmallWindows",
                  kWs,
                  {{"threshold", 0}, {"clientMaxWindowBits", 9}},
                  {{"keep_context", true}, {"server_max_window_bits", 10}, {"memory_level", 1}},
                  "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9"},
        Agreement{"NpmWsSmallestWindow",
                  kWs,
                  {{"threshold", 0}, {"clientMaxWindowBits", 8}},
                  {{"keep_context", true}},
                  "permessage-deflate; client_max_window_bits=8"},
        Agreement{"PythonWebsocketsTrue", kWebsockets, json::object(), true, "permessage-deflate"},
        Agreement{"PythonWebsocketsKeptContext",
                  kWebsockets,
                  json::object(),
                  {{"keep_context", true}},
                  "permessage-deflate"},
        Agreement{"PythonWebsocketsForgets",
                  kWebsockets,
                  {{"server_no_context_takeover", true}, {"client_no_context_takeover", true}},
                  true,
                  "permessage-deflate; server_no_context_takeover; client_no_context_takeover"},
        Agreement{"PythonWebsocketsSmallWindows",
                  kWebsockets,
                  {{"server_max_window_bits", 10}, {"client_max_window_bits", 11}},
                  {{"keep_context", true}},
                  "permessage-deflate; server_max_window_bits=10; client_max_window_bits=11"}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST(Deflate, AServerThatDeclinesIsTalkedToWithoutIt) {
  Peer peer("echo_ws.js");
  const Outcome outcome = run({peer.url(), "-c", "3", "--messages", "30", "--deflate"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  expect_sound(outcome);
  EXPECT_EQ(outcome.count("/compression/declined"), 3U);
  EXPECT_EQ(outcome.count("/compression/sent/messages"), 0U);
  EXPECT_EQ(peer.stop().messages, 30U);
}

TEST(Deflate, AMessageMayGoOutAsItIs) {
  Peer peer("echo_ws.js", {"--deflate", kAlways.dump()});
  const ScenarioFile scenario(peer.url(), true, 30, {{"text", some_json()}, {"compress", false}});
  const Outcome outcome = run({scenario.path()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(outcome.count("/compression/sent/messages"), 0U);
  EXPECT_EQ(outcome.count("/compression/received/messages"), 30U);
  EXPECT_EQ(peer.stop().messages, 30U);
}

// ---- the embedded server

void expect_embedded_counts(const Outcome& outcome, std::uint64_t messages) {
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  expect_sound(outcome);
  EXPECT_EQ(outcome.count("/server/messages"), messages);
  EXPECT_EQ(outcome.count("/server/bytes"), outcome.count("/bytes/sent_payload"));
  EXPECT_EQ(outcome.count("/server/wrong_payloads"), 0U);
  EXPECT_EQ(outcome.count("/server/deflate/messages_in"), messages);
  EXPECT_EQ(outcome.count("/server/deflate/compressed_bytes_in"),
            outcome.count("/compression/sent/compressed_bytes"));
  EXPECT_EQ(outcome.count("/server/deflate/messages_out"), messages);
  EXPECT_EQ(outcome.count("/server/deflate/compressed_bytes_out"),
            outcome.count("/compression/received/compressed_bytes"));
  EXPECT_EQ(outcome.count("/compression/received/payload_bytes"), outcome.count("/bytes/sent_payload"));
}

TEST(Deflate, TheEmbeddedServerSpeaksItWhenItIsOffered) {
  for (const json& deflate :
       {json(true), json{{"keep_context", true}}, json{{"keep_context", true}, {"client_max_window_bits", 8}},
        json{{"server_no_context_takeover", true}, {"client_no_context_takeover", true}}}) {
    SCOPED_TRACE(deflate.dump());
    const ScenarioFile text("embedded:echo", deflate, 400, {{"text", some_json()}});
    expect_embedded_counts(run({text.path(), "--verify"}), 400);
    const ScenarioFile large("embedded:echo", deflate, 12, {{"size", 300'000}});
    expect_embedded_counts(run({large.path(), "--verify"}), 12);
  }
}

TEST(Deflate, AFaultyServerStaysUnderstood) {
  const ScenarioFile scenario("embedded:echo", {{"keep_context", true}}, 300, {{"text", some_json()}});
  const Outcome outcome = run({scenario.path(), "--verify", "--drain", "300ms", "--fault", "drop 5%",
                               "--fault", "reorder 5%", "--fault", "delay exponential 200us"});
  expect_sound(outcome);
  EXPECT_TRUE(outcome.report["errors"].empty()) << outcome.all();
  EXPECT_EQ(outcome.count("/server/wrong_payloads"), 0U);
  EXPECT_GT(outcome.count("/server/faults/dropped_replies"), 0U);
}

TEST(Deflate, AnIndependentClientIsServed) {
  Process server(command_line({"serve", "--deflate", "--listen", "127.0.0.1:0"}));
  ASSERT_TRUE(server.wait_for_output("listening 127.0.0.1:")) << server.out() << server.err();
  const std::string address = server.out().substr(std::string("listening ").size());
  Process client({"/usr/bin/python3", "-B",
                  std::string{RINGSTORM_SOURCE_DIR} + "/tests/peers/client_websockets.py",
                  "ws://" + address.substr(0, address.find('\n')) + "/", "--deflate"});
  EXPECT_EQ(client.wait(), 0) << client.out() << client.err() << server.err();
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0) << server.out() << server.err();
}

// ---- servers that break the rules

std::string identifier(std::string behaviour) {
  std::replace(behaviour.begin(), behaviour.end(), '-', '_');
  return behaviour;
}

constexpr std::uint64_t kConnections = 4;

struct Breach {
  const char* behaviour;
  const char* cause;
  const char* close_code = nullptr;  ///< that the client's close frame carries; null: the upgrade failed
};

void PrintTo(const Breach& value, std::ostream* out) {
  *out << value.behaviour;
}

class BrokenDeflate : public testing::TestWithParam<Breach> {};

TEST_P(BrokenDeflate, IsCountedByItsCause) {
  const Breach& breach = GetParam();
  Peer peer = hostile_peer(breach.behaviour);
  const ScenarioFile scenario(peer.url(), true, 1000, {{"size", 100}, {"max_received", "1MiB"}});
  const Outcome outcome = run({scenario.path(), "--in-flight", "1", "-d", "500ms"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  expect_sound(outcome);
  EXPECT_EQ(outcome.errors(breach.cause), kConnections) << outcome.all();
  EXPECT_EQ(outcome.count(breach.close_code != nullptr ? "/connections/lost" : "/connections/failed"),
            kConnections);

  const PeerCounts counts = peer.stop();
  EXPECT_EQ(counts.all["violations"].dump(), "{}");
  if (breach.close_code == nullptr) return;
  const std::map<std::string, std::uint64_t> all_so{{breach.close_code, kConnections}};
  EXPECT_EQ(counts.closes, all_so);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, BrokenDeflate,
    testing::Values(Breach{"deflate-twice", "extension agreed to twice"},
                    Breach{"deflate-and-another", "extension not offered"},
                    Breach{"deflate-malformed", "malformed extensions header"},
                    Breach{"deflate-unknown-parameter", "unknown extension parameter"},
                    Breach{"deflate-repeated-parameter", "extension parameter given twice"},
                    Breach{"deflate-window-of-16", "wrong value of an extension parameter"},
                    Breach{"deflate-window-of-nothing", "wrong value of an extension parameter"},
                    Breach{"deflate-rsv1-on-continuation", "reserved bit set", "1002"},
                    Breach{"deflate-rsv1-on-ping", "reserved bit set", "1002"},
                    Breach{"deflate-rsv2", "reserved bit set", "1002"},
                    Breach{"deflate-truncated", "truncated compressed data", "1007"},
                    Breach{"deflate-garbage-behind", "invalid compressed data", "1007"},
                    Breach{"deflate-no-deflate", "invalid compressed data", "1007"},
                    Breach{"deflate-invalid-utf8", "invalid utf-8", "1007"},
                    Breach{"deflate-bomb", "message too large", "1009"}),
    [](const auto& test) { return identifier(test.param.behaviour); });

TEST(Deflate, WithoutAnOfferEveryAnswerToItIsRefused) {
  Peer peer = hostile_peer("deflate-truncated");
  const Outcome outcome = run({peer.url(), "-c", "4", "-d", "300ms"});
  EXPECT_EQ(outcome.errors("extension not offered"), kConnections) << outcome.all();
}

}  // namespace
}  // namespace ringstorm::e2e
