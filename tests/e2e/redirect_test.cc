// A server that points elsewhere: refused unless asked, and then followed before the start.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/peer.h"
#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string port_of(const Peer& peer) {
  return std::to_string(peer.port());
}

TEST(Redirect, IsRefusedAndSaysWhereItPointed) {
  Peer redirector("redirect.py", {"--step", "/>http://elsewhere.example/chat"});
  const Outcome outcome = run({redirector.url(), "-c", "3", "-d", "1s"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_EQ(outcome.errors("http 302"), 3u);
  EXPECT_THAT(outcome.out, HasSubstr("Location: http://elsewhere.example/chat"));
}

TEST(Redirect, IsFollowedToAnotherPathPortAndHost) {
  Peer server("echo_websockets.py");
  Peer redirector("redirect.py", {"--status", "307", "--step", "/a>/b?x=1", "--step",
                                  "/b?x=1>http://localhost:" + port_of(server) + "/room"});
  const Outcome outcome = run({redirector.url("/a"), "--redirects", "3", "-c", "5", "--messages", "50", "-H",
                               "Authorization: Bearer s3cret", "-H", "X-Mine: kept"});
  const PeerCounts there = server.stop();
  const PeerCounts asked = redirector.stop();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(schema_violations(outcome.report), "");
  EXPECT_EQ(outcome.count("/messages/answered"), 50u);
  EXPECT_EQ(there.connections, 6u);  // one of them ahead of the run
  EXPECT_EQ(asked.connections, 2u);
  EXPECT_EQ(outcome.report["plan"]["url"], "ws://localhost:" + port_of(server) + "/room");
  EXPECT_EQ(outcome.report["destination"]["redirects"].dump(),
            "[\"307 to ws://127.0.0.1:" + port_of(redirector) +
                "/b?x=1\",\"307 to ws://localhost:" + port_of(server) + "/room\"]");
  EXPECT_THAT(there.all["last_request"].dump(), HasSubstr("kept"));
  EXPECT_THAT(there.all["last_request"].dump(), Not(HasSubstr("s3cret")));  // another host
  EXPECT_THAT(asked.all["last_request"].dump(), HasSubstr("s3cret"));
}

TEST(Redirect, HasItsCookiesSentToTheSameHostWhenAsked) {
  Peer server("echo_websockets.py");
  Peer redirector("redirect.py", {"--step", "/a>http://127.0.0.1:" + port_of(server) + "/room", "--cookie",
                                  "node=seven; Path=/", "--cookie", "other=1; Path=/elsewhere"});
  const Outcome outcome = run({redirector.url("/a"), "--redirects", "1", "--cookies", "-c", "2", "--messages",
                               "20", "-H", "Cookie: own=2"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_THAT(server.stop().all["last_request"].dump(), HasSubstr("own=2; node=seven\""));
}

TEST(Redirect, HasItsCookiesKeptFromAnotherHost) {
  Peer server("echo_websockets.py");
  Peer redirector("redirect.py", {"--step", "/a>http://localhost:" + port_of(server) + "/room", "--cookie",
                                  "node=seven; Path=/"});
  const Outcome outcome =
      run({redirector.url("/a"), "--redirects", "1", "--cookies", "-c", "2", "--messages", "20"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_THAT(server.stop().all["last_request"].dump(), Not(HasSubstr("seven")));
}

TEST(Redirect, WithoutOneTheServerSeesOneConnectionMore) {
  Peer server("echo_websockets.py");
  const Outcome outcome = run({server.url(), "--redirects", "3", "-c", "2", "--messages", "20"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_TRUE(outcome.report["destination"]["redirects"].empty());
  const PeerCounts counts = server.stop();
  EXPECT_EQ(counts.connections, 3u);
  EXPECT_EQ(counts.closes.at("1000"), 3u);
}

TEST(Redirect, InACircleIsAnError) {
  Peer redirector("redirect.py", {"--step", "/a>/b", "--step", "/b>/a"});
  const Outcome outcome = run({redirector.url("/a"), "--redirects", "10", "-c", "1"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_THAT(outcome.err, HasSubstr("/a: the redirects go in a circle"));
  EXPECT_EQ(redirector.stop().connections, 2u);
}

TEST(Redirect, BeyondTheLimitIsAnError) {
  Peer redirector("redirect.py", {"--step", "/a>/b", "--step", "/b>/c", "--step", "/c>/d"});
  const Outcome outcome = run({redirector.url("/a"), "--redirects", "2", "-c", "1"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_THAT(outcome.err, HasSubstr("/redirects: 2 is the limit, and"));
  EXPECT_THAT(outcome.err, HasSubstr("/d"));
}

TEST(Redirect, ThatLeadsNowhereIsAnError) {
  struct Case {
    const char* location;
    const char* said;
  };
  for (const Case& c : {Case{"", "without saying where"}, Case{"ftp://h/", "the scheme is \"ftp\""},
                        Case{"http://[bad/", "which is no URL"},
                        Case{"http://nowhere.invalid/", "the name does not resolve"}}) {
    Peer redirector("redirect.py", {"--step", std::string{"/>"} + c.location});
    const Outcome outcome = run({redirector.url(), "--redirects", "2", "-c", "1"});
    EXPECT_EQ(outcome.exit_code, 5) << c.location << outcome.all();
    EXPECT_THAT(outcome.err, HasSubstr(c.said)) << c.location;
  }
}

TEST(Redirect, IsFollowedThroughAProxy) {
  Peer server("echo_websockets.py");
  Peer proxy("proxy.py");
  Peer redirector("redirect.py", {"--step", "/>ws://chat.invalid:" + port_of(server) + "/"});
  const Outcome outcome = run({redirector.url(), "--redirects", "1", "--proxy",
                               "http://127.0.0.1:" + port_of(proxy), "-c", "4", "--messages", "40"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(outcome.count("/messages/answered"), 40u);
  EXPECT_EQ(proxy.stop().all.value("asked_for_chat.invalid", 0u), 5u);
}

}  // namespace
}  // namespace ringstorm::e2e
