// Runs against servers that share no code with ringstorm, whose own counts the report is held against; and an
// independent client against ringstorm's embedded server.
#include <csignal>
#include <ostream>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "e2e/peer.h"
#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::HasSubstr;

void expect_same_counts(const Outcome& outcome, const PeerCounts& peer) {
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  ASSERT_TRUE(outcome.report.is_object()) << outcome.all();
  EXPECT_TRUE(outcome.report["errors"].empty()) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "");
  EXPECT_EQ(outcome.count("/messages/sent"), peer.messages);
  EXPECT_EQ(outcome.count("/messages/answered"), peer.messages);
  EXPECT_EQ(outcome.count("/messages/received"), peer.messages);
  EXPECT_EQ(outcome.count("/bytes/sent_payload"), peer.bytes);
  EXPECT_EQ(outcome.count("/bytes/received_payload"), peer.bytes);
  EXPECT_EQ(outcome.count("/connections/opened"), peer.connections);
  EXPECT_EQ(outcome.count("/connections/closed"), peer.connections);
  const std::map<std::string, std::uint64_t> all_normal{{"1000", peer.connections}};
  EXPECT_EQ(peer.closes, all_normal);
  EXPECT_EQ(schema_violations(outcome.report), "");
}

struct Server {
  const char* name;
  const char* script;
};

void PrintTo(const Server& value, std::ostream* out) {
  *out << value.name;
}

class Independent : public testing::TestWithParam<Server> {
 protected:
  Peer peer_{GetParam().script};
};

TEST_P(Independent, CountsTheSameOverATime) {
  const Outcome outcome = run({peer_.url(), "-c", "50", "--in-flight", "4", "--size", "125", "-d", "1s"});
  const PeerCounts counts = peer_.stop();
  expect_same_counts(outcome, counts);
  EXPECT_EQ(counts.connections, 50u);
  EXPECT_GE(counts.messages, 200u);
}

TEST_P(Independent, CountsTheSameForANumberOfMessages) {
  const Outcome outcome =
      run({peer_.url(), "-c", "9", "--messages", "500", "--shards", "2", "--text", "grüße"});
  const PeerCounts counts = peer_.stop();
  expect_same_counts(outcome, counts);
  EXPECT_EQ(counts.messages, 500u);
}

TEST_P(Independent, SeesTheRequestThatWasAskedFor) {
  const Outcome outcome = run({peer_.url("/room/7?who=me"), "-c", "1", "--messages", "1", "-H",
                               "X-Token: s3cret", "--subprotocol", "chat"});
  const PeerCounts counts = peer_.stop();
  expect_same_counts(outcome, counts);
  const std::string request = counts.all["last_request"].dump();
  for (const char* part : {"\"/room/7?who=me\"", "s3cret", "\"chat\"", "\"13\""})
    EXPECT_THAT(request, HasSubstr(part));
}

TEST_P(Independent, EchoesEverySize) {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  for (const std::uint64_t size : {0U, 125U, 126U, 65'535U, 65'536U, 1U << 20}) {
    const Outcome outcome =
        run({peer_.url(), "-c", "2", "--messages", "4", "--binary", "--size", std::to_string(size)});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
    EXPECT_EQ(outcome.count("/messages/answered"), 4u) << size;
    EXPECT_EQ(outcome.count("/bytes/received_payload"), 4 * size);
    messages += 4;
    bytes += 4 * size;
  }
  const PeerCounts counts = peer_.stop();
  EXPECT_EQ(counts.messages, messages);
  EXPECT_EQ(counts.bytes, bytes);
}

TEST_P(Independent, EchoesSixteenMebibytes) {
  const Outcome outcome = run({peer_.url(), "-c", "1", "--messages", "2", "--binary", "--size", "16MiB"});
  expect_same_counts(outcome, peer_.stop());
}

INSTANTIATE_TEST_SUITE_P(Servers, Independent,
                         testing::Values(Server{"PythonWebsockets", "echo_websockets.py"},
                                         Server{"NpmWs", "echo_ws.js"}),
                         [](const auto& test) { return std::string{test.param.name}; });

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

class Serve : public testing::TestWithParam<const char*> {};

TEST_P(Serve, ServesAnIndependentClient) {
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  Process server(command_line({"serve", "--mode", GetParam(), "--listen", address}));
  ASSERT_TRUE(server.wait_for_output(address)) << server.out() << server.err();

  std::vector<std::string> argv{"/usr/bin/python3", "-B",
                                std::string{RINGSTORM_SOURCE_DIR} + "/tests/peers/client_websockets.py",
                                "ws://" + address + "/"};
  if (GetParam() == std::string{"sink"}) argv.emplace_back("--sink");
  Process client(argv);
  EXPECT_EQ(client.wait(), 0) << client.out() << client.err() << server.err();

  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0) << server.out() << server.err();
}

INSTANTIATE_TEST_SUITE_P(Modes, Serve, testing::Values("echo", "sink", "broadcast"),
                         [](const auto& test) { return std::string{test.param}; });

/// Members of two rooms, who each hear everybody in theirs once and in order.
void expect_rooms(const std::string& url) {
  Process members({"/usr/bin/python3", "-B",
                   std::string{RINGSTORM_SOURCE_DIR} + "/tests/peers/client_rooms.py", url, "--rooms",
                   "den:5", "attic:3", "--messages", "40"});
  EXPECT_EQ(members.wait(), 0) << members.out() << members.err();
}

TEST(Broadcast, GoesToTheRoomAsAnIndependentServerHasIt) {
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  Process server(command_line({"serve", "--mode", "broadcast", "--listen", address}));
  ASSERT_TRUE(server.wait_for_output(address)) << server.out() << server.err();
  expect_rooms("ws://" + address);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0) << server.out() << server.err();
  EXPECT_THAT(server.out(), HasSubstr("\"deliveries\":1360,\"most_rooms\":2"));  // 5 * 5 * 40 + 3 * 3 * 40

  Peer twin("broadcast_ws.js");
  expect_rooms("ws://127.0.0.1:" + std::to_string(twin.port()));
  const PeerCounts counts = twin.stop();
  EXPECT_EQ(counts.all["deliveries"], 1360);
  EXPECT_EQ(counts.all["most_rooms"], 2);
  EXPECT_EQ(counts.messages, 320u);
}

// Alone in its room, a connection hears itself.
TEST(Broadcast, AnswersOneAlone) {
  Peer twin("broadcast_ws.js");
  for (const std::string& url : {std::string("embedded:broadcast"), twin.url("/den")}) {
    const Outcome outcome = run({url, "-c", "1", "--messages", "50", "--text", "{{sequence}}"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
    EXPECT_EQ(outcome.count("/messages/answered"), 50u);
  }
  EXPECT_EQ(twin.stop().messages, 50u);
}

}  // namespace
}  // namespace ringstorm::e2e
