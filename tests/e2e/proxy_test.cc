// Runs through an HTTP proxy that shares no code with ringstorm and keeps its own counts; and proxies that
// answer wrongly.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/peer.h"
#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string at(const Peer& proxy, const std::string& user = "") {
  return "http://" + user + "127.0.0.1:" + std::to_string(proxy.port());
}

void expect_through(const Outcome& outcome, const PeerCounts& server, const PeerCounts& proxy,
                    std::uint64_t connections) {
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "");
  EXPECT_EQ(schema_violations(outcome.report), "");
  EXPECT_EQ(server.connections, connections);
  EXPECT_EQ(outcome.count("/messages/answered"), server.messages);
  EXPECT_EQ(proxy.all.value("tunnels", 0u), connections);
  EXPECT_EQ(outcome.count("/phases/proxy/count"), connections);
  EXPECT_EQ(outcome.count("/phases/connect/count"), connections);
}

TEST(Proxy, LeadsToTheServer) {
  Peer server("echo_websockets.py");
  Peer proxy("proxy.py");
  const Outcome outcome =
      run({server.url(), "--proxy", at(proxy), "-c", "20", "--shards", "2", "--messages", "400"});
  const PeerCounts counts = server.stop();
  const PeerCounts proxied = proxy.stop();
  expect_through(outcome, counts, proxied, 20);
  // Every byte that ringstorm counts but those of CONNECT passed through the proxy.
  EXPECT_LT(proxied.all.value("bytes_to_server", 0u), outcome.count("/bytes/sent_wire"));
  EXPECT_GE(proxied.all.value("bytes_to_server", 0u), outcome.count("/bytes/sent_payload"));
}

TEST(Proxy, ResolvesTheNameItself) {
  Peer server("echo_websockets.py");
  Peer proxy("proxy.py");
  const Outcome outcome = run({"ws://chat.invalid:" + std::to_string(server.port()) + "/", "--proxy",
                               at(proxy), "-c", "2", "--messages", "20"});
  expect_through(outcome, server.stop(), proxy.stop(), 2);
}

TEST(Proxy, AnswersInPieces) {
  Peer server("echo_ws.js");
  Peer proxy("proxy.py", {"--behaviour", "in-pieces"});
  const Outcome outcome =
      run({server.url(), "--proxy", at(proxy), "-c", "5", "--messages", "10", "--size", "1MiB"});
  expect_through(outcome, server.stop(), proxy.stop(), 5);
}

TEST(Proxy, IsToldThePasswordAndNobodyElseIs) {
  Peer server("echo_websockets.py");
  Peer proxy("proxy.py", {"--user", "jane:top s3cret"});
  const Outcome outcome =
      run({server.url(), "--proxy", at(proxy, "jane:top%20s3cret@"), "-c", "3", "--messages", "30"});
  expect_through(outcome, server.stop(), proxy.stop(), 3);
  const Outcome check = ringstorm({"check", "ws://127.0.0.1:1/", "--proxy", at(proxy, "jane:top%20s3cret@")});
  EXPECT_EQ(check.exit_code, 0) << check.all();
  for (const std::string& text : {outcome.out, outcome.err, outcome.report.dump(), check.all()}) {
    EXPECT_THAT(text, Not(HasSubstr("s3cret")));
    EXPECT_THAT(text, Not(HasSubstr("amFuZTp0b3AgczNjcmV0")));  // base64 of the two
  }
  EXPECT_THAT(check.out, HasSubstr(", with a password"));
}

TEST(Proxy, AWrongPasswordIsCountedAsSuch) {
  Peer server("echo_websockets.py");
  Peer proxy("proxy.py", {"--user", "jane:right"});
  const Outcome outcome = run({server.url(), "--proxy", at(proxy, "jane:wrong@"), "-c", "3", "-d", "1s"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_EQ(outcome.errors("proxy http 407"), 3u);
  EXPECT_EQ(proxy.stop().all.value("refused", 0u), 3u);
  EXPECT_EQ(server.stop().connections, 0u);
}

struct Misbehaviour {
  const char* name;
  const char* cause;
  const char* timeout = "20s";
};
class BadProxy : public testing::TestWithParam<Misbehaviour> {};

TEST_P(BadProxy, IsACountedCause) {
  Peer proxy("proxy.py", {"--behaviour", GetParam().name});
  const TemporaryFolder folder;
  const std::string file =
      folder.write("s.json", R"({"url": "ws://127.0.0.1:1/", "connections": 4, "duration": "1s", "proxy":
                                 {"timeout": ")" +
                                 std::string{GetParam().timeout} + R"(", "url": ")" + at(proxy) + "\"}}");
  const Outcome outcome = run({file});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_EQ(outcome.errors(GetParam().cause), 4u) << outcome.all();
  EXPECT_EQ(outcome.count("/connections/failed"), 4u);
  EXPECT_EQ(outcome.count("/phases/connect/count"), 4u);
  EXPECT_EQ(outcome.count("/phases/proxy/count"), 0u);
  EXPECT_EQ(schema_violations(outcome.report), "");
}

INSTANTIATE_TEST_SUITE_P(Behaviours, BadProxy,
                         testing::Values(Misbehaviour{"407", "proxy http 407"},
                                         Misbehaviour{"502", "proxy http 502"},
                                         Misbehaviour{"garbage", "malformed http head from proxy"},
                                         Misbehaviour{"endless-head", "http head from proxy too large"},
                                         Misbehaviour{"silent", "proxy timed out", "300ms"},
                                         Misbehaviour{"half-head", "proxy timed out", "300ms"},
                                         Misbehaviour{"close", "closed by proxy"}),
                         [](const auto& test) {
                           std::string name{test.param.name};
                           std::erase(name, '-');
                           return name;
                         });

TEST(Proxy, OfTheEnvironmentWhenAsked) {
  Peer server("echo_websockets.py");
  Peer proxy("proxy.py");
  const std::string url = at(proxy);
  const auto environment = [&] {
    ::setenv("http_proxy", url.c_str(), 1);
    ::unsetenv("no_proxy");
    ::unsetenv("NO_PROXY");
  };
  const Outcome unasked = run({server.url(), "-c", "1", "--messages", "1"}, environment);
  EXPECT_EQ(unasked.exit_code, 0) << unasked.all();
  EXPECT_TRUE(unasked.report["plan"]["proxy"].is_null());
  const Outcome asked =
      run({server.url(), "--proxy", "environment", "-c", "2", "--messages", "2"}, environment);
  EXPECT_EQ(asked.exit_code, 0) << asked.all();
  EXPECT_EQ(asked.count("/phases/proxy/count"), 2u);
  const Outcome excepted = run({server.url(), "--proxy", "environment", "-c", "1", "--messages", "1"}, [&] {
    environment();
    ::setenv("NO_PROXY", "example.org, 127.0.0.1", 1);
  });
  EXPECT_EQ(excepted.exit_code, 0) << excepted.all();
  EXPECT_EQ(proxy.stop().connections, 2u);
}

}  // namespace
}  // namespace ringstorm::e2e
