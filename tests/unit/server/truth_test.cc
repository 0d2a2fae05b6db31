// What the server counts about its clients, and how it tells: the figures a report is held against.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "load/payload.h"
#include "server/key_watch.h"
#include "server/payload_check.h"
#include "unit/server/raw_client.h"
#include "unit/server/running_server.h"
#include "unit/server/wire.h"

namespace ringstorm {
namespace {

using namespace testing;
using nlohmann::json;

int repeats(KeyWatch& watch, const std::vector<std::uint32_t>& keys) {
  int count = 0;
  for (const std::uint32_t key : keys) count += watch.repeats(MaskKey{key});
  return count;
}

TEST(KeyWatch, AConstantKeyIsSeenEveryTime) {
  KeyWatch watch;
  EXPECT_EQ(repeats(watch, std::vector<std::uint32_t>(1000, 42)), 999);
  KeyWatch zero;
  EXPECT_EQ(repeats(zero, {0, 0}), 1);
}

TEST(KeyWatch, ACycleIsSeenWhateverItsLength) {
  for (const std::uint32_t length : {2U, 3U, 16U, 1000U}) {
    KeyWatch watch;
    int seen = 0;
    for (std::uint32_t i = 0; i < 4 * length; ++i) seen += watch.repeats(MaskKey{i % length + 1});
    EXPECT_GT(seen, 0) << length;
  }
}

TEST(KeyWatch, KeysThatDifferNeverRepeat) {
  KeyWatch watch;
  for (std::uint32_t key = 0; key < 100'000; ++key) ASSERT_FALSE(watch.repeats(MaskKey{key}));
}

bool is_right(std::string_view expected, const std::vector<std::string>& pieces) {
  PayloadCheck check;
  check.begin_message();
  for (const std::string& piece : pieces) check.take(std::as_bytes(std::span(piece)), expected);
  return check.message_is_right(expected);
}

TEST(PayloadCheck, TakesTheMessageInAnyPieces) {
  EXPECT_TRUE(is_right("Hello", {"Hello"}));
  EXPECT_TRUE(is_right("Hello", {"", "H", "ell", "", "o"}));
  EXPECT_TRUE(is_right("", {}));
  EXPECT_TRUE(is_right("", {""}));
}

TEST(PayloadCheck, NoticesEveryKindOfDifference) {
  EXPECT_FALSE(is_right("Hello", {"Hellp"}));
  EXPECT_FALSE(is_right("Hello", {"Hell"}));
  EXPECT_FALSE(is_right("Hello", {"Hello", "o"}));
  EXPECT_FALSE(is_right("Hello", {"x", "ello"})) << "a mistake is not made good";
  EXPECT_FALSE(is_right("Hello", {}));
  EXPECT_FALSE(is_right("", {"x"}));
}

/// As client_frame, with a key of one's own.
std::string masked_frame(unsigned first, std::string_view payload, const std::string& key) {
  std::string out = header(first, payload.size(), true) + key;
  for (std::size_t i = 0; i < payload.size(); ++i)
    put(out, static_cast<unsigned char>(payload[i] ^ key[i % 4]));
  return out;
}

TEST(Truth, KeysOfZeroAndKeysThatComeAgainAreCounted) {
  RunningServer server;
  RawClient client(server.port);
  ASSERT_TRUE(client.upgrade());
  const std::string zero(4, '\0');
  ASSERT_TRUE(client.send(masked_frame(kText, "a", "key1") + masked_frame(kPing, "b", zero) +
                          masked_frame(kText, "c", "key2") + masked_frame(kPong, "d", "key2") +
                          masked_frame(kTextBegins, "e", "key3") + masked_frame(kContinuesLast, "f", "key4") +
                          masked_frame(kClose, "", "key4")));
  client.receive_to_end();
  const ServerCounts& counts = server.stop();
  EXPECT_EQ(counts.zero_mask_keys, 1U);
  EXPECT_EQ(counts.repeated_mask_keys, 0U) << "the keys remembered were those of frames 1, 2 and 4";
  RunningServer another;
  RawClient careless(another.port);
  ASSERT_TRUE(careless.upgrade());
  ASSERT_TRUE(careless.send(client_frame(kText, "a") + client_frame(kPing, "") + client_frame(kText, "b") +
                            client_frame(kClose, "")));
  careless.receive_to_end();
  EXPECT_EQ(another.stop().repeated_mask_keys, 3U);
}

TEST(Truth, PayloadsAreHeldAgainstTheOneExpected) {
  ServerOptions options;
  options.expected_payload = make_payload(Filler::binary, 70'000, 7);
  for (const ServerMode mode : {ServerMode::echo, ServerMode::sink}) {
    options.mode = mode;
    RunningServer server(options);
    RawClient client(server.port);
    ASSERT_TRUE(client.upgrade());
    const std::string right = *options.expected_payload;
    std::string wrong = right;
    wrong.back() ^= 1;
    std::thread sender([&] {
      EXPECT_TRUE(client.send(client_frame(kBinary, right) + client_frame(kBinary, wrong) +
                              client_frame(kBinaryBegins, right.substr(0, 999)) +
                              client_frame(kContinuesLast, right.substr(999)) + client_frame(kBinary, "") +
                              client_frame(kBinary, right + "x") + client_frame(kClose, "")));
    });
    client.receive_to_end();
    sender.join();
    const ServerCounts& counts = server.stop();
    EXPECT_EQ(counts.messages, 5U);
    EXPECT_EQ(counts.wrong_payloads, 3U);
  }
}

/// What GET gives, as JSON; null when it is not a 200 with JSON.
json ask(std::uint16_t port, const std::string& target, const std::string& version = "1.1") {
  RawClient client(port);
  client.send("GET " + target + " HTTP/" + version + "\r\nHost: localhost\r\nAccept: */*\r\n\r\n");
  const std::string all = client.receive_to_end();
  EXPECT_TRUE(client.ended());
  EXPECT_FALSE(client.was_reset());
  const std::size_t body = all.find("\r\n\r\n");
  if (!all.starts_with("HTTP/1.1 200 OK\r\n") || body == std::string::npos) return {};
  const std::string head = all.substr(0, body);
  EXPECT_NE(head.find("\r\nContent-Type: application/json"), std::string::npos) << head;
  EXPECT_NE(head.find("\r\nConnection: close"), std::string::npos) << head;
  EXPECT_NE(head.find("\r\nContent-Length: " + std::to_string(all.size() - body - 4)), std::string::npos)
      << head;
  return json::parse(all.substr(body + 4), nullptr, false);
}

TEST(CountsOverHttp, AreThoseOfAllShardsWhileTheyRun) {
  ServerOptions options;
  options.shards = 3;
  RunningServer server(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (std::size_t i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port));
    ASSERT_TRUE(clients.back()->upgrade());
    ASSERT_TRUE(clients.back()->send(client_frame(kText, std::string(i, 'x'))));
    ASSERT_EQ(clients.back()->receive(2 + i).size(), 2 + i);
  }
  const json counts = ask(server.port, "/.counts");
  ASSERT_TRUE(counts.is_object());
  EXPECT_EQ(counts["connections"], 20);
  EXPECT_EQ(counts["open"], 20);
  EXPECT_EQ(counts["messages"], 20);
  EXPECT_EQ(counts["bytes"], 190);
  EXPECT_EQ(counts["counts_asked"], 1);
  EXPECT_FALSE(counts.contains("list"));
  EXPECT_TRUE(ask(server.port, "/.counts", "1.0").is_object());
}

TEST(CountsOverHttp, AgreeWithTheClosingLine) {
  RunningServer server;
  RawClient client(server.port);
  ASSERT_TRUE(client.upgrade());
  ASSERT_TRUE(client.send(client_frame(kText, "Hello") + client_frame(kPing, "") + client_frame(kClose, "")));
  client.receive_to_end();
  json before = ask(server.port, "/.counts");
  ASSERT_TRUE(before.is_object());
  const ServerCounts& counts = server.stop();
  expect_sums_to_close(counts);
  json after = json::parse(to_json_line(counts));
  // The answer itself had not gone out when it was written.
  EXPECT_GT(after["wire_bytes_out"], before["wire_bytes_out"]);
  for (const char* name : {"wire_bytes_out", "peak_output_bytes"}) {
    before.erase(name);
    after.erase(name);
  }
  EXPECT_EQ(before, after);
}

TEST(CountsOverHttp, ListTheConnections) {
  ServerOptions options;
  options.shards = 2;
  RunningServer server(options);
  RawClient open(server.port);
  RawClient gone(server.port);
  ASSERT_TRUE(open.upgrade());
  ASSERT_TRUE(gone.upgrade());
  ASSERT_TRUE(open.send(client_frame(kText, "abc") + client_frame(kText, "de")));
  ASSERT_EQ(open.receive(9).size(), 9U);
  ASSERT_TRUE(gone.send(client_frame(kBinary, "x") + client_frame(kClose, code_bytes(1000))));
  gone.receive_to_end();
  const json counts = ask(server.port, "/.counts?connections");
  ASSERT_TRUE(counts.is_object());
  ASSERT_EQ(counts["list"].size(), 2U) << counts;
  EXPECT_EQ(counts["left_off"], 0);
  EXPECT_EQ(counts["list"][0]["messages"], 2);
  EXPECT_EQ(counts["list"][0]["bytes"], 5);
  EXPECT_EQ(counts["list"][0]["closed"], nullptr);
  EXPECT_EQ(counts["list"][1]["messages"], 1);
  EXPECT_EQ(counts["list"][1]["bytes"], 1);
  EXPECT_EQ(counts["list"][1]["closed"], 1000);
  EXPECT_NE(counts["list"][0]["connection"], counts["list"][1]["connection"]);
}

TEST(CountsOverHttp, OtherRequestsAreRefusedAsBefore) {
  RunningServer server;
  for (const char* line : {"GET /.count HTTP/1.1", "GET /.counts?other HTTP/1.1", "POST /.counts HTTP/1.1",
                           "GET /x/.counts HTTP/1.1"}) {
    RawClient client(server.port);
    client.send(std::string(line) + "\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client.receive_to_end().substr(0, 10), "HTTP/1.1 4") << line;
  }
  EXPECT_EQ(server.stop().counts_asked, 0U);
}

TEST(CountsOverHttp, AreStillAWebSocketForWhoAsksForOne) {
  RunningServer server;
  RawClient client(server.port);
  std::string request(kRequest);
  request.replace(request.find("/chat"), 5, "/.counts");
  ASSERT_TRUE(client.send(request));
  EXPECT_EQ(client.receive(kResponse.size()), kResponse);
}

TEST(CountsOverHttp, ManyAskersAtOnceAndSomeThatLeave) {
  ServerOptions options;
  options.shards = 2;
  RunningServer server(options);
  for (int round = 0; round < 5; ++round) {
    std::vector<std::unique_ptr<RawClient>> askers;
    for (int i = 0; i < 40; ++i) {
      askers.push_back(std::make_unique<RawClient>(server.port));
      ASSERT_TRUE(askers.back()->send("GET /.counts?connections HTTP/1.1\r\nHost: a\r\n\r\n"));
      if (i % 2 == 0) askers.back()->vanish();
    }
    for (std::size_t i = 1; i < askers.size(); i += 2)
      EXPECT_EQ(askers[i]->receive_to_end().substr(0, 15), "HTTP/1.1 200 OK");
  }
  expect_sums_to_close(server.stop());
}

}  // namespace
}  // namespace ringstorm
