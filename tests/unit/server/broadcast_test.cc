// The broadcasting server, and clients that know nothing but bytes.
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "server/rooms.h"
#include "server/server.h"
#include "unit/server/raw_client.h"
#include "unit/server/running_server.h"
#include "unit/server/wire.h"

namespace ringstorm {
namespace {

using namespace testing;

TEST(Rooms, AreMadeAndGoWithTheirMembers) {
  Rooms rooms(8);
  EXPECT_FALSE(rooms.contains(3));
  for (const Slot slot : {3U, 5U, 7U}) rooms.join(slot, "/a");
  rooms.join(4, "/b");
  EXPECT_EQ(rooms.size(), 2U);
  EXPECT_EQ(std::vector<Slot>(rooms.with(5).begin(), rooms.with(5).end()), (std::vector<Slot>{3, 5, 7}));
  rooms.leave(3);
  rooms.leave(3);
  EXPECT_EQ(std::vector<Slot>(rooms.with(5).begin(), rooms.with(5).end()), (std::vector<Slot>{7, 5}));
  rooms.leave(7);
  rooms.leave(5);
  EXPECT_EQ(rooms.size(), 1U);
  rooms.join(3, "/a");
  EXPECT_EQ(rooms.with(3).size(), 1U);
}

ServerOptions broadcasting() {
  ServerOptions options;
  options.mode = ServerMode::broadcast;
  return options;
}

TEST(Broadcast, GoesToEverybodyOnThePath) {
  RunningServer server(broadcasting());
  RawClient one(server.port), two(server.port), elsewhere(server.port);
  ASSERT_TRUE(one.upgrade("/den"));
  ASSERT_TRUE(two.upgrade("/den?who=two"));
  ASSERT_TRUE(elsewhere.upgrade("/attic"));
  // In fragments with a ping between them: the room hears one whole frame.
  ASSERT_TRUE(one.send(client_frame(kTextBegins, "Hel") + client_frame(kPing, "?") +
                       client_frame(kContinuesLast, "lo")));
  const std::string heard = server_frame(kText, "Hello");
  EXPECT_EQ(two.receive(heard.size()), heard);
  const std::string own = server_frame(kPong, "?") + heard;
  EXPECT_EQ(one.receive(own.size()), own);
  ASSERT_TRUE(two.send(client_frame(kBinary, pattern(70'000))));
  const std::string large = server_frame(kBinary, pattern(70'000));
  EXPECT_TRUE(one.receive(large.size()) == large);
  EXPECT_TRUE(two.receive(large.size()) == large);
  ASSERT_TRUE(elsewhere.send(client_frame(kText, "echo")));
  const std::string alone = server_frame(kText, "echo");
  EXPECT_EQ(elsewhere.receive(alone.size()), alone);
  EXPECT_EQ(elsewhere.receive_some(20), "");

  const ServerCounts& counts = server.stop();
  EXPECT_EQ(counts.messages, 3U);
  EXPECT_EQ(counts.deliveries, 5U);
  EXPECT_EQ(counts.most_rooms, 2U);
  EXPECT_EQ(counts.too_far_behind, 0U);
  expect_sums_to_close(counts);
}

// What one says goes to the others as it came, who may have agreed to something else.
TEST(Broadcast, DeclinesPermessageDeflate) {
  ServerOptions options = broadcasting();
  options.deflate.emplace();
  RunningServer server(options);
  RawClient client(server.port);
  std::string request{kRequest};
  request.insert(request.size() - 2, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  ASSERT_TRUE(client.send(request + client_frame(kText, "plain")));
  const std::string all = std::string(kResponse) + server_frame(kText, "plain");
  EXPECT_EQ(client.receive(all.size()), all);
  EXPECT_EQ(server.stop().deflate_connections, 0U);
}

TEST(Broadcast, HearsAMessageThatComesWithTheRequestAndTheClose) {
  RunningServer server(broadcasting());
  RawClient listener(server.port), hasty(server.port);
  ASSERT_TRUE(listener.upgrade());
  ASSERT_TRUE(
      hasty.send(std::string(kRequest) + client_frame(kText, "hi") + client_frame(kClose, code_bytes(1000))));
  const std::string heard = server_frame(kText, "hi");
  EXPECT_EQ(listener.receive(heard.size()), heard);
  hasty.receive_to_end();
  EXPECT_TRUE(hasty.ended());
  // Who has left does not hear any more, and is no member to trip over.
  ASSERT_TRUE(listener.send(client_frame(kText, "ho")));
  EXPECT_EQ(listener.receive(heard.size()), server_frame(kText, "ho"));
  const ServerCounts& counts = server.stop();
  EXPECT_GE(counts.deliveries, 2U);
  expect_sums_to_close(counts);
}

TEST(Broadcast, BadTextIsNotHeard) {
  RunningServer server(broadcasting());
  RawClient listener(server.port), bad(server.port);
  ASSERT_TRUE(listener.upgrade());
  ASSERT_TRUE(bad.upgrade());
  ASSERT_TRUE(bad.send(client_frame(kText, "bad \xFF")));
  EXPECT_EQ(bad.receive_to_end(), server_frame(kClose, code_bytes(1007)));
  EXPECT_EQ(listener.receive_some(20), "");
  EXPECT_EQ(server.stop().deliveries, 0U);
}

// Memory stays bounded: who does not read is given up, and the others hear everything.
TEST(Broadcast, GivesUpWhoFallsTooFarBehind) {
  constexpr int kMessages = 80;
  RunningServer server(broadcasting());
  RawClient speaker(server.port), listener(server.port), sleeper(server.port, 4096);
  ASSERT_TRUE(speaker.upgrade());
  ASSERT_TRUE(listener.upgrade());
  ASSERT_TRUE(sleeper.upgrade());
  const std::string payload = pattern(1 << 20);
  const std::string heard = server_frame(kBinary, payload);
  const auto listen = [&](RawClient& client) {
    for (int i = 0; i < kMessages; ++i) ASSERT_TRUE(client.receive(heard.size()) == heard) << i;
  };
  std::thread listening([&] { listen(listener); }), own([&] { listen(speaker); });
  for (int i = 0; i < kMessages; ++i) ASSERT_TRUE(speaker.send(client_frame(kBinary, payload)));
  listening.join();
  own.join();
  const ServerCounts& counts = server.stop();
  EXPECT_EQ(counts.too_far_behind, 1U);
  EXPECT_GE(counts.deliveries, 2U * kMessages);
  EXPECT_LT(counts.deliveries, 3U * kMessages);
  EXPECT_LT(counts.peak_output_bytes, std::uint64_t{160} << 20);
  expect_sums_to_close(counts);
}

}  // namespace
}  // namespace ringstorm
