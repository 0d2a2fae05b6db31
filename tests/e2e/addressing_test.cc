// Ways to a server: IPv6, names with several addresses, names of the scenario's own, Unix sockets; against
// servers that share no code with ringstorm, and the embedded one against a client that does not.
#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/peer.h"
#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::HasSubstr;

void expect_all_answered(const Outcome& outcome, const PeerCounts& peer, std::uint64_t connections) {
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "");
  EXPECT_EQ(schema_violations(outcome.report), "");
  EXPECT_EQ(peer.connections, connections);
  EXPECT_EQ(outcome.count("/connections/closed"), connections);
  EXPECT_EQ(outcome.count("/messages/answered"), peer.messages);
  EXPECT_GT(peer.messages, 0u);
}

TEST(Addressing, AnIpv6Literal) {
  Peer peer("echo_websockets.py", {"--host", "::1"});
  const std::string where = "[::1]:" + std::to_string(peer.port());
  const Outcome outcome = run({"ws://" + where + "/", "-c", "20", "--messages", "200"});
  const PeerCounts counts = peer.stop();
  expect_all_answered(outcome, counts, 20);
  EXPECT_THAT(counts.all["last_request"].dump(), HasSubstr(where));
  EXPECT_EQ(outcome.report["destination"]["source"], "literal");
  EXPECT_EQ(outcome.report["destination"]["used"][0], where);
}

TEST(Addressing, ANameOfTheScenariosOwnKeepsItsHostHeader) {
  Peer peer("echo_websockets.py");
  const std::string port = std::to_string(peer.port());
  const Outcome outcome = run({"ws://chat.invalid:" + port + "/", "--resolve", "chat.invalid=127.0.0.1", "-c",
                               "3", "--messages", "30"});
  const PeerCounts counts = peer.stop();
  expect_all_answered(outcome, counts, 3);
  EXPECT_THAT(counts.all["last_request"].dump(), HasSubstr("chat.invalid:" + port));
  EXPECT_EQ(outcome.report["destination"]["source"], "scenario");
  EXPECT_TRUE(outcome.report["destination"]["resolve_ns"].is_null());
  EXPECT_THAT(outcome.out, HasSubstr("127.0.0.1:" + port + "; from the scenario"));
}

TEST(Addressing, TheFirstToAcceptTakesAllConnections) {
  Peer peer("echo_websockets.py");
  const std::string port = std::to_string(peer.port());
  const Outcome outcome = run({"ws://chat.invalid:" + port + "/", "--resolve", "chat.invalid=::1,127.0.0.1",
                               "-c", "10", "--messages", "100"});
  expect_all_answered(outcome, peer.stop(), 10);
  EXPECT_EQ(outcome.report["destination"]["used"].dump(), "[\"127.0.0.1:" + port + "\"]");
  EXPECT_THAT(outcome.out, HasSubstr("the first to accept of [::1]:" + port + ", 127.0.0.1:" + port));
}

TEST(Addressing, TheFirstIsTheFirstWhetherItAcceptsOrNot) {
  Peer peer("echo_websockets.py");
  const Outcome outcome =
      run({"ws://chat.invalid:" + std::to_string(peer.port()) + "/", "--addresses", "first", "--resolve",
           "chat.invalid=::1,127.0.0.1", "-c", "10", "--messages", "100"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_EQ(outcome.errors("connection refused"), 10u);
  EXPECT_EQ(peer.stop().connections, 0u);
}

TEST(Addressing, SpreadGivesEachItsTurn) {
  Peer peer("echo_websockets.py");
  Peer other("echo_websockets.py", {"--host", "127.0.0.2", "--port", std::to_string(peer.port())});
  const Outcome outcome =
      run({"ws://chat.invalid:" + std::to_string(peer.port()) + "/", "--addresses", "spread", "--resolve",
           "chat.invalid=127.0.0.1,127.0.0.2", "-c", "21", "--shards", "2", "--messages", "210"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(peer.stop().connections, 11u);
  EXPECT_EQ(other.stop().connections, 10u);
  EXPECT_EQ(outcome.report["destination"]["used"].size(), 2u);
}

TEST(Addressing, TheResolversTimeIsInTheReport) {
  Peer peer("echo_websockets.py");
  const Outcome outcome =
      run({"ws://localhost:" + std::to_string(peer.port()) + "/", "-c", "3", "--messages", "30"});
  expect_all_answered(outcome, peer.stop(), 3);
  EXPECT_EQ(outcome.report["destination"]["source"], "resolver");
  EXPECT_GT(outcome.count("/destination/resolve_ns"), 0u);
  EXPECT_THAT(outcome.out, HasSubstr("  resolve"));
}

TEST(Addressing, ANameThatDoesNotResolveEndsTheRunBeforeItStarts) {
  const Outcome outcome = run({"ws://nowhere.invalid/", "-c", "3"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_THAT(outcome.err, HasSubstr("nowhere.invalid: the name does not resolve"));
  EXPECT_TRUE(outcome.report.is_null());
}

class UnixSocket : public testing::Test {
 protected:
  TemporaryFolder folder_;
  const std::string path_ = folder_.file("app.sock");
};

class UnixPeer : public UnixSocket, public testing::WithParamInterface<const char*> {};

TEST_P(UnixPeer, CountsTheSame) {
  Peer peer(GetParam(), {"--unix", path_});
  const Outcome outcome =
      run({peer.url("/room/7?who=me"), "-c", "50", "--shards", "2", "--messages", "2000", "--binary"});
  const PeerCounts counts = peer.stop();
  expect_all_answered(outcome, counts, 50);
  EXPECT_EQ(counts.messages, 2'000u);
  for (const char* part : {"\"/room/7?who=me\"", "\"localhost\""})
    EXPECT_THAT(counts.all["last_request"].dump(), HasSubstr(part));
  EXPECT_EQ(outcome.report["destination"]["used"][0], "unix:" + path_);
}

TEST_P(UnixPeer, EchoesAMebibyte) {
  Peer peer(GetParam(), {"--unix", path_});
  const Outcome outcome = run({peer.url(), "-c", "4", "--messages", "8", "--size", "1MiB"});
  expect_all_answered(outcome, peer.stop(), 4);
}

INSTANTIATE_TEST_SUITE_P(Servers, UnixPeer, testing::Values("echo_websockets.py", "echo_ws.js"),
                         [](const auto& test) {
                           return std::string{test.param == std::string{"echo_ws.js"} ? "NpmWs"
                                                                                      : "PythonWebsockets"};
                         });

// A full queue of callers is no failure: they wait for their turn, as TCP's do.
TEST_F(UnixSocket, MoreCallersThanItsQueueHolds) {
  Peer peer("echo_websockets.py", {"--unix", path_, "--backlog", "2"});
  const Outcome outcome = run({peer.url(), "-c", "100", "--open-rate", "1M/s", "--messages", "500"});
  expect_all_answered(outcome, peer.stop(), 100);
}

TEST_F(UnixSocket, ThatIsNotThereIsAFailedTarget) {
  const Outcome outcome = run({"ws+unix:" + path_ + ":/", "-c", "3", "-d", "1s"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_EQ(outcome.errors("connect failed: No such file or directory"), 3u);
}

TEST_F(UnixSocket, WithoutAServerRefuses) {
  {
    Peer peer("echo_websockets.py", {"--unix", path_});
    peer.stop();
  }
  ASSERT_TRUE(std::filesystem::is_socket(path_));
  const Outcome outcome = run({"ws+unix:" + path_ + ":/", "-c", "3", "-d", "1s"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_EQ(outcome.errors("connection refused"), 3u);
}

TEST_F(UnixSocket, TheEmbeddedServerServesAnIndependentClient) {
  for (const char* shards : {"1", "2"}) {
    Process server(command_line({"serve", "--listen", "unix:" + path_, "--shards", shards}));
    ASSERT_TRUE(server.wait_for_output("listening unix:" + path_)) << server.out() << server.err();
    Process client({"/usr/bin/python3", "-B",
                    std::string{RINGSTORM_SOURCE_DIR} + "/tests/peers/client_websockets.py",
                    "ws://localhost/", "--unix", path_});
    EXPECT_EQ(client.wait(), 0) << client.out() << client.err() << server.err();
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0) << server.out() << server.err();
    EXPECT_FALSE(std::filesystem::exists(path_));
  }
}

TEST_F(UnixSocket, AKilledServersFileIsTakenOver) {
  const auto serve = command_line({"serve", "--listen", "unix:" + path_});
  {
    Process killed(serve);
    ASSERT_TRUE(killed.wait_for_output("listening"));
    killed.signal(SIGKILL);
    killed.wait();
  }
  ASSERT_TRUE(std::filesystem::is_socket(path_));
  Process server(serve);
  ASSERT_TRUE(server.wait_for_output("listening")) << server.err();
  const Outcome outcome = run({"ws+unix:" + path_, "-c", "5", "--messages", "50"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(outcome.count("/messages/answered"), 50u);
}

TEST(EmbeddedServer, ListensOnIpv6) {
  Process server(command_line({"serve", "--listen", "[::1]:0"}));
  ASSERT_TRUE(server.wait_for_output("\n")) << server.err();
  const std::string where = server.out().substr(sizeof "listening");
  ASSERT_THAT(where, testing::StartsWith("[::1]:"));
  const Outcome outcome =
      run({"ws://" + where.substr(0, where.find('\n')) + "/", "-c", "5", "--messages", "50"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(outcome.count("/messages/answered"), 50u);
}

}  // namespace
}  // namespace ringstorm::e2e
