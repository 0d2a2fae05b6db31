// The whole server in a thread, and clients that know nothing but bytes.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "server/server.h"
#include "unit/server/raw_client.h"
#include "unit/server/running_server.h"
#include "unit/server/wire.h"

namespace ringstorm {
namespace {

using namespace testing;

TEST(Serve, EchoesEveryLengthEncoding) {
  RunningServer server;
  RawClient client(server.port);
  ASSERT_TRUE(client.upgrade());
  for (const std::size_t size : {0U, 1U, 125U, 126U, 65'535U, 65'536U, 1U << 20}) {
    SCOPED_TRACE(size);
    const std::string payload = pattern(size);
    // The server echoes while it receives, so a client that does not read meanwhile may have to wait for
    // itself.
    std::thread sender([&] { EXPECT_TRUE(client.send(client_frame(kBinary, payload))); });
    const std::string expected = server_frame(kBinary, payload);
    EXPECT_TRUE(client.receive(expected.size()) == expected);
    sender.join();
  }
}

TEST(Serve, CountsExactly) {
  RunningServer server;
  RawClient client(server.port);
  ASSERT_TRUE(client.upgrade());
  const std::string request = client_frame(kTextBegins, "Hel") + client_frame(kPing, "?") +
                              client_frame(kContinuesLast, "lo") + client_frame(kBinary, pattern(200)) +
                              client_frame(kClose, code_bytes(1000));
  const std::string answer = server_frame(kTextBegins, "Hel") + server_frame(kPong, "?") +
                             server_frame(kContinuesLast, "lo") + server_frame(kBinary, pattern(200)) +
                             server_frame(kClose, code_bytes(1000));
  ASSERT_TRUE(client.send(request));
  EXPECT_EQ(client.receive_to_end(), answer);
  EXPECT_TRUE(client.ended()) << "the server closes TCP first";
  const ServerCounts& counts = server.stop();
  EXPECT_EQ(counts.accepted, 1U);
  EXPECT_EQ(counts.upgraded, 1U);
  EXPECT_EQ(counts.open, 0U);
  EXPECT_EQ(counts.messages, 2U);
  EXPECT_EQ(counts.payload_bytes, 205U);
  EXPECT_EQ(counts.pings, 1U);
  EXPECT_EQ(counts.wire_bytes_in, kRequest.size() + request.size());
  EXPECT_EQ(counts.wire_bytes_out, kResponse.size() + answer.size());
  EXPECT_EQ(counts.closes, (std::map<std::uint16_t, std::uint64_t>{{1000, 1}}));
  expect_sums_to_close(counts);
}

TEST(Serve, ByteByByteIsTheSame) {
  RunningServer server;
  RawClient client(server.port);
  const std::string frames =
      client_frame(kText, "Hello") + client_frame(kBinary, pattern(300)) + client_frame(kPing, "p");
  ASSERT_TRUE(client.send_in_pieces(std::string(kRequest) + frames, 1));
  const std::string expected = std::string(kResponse) + server_frame(kText, "Hello") +
                               server_frame(kBinary, pattern(300)) + server_frame(kPong, "p");
  EXPECT_EQ(client.receive(expected.size()), expected);
}

TEST(Serve, RefusesWhatIsNotAnUpgrade) {
  RunningServer server;
  for (const std::string& head : {std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                                  std::string("\x16\x03\x01 not HTTP"), "GET /" + std::string(30'000, 'x')}) {
    RawClient client(server.port);
    client.send(head);
    EXPECT_EQ(client.receive_to_end().substr(0, 10), "HTTP/1.1 4");
    EXPECT_TRUE(client.ended());
  }
  RawClient silent(server.port);
  ASSERT_TRUE(silent.send("GET / HTTP/1.1\r\n"));
  silent.stop_sending();
  EXPECT_EQ(silent.receive_to_end(), "");
  EXPECT_TRUE(silent.ended());
  const ServerCounts& counts = server.stop();
  EXPECT_EQ(counts.upgrades_refused, 3U);
  EXPECT_EQ(counts.upgrades_abandoned, 1U);
  expect_sums_to_close(counts);
}

TEST(Serve, ViolationsGetTheirCodeAndTheEnd) {
  ServerOptions options;
  options.max_message_bytes = 100'000;
  RunningServer server(options);
  const struct {
    std::string bytes;
    unsigned code;
  } rows[] = {
      {server_frame(kText, "not masked"), 1002},
      {client_frame(kText, "\xed\xa0\x80"), 1007},
      {client_frame(kBinary, pattern(100'001)), 1009},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.code);
    RawClient client(server.port);
    ASSERT_TRUE(client.upgrade());
    client.send(row.bytes);
    EXPECT_EQ(client.receive_to_end(), server_frame(kClose, code_bytes(row.code)));
    EXPECT_TRUE(client.ended());
  }
  const ServerCounts& counts = server.stop();
  EXPECT_EQ(counts.closes, (std::map<std::uint16_t, std::uint64_t>{{1002, 1}, {1007, 1}, {1009, 1}}));
  EXPECT_EQ(counts.violations,
            (std::map<Cause, std::uint64_t>{
                {Cause::unmasked_frame, 1}, {Cause::invalid_utf8, 1}, {Cause::message_too_large, 1}}));
  expect_sums_to_close(counts);
}

/// A client with a small receive buffer that sends one message of 64 MiB, far more than the kernel's buffers
/// hold, and reads its echo only when it is told to. Its mask is all zero, so the payload looks the same both
/// ways.
class DeafClient {
 public:
  static constexpr std::uint64_t kBytes = std::uint64_t{64} << 20;

  explicit DeafClient(std::uint16_t port) : client_(port, 64 * 1024) {}
  bool begin() {
    return client_.upgrade() && client_.send(header(kBinary, kBytes, true) + std::string(4, '\0'));
  }
  /// Until nothing goes out for `patience_ms`, or everything has gone.
  void send_payload(int patience_ms) {
    while (sent_ < kBytes) {
      const std::size_t taken = client_.send_some(payload_.at(sent_, kBytes - sent_), patience_ms);
      if (taken == 0) return;
      sent_ += taken;
    }
  }
  bool receive_echo() {
    const std::string head = header(kBinary, kBytes, false);
    if (client_.receive(head.size()) != head) return false;
    for (std::uint64_t received = 0; received < kBytes;) {
      const std::string_view expected = payload_.at(received, kBytes - received);
      if (client_.receive(expected.size()) != expected) return false;
      received += expected.size();
    }
    return true;
  }
  std::uint64_t sent() const { return sent_; }
  void vanish() { client_.vanish(); }

 private:
  RawClient client_;
  EndlessPattern payload_;
  std::uint64_t sent_ = 0;
};

// The kernel's buffers fill, the server stops reading, and the client's own sends get stuck. Others are
// served meanwhile, and what was accepted comes back whole once the client reads.
TEST(Serve, ClientThatDoesNotReadCostsLittleAndHoldsUpNobody) {
  RunningServer server;
  DeafClient deaf(server.port);
  ASSERT_TRUE(deaf.begin());
  deaf.send_payload(300);
  EXPECT_LT(deaf.sent(), DeafClient::kBytes);

  RawClient other(server.port);
  ASSERT_TRUE(other.upgrade());
  ASSERT_TRUE(other.send(client_frame(kText, "me too")));
  EXPECT_EQ(other.receive(8), server_frame(kText, "me too"));

  std::thread sender([&] { deaf.send_payload(30'000); });
  EXPECT_TRUE(deaf.receive_echo());
  sender.join();
  EXPECT_LT(server.stop().peak_output_bytes, std::uint64_t{20} << 20);
}

// The server notices by itself, also while it is not receiving from them.
TEST(Serve, ClientsThatVanishWhileTheyAreHeldBackAreCleanedUp) {
  RunningServer server;
  for (int i = 0; i < 3; ++i) {
    DeafClient deaf(server.port);
    ASSERT_TRUE(deaf.begin());
    deaf.send_payload(200);
    EXPECT_LT(deaf.sent(), DeafClient::kBytes);
    deaf.vanish();
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const ServerCounts& counts = server.stop();
  EXPECT_EQ(counts.closes, (std::map<std::uint16_t, std::uint64_t>{{1006, 3}}));
  expect_sums_to_close(counts);
}

TEST(Serve, FiveHundredConnectionsOverTwoShards) {
  ServerOptions options;
  options.shards = 2;
  RunningServer server(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 500; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port));
    ASSERT_TRUE(clients.back()->connected());
    ASSERT_TRUE(clients.back()->send(kRequest));
  }
  for (auto& client : clients) ASSERT_EQ(client->receive(kResponse.size()), kResponse);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      ASSERT_TRUE(clients[i]->send(client_frame(kBinary, pattern(i)) + client_frame(kText, "and")));
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const std::string expected = server_frame(kBinary, pattern(i)) + server_frame(kText, "and");
      ASSERT_EQ(clients[i]->receive(expected.size()), expected);
    }
  }
  for (auto& client : clients) ASSERT_TRUE(client->send(client_frame(kClose, "")));
  for (auto& client : clients) ASSERT_EQ(client->receive_to_end(), server_frame(kClose, ""));
  const ServerCounts& counts = server.stop();
  EXPECT_EQ(counts.upgraded, 500U);
  EXPECT_EQ(counts.messages, 3000U);
  EXPECT_EQ(counts.payload_bytes, 3U * (499U * 500U / 2 + 500U * 3));
  EXPECT_EQ(counts.closes, (std::map<std::uint16_t, std::uint64_t>{{1005, 500}}));
  expect_sums_to_close(counts);
}

TEST(Serve, BeyondItsRoomConnectionsAreTurnedAway) {
  ServerOptions options;
  options.max_connections_per_shard = 4;
  RunningServer server(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port));
    ASSERT_TRUE(clients.back()->upgrade());
  }
  RawClient fifth(server.port);
  EXPECT_EQ(fifth.receive_to_end(), "");
  EXPECT_TRUE(fifth.ended());
  ASSERT_TRUE(clients[0]->send(client_frame(kClose, "")));
  clients[0]->receive_to_end();
  RawClient sixth(server.port);
  EXPECT_TRUE(sixth.upgrade()) << "there is room again";
  EXPECT_EQ(server.stop().turned_away, 1U);
}

TEST(Serve, StopSaysGoodbyeAndWaitsForTheAnswer) {
  ServerOptions options;
  options.goodbye = seconds(20);
  RunningServer server(options);
  RawClient client(server.port);
  RawClient undecided(server.port);
  ASSERT_TRUE(client.upgrade());
  ASSERT_TRUE(undecided.send("GET /"));
  std::thread answer([&] {
    EXPECT_EQ(client.receive(4), server_frame(kClose, code_bytes(1001)));
    EXPECT_TRUE(client.send(client_frame(kText, "on its way") + client_frame(kClose, code_bytes(1001))));
    EXPECT_EQ(client.receive_to_end(), "");
    EXPECT_TRUE(client.ended());
  });
  const ServerCounts& counts = server.stop();
  answer.join();
  EXPECT_EQ(counts.messages, 1U);
  EXPECT_EQ(counts.closes, (std::map<std::uint16_t, std::uint64_t>{{1001, 1}}));
  expect_sums_to_close(counts);
}

TEST(Serve, StopEndsThoughAClientSaysNothing) {
  ServerOptions options;
  options.goodbye = milliseconds(100);
  RunningServer server(options);
  RawClient mute(server.port);
  ASSERT_TRUE(mute.upgrade());
  const ServerCounts& counts = server.stop();
  EXPECT_EQ(mute.receive_to_end(), server_frame(kClose, code_bytes(1001)));
  EXPECT_TRUE(mute.ended());
  EXPECT_EQ(counts.open, 1U) << "it never came to an end";
  expect_sums_to_close(counts);
}

TEST(Serve, ListensOnEveryAddressItIsGivenWithAShardForEach) {
  std::atomic<bool> stop{false};
  ServerOptions options;
  options.listen = *parse_listen_address("127.0.0.1:0");
  options.also_listen = {*parse_listen_address("127.0.0.2:0"), *parse_listen_address("127.0.0.3:0")};
  options.shards = 4;  // the first has two
  std::vector<SocketAddress> addresses;
  const auto counts = serve(options, stop, [&](const SocketAddress& address) {
    addresses.push_back(address);
    const Descriptor caller(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(caller.get(), address.get(), address.length), 0) << address.to_string();
    stop = addresses.size() == 3;
  });
  ASSERT_TRUE(counts.ok()) << to_string(counts.error());
  ASSERT_EQ(addresses.size(), 3U);
  EXPECT_EQ(addresses[0].to_string().substr(0, 10), "127.0.0.1:");
  EXPECT_EQ(addresses[2].to_string().substr(0, 10), "127.0.0.3:");
}

TEST(Serve, SaysWhyItCannotStart) {
  const std::atomic<bool> stop{true};
  ServerOptions options;
  options.listen = *parse_listen_address("127.0.0.1:0");
  RunningServer server;
  options.listen = *parse_listen_address("127.0.0.1:" + std::to_string(server.port));
  const auto taken = serve(options, stop, [](const SocketAddress&) { FAIL(); });
  ASSERT_FALSE(taken.ok());
  EXPECT_NE(to_string(taken.error()).find("Address already in use"), std::string::npos)
      << to_string(taken.error());

  options.listen = *parse_listen_address("127.0.0.1:0");
  options.cores = {100'000};
  const auto unpinned = serve(options, stop, [](const SocketAddress&) { FAIL(); });
  ASSERT_FALSE(unpinned.ok());
  EXPECT_NE(to_string(unpinned.error()).find("core 100000"), std::string::npos)
      << to_string(unpinned.error());
}

TEST(Serve, PinnedToACoreItServes) {
  ServerOptions options;
  options.cores = {0};
  RunningServer server(options);
  RawClient client(server.port);
  EXPECT_TRUE(client.upgrade());
}

TEST(ServerCounts, OneLineOfJson) {
  ServerCounts counts;
  counts.upgraded = 3;
  counts.messages = 7;
  counts.payload_bytes = 100;
  counts.closes = {{1000, 2}, {1006, 1}};
  counts.violations = {{Cause::invalid_utf8, 1}};
  ServerCounts more = counts;
  more.merge(counts);
  const std::string line = to_json_line(more);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["connections"], 6);
  EXPECT_EQ(json["messages"], 14);
  EXPECT_EQ(json["bytes"], 200);
  EXPECT_EQ(json["closes"], (nlohmann::json{{"1000", 4}, {"1006", 2}}));
  EXPECT_EQ(json["violations"].size(), 1U);
}

}  // namespace
}  // namespace ringstorm
