// The whole server under a fault plan, and clients that know nothing but bytes and the time.
#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "unit/server/raw_client.h"
#include "unit/server/running_server.h"
#include "unit/server/wire.h"

namespace ringstorm {
namespace {

using namespace testing;

ServerOptions with_faults(const std::vector<std::string>& texts) {
  ServerOptions options;
  const auto plan = parse_fault_plan(texts, [](std::size_t) { return ""; });
  EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : to_string(plan.error()));
  if (plan.ok()) options.faults = *plan;
  options.seed = 7;
  options.goodbye = milliseconds(200);
  return options;
}

Duration time_of(const std::function<void()>& work) {
  const Instant start = MonotonicClock::now();
  work();
  return MonotonicClock::now() - start;
}

std::string text(std::string_view payload) {
  return client_frame(kText, payload);
}
std::string echo(std::string_view payload) {
  return server_frame(kText, payload);
}

// The machine may be busy, so it is the best of many that shows how well the server keeps its time.
TEST(Faults, ADelayIsNeverTooShortAndCanBeExact) {
  RunningServer server(with_faults({"delay 10ms"}));
  RawClient client(server.port);
  ASSERT_TRUE(client.upgrade());
  Duration shortest = Duration::max();
  for (int i = 0; i < 50; ++i) {
    const Duration took = time_of([&] {
      ASSERT_TRUE(client.send(text("x")));
      ASSERT_EQ(client.receive(3), echo("x"));
    });
    EXPECT_GE(took, milliseconds(10));
    shortest = std::min(shortest, took);
  }
  EXPECT_LT(shortest, milliseconds(12));
}

TEST(Faults, DelayedRepliesOfManyConnectionsComeEachInItsTime) {
  RunningServer server(with_faults({"delay uniform 0 50ms"}));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port));
    ASSERT_TRUE(clients.back()->upgrade());
  }
  for (auto& client : clients) ASSERT_TRUE(client->send(text("a") + text("b") + text("c")));
  for (auto& client : clients) ASSERT_EQ(client->receive(9), echo("a") + echo("b") + echo("c"));
  EXPECT_EQ(server.stop().faults.delayed_replies, 300U);
}

TEST(Faults, AStallHoldsEverythingUpAndNothingIsLost) {
  auto options = with_faults({"stall 300ms every 10s from 200ms"});
  options.shards = 2;
  RunningServer server(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port));
    ASSERT_TRUE(clients.back()->upgrade());
  }
  const Instant start = MonotonicClock::now();
  std::this_thread::sleep_until(start + milliseconds(250));
  for (auto& client : clients) ASSERT_TRUE(client->send(text("x")));
  RawClient late(server.port);
  ASSERT_TRUE(late.send(kRequest));
  EXPECT_EQ(clients[0]->receive_some(150), "") << "at 400 ms the server stands still";
  EXPECT_EQ(late.receive_some(0), "");
  for (auto& client : clients) ASSERT_EQ(client->receive(3), echo("x"));
  EXPECT_EQ(late.receive(kResponse.size()), kResponse);
  const Duration took = MonotonicClock::now() - start;
  EXPECT_GE(took, milliseconds(450)) << "no earlier than the end of the stall";
  const ServerCounts& counts = server.stop();
  EXPECT_EQ(counts.faults.stalls, 1U);
  EXPECT_EQ(counts.messages, 8U);
}

TEST(Faults, StoppingDuringAStallEndsPromptly) {
  RunningServer server(with_faults({"stall 100s every 1000s from 0"}));
  RawClient client(server.port);
  ASSERT_TRUE(client.send(kRequest));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  ASSERT_TRUE(client.send(text("into the stall")));
  EXPECT_LT(time_of([&] { server.stop(); }), seconds(5));
}

TEST(Faults, AClientThatClosesDuringAStallIsSeenOutBehindIt) {
  RunningServer server(with_faults({"stall 300ms every 10s from 50ms"}));
  RawClient client(server.port);
  RawClient vanishing(server.port);
  ASSERT_TRUE(client.upgrade());
  ASSERT_TRUE(vanishing.upgrade());
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  ASSERT_TRUE(client.send(client_frame(kClose, code_bytes(1000))));
  vanishing.vanish();
  EXPECT_EQ(client.receive_to_end(), server_frame(kClose, code_bytes(1000)));
  const ServerCounts& counts = server.stop();
  EXPECT_EQ(counts.closes, (std::map<std::uint16_t, std::uint64_t>{{1000, 1}, {1006, 1}}));
  expect_sums_to_close(counts);
}

TEST(Faults, ADroppedReplyIsMissingAndTheOthersAreThere) {
  RunningServer server(with_faults({"drop 50%"}));
  RawClient client(server.port);
  ASSERT_TRUE(client.upgrade());
  std::string frames;
  for (int i = 0; i < 100; ++i) frames += text("x");
  ASSERT_TRUE(client.send(frames + client_frame(kClose, "")));
  const std::string all = client.receive_to_end();
  const ServerCounts& counts = server.stop();
  EXPECT_EQ(counts.messages, 100U);
  EXPECT_EQ(all.size(), 3 * (100 - counts.faults.dropped_replies) + 2);
  EXPECT_GT(counts.faults.dropped_replies, 20U);
}

TEST(Faults, AResetIsAResetAndWhatWasDueBeforeIsThere) {
  RunningServer server(with_faults({"reset 20%"}));
  int resets = 0;
  for (int i = 0; i < 20; ++i) {
    RawClient client(server.port);
    ASSERT_TRUE(client.upgrade());
    std::string expected;
    for (int k = 0; k < 200 && !client.was_reset(); ++k) {
      if (!client.send(text("x"))) break;
      if (client.receive(3) == echo("x")) continue;
      client.receive_to_end();
      break;
    }
    EXPECT_TRUE(client.ended());
    ++resets;
  }
  const ServerCounts& counts = server.stop();
  EXPECT_EQ(counts.faults.resets, static_cast<unsigned>(resets));
  EXPECT_EQ(counts.closes, (std::map<std::uint16_t, std::uint64_t>{{1006, static_cast<unsigned>(resets)}}));
  expect_sums_to_close(counts);
}

TEST(Faults, TheClientOfAResetSeesAReset) {
  RunningServer server(with_faults({"reset 100%"}));
  RawClient client(server.port);
  ASSERT_TRUE(client.upgrade());
  ASSERT_TRUE(client.send(text("x")));
  EXPECT_EQ(client.receive_to_end(), "");
  EXPECT_TRUE(client.was_reset());
}

TEST(Faults, GarbageAndThenWhateverTheClientMakesOfIt) {
  RunningServer server(with_faults({"garbage after 3"}));
  RawClient client(server.port);
  ASSERT_TRUE(client.upgrade());
  ASSERT_TRUE(client.send(text("a") + text("b") + text("c") + text("d")));
  EXPECT_EQ(client.receive(9), echo("a") + echo("b") + echo("c"));
  EXPECT_NE(static_cast<unsigned char>(client.receive(16)[0]) & 0x70, 0);
  ASSERT_TRUE(client.send(client_frame(kClose, code_bytes(1002))));
  EXPECT_EQ(client.receive_to_end(), server_frame(kClose, code_bytes(1002)));
  EXPECT_EQ(server.stop().faults.garbage_replies, 1U);
}

// 64 KiB at 64 KiB/s, after the first gulp: the next message waits for what the first one cost.
TEST(Faults, ASlowReaderTakesNoMoreThanItsRate) {
  RunningServer server(with_faults({"slow-read 100% 64KiB/s"}));
  RawClient client(server.port);
  ASSERT_TRUE(client.upgrade());
  const std::string payload = pattern(32 * 1024);
  const Duration took = time_of([&] {
    ASSERT_TRUE(client.send(client_frame(kBinary, payload)));
    EXPECT_TRUE(client.receive(payload.size() + 4) == server_frame(kBinary, payload));
    ASSERT_TRUE(client.send(text("x")));
    EXPECT_EQ(client.receive(3), echo("x"));
  });
  EXPECT_GE(took, milliseconds(500));
  EXPECT_LT(took, seconds(10));
  EXPECT_EQ(server.stop().faults.slow_connections, 1U);
}

TEST(Faults, BurningCostsTheServerItsTime) {
  RunningServer server(with_faults({"burn 20ms"}));
  RawClient client(server.port);
  ASSERT_TRUE(client.upgrade());
  const Duration took = time_of([&] {
    ASSERT_TRUE(client.send(text("a") + text("b") + text("c")));
    EXPECT_EQ(client.receive(9), echo("a") + echo("b") + echo("c"));
  });
  EXPECT_GE(took, milliseconds(60));
  EXPECT_EQ(server.stop().faults.burned_messages, 3U);
}

// Thousands of replies wait when their clients go, in every way a client can.
TEST(Faults, ClientsThatGoWhileRepliesWaitLeaveNothingBehind) {
  RunningServer server(with_faults({"delay uniform 1ms 60s", "reorder 50%"}));
  std::string frames;
  for (int i = 0; i < 500; ++i) frames += text("waiting");
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port));
    ASSERT_TRUE(clients.back()->upgrade());
    ASSERT_TRUE(clients.back()->send(frames));
  }
  for (std::size_t i = 0; i < 20; ++i) {
    if (i % 2 == 0) {
      clients[i]->vanish();
    } else {
      ASSERT_TRUE(clients[i]->send(client_frame(kClose, code_bytes(1000))));
    }
  }
  for (std::size_t i = 1; i < 20; i += 2) {
    clients[i]->receive_to_end();
    EXPECT_TRUE(clients[i]->ended());
  }
  // The slots are used again at once, by clients that have nothing to do with what waited.
  for (int i = 0; i < 20; ++i) {
    RawClient next(server.port);
    ASSERT_TRUE(next.upgrade());
  }
  EXPECT_LT(time_of([&] { server.stop(); }), seconds(5)) << "ten clients still have replies to come";
  const ServerCounts& counts = server.stop();
  EXPECT_EQ(counts.messages, 15'000U);
  EXPECT_GT(counts.faults.unsent_replies, 10'000U);
  expect_sums_to_close(counts);
}

// The client takes nothing and sends on: what may wait has a bound, and reading stops there.
TEST(Faults, WaitingRepliesHaveABound) {
  RunningServer server(with_faults({"delay 3600s"}));
  RawClient client(server.port);
  ASSERT_TRUE(client.upgrade());
  const std::string frame = client_frame(kBinary, pattern(64 * 1024));
  std::uint64_t sent = 0;
  while (sent < (std::uint64_t{64} << 20)) {
    const std::size_t taken = client.send_some(std::string_view(frame).substr(sent % frame.size()), 300);
    if (taken == 0) break;
    sent += taken;
  }
  EXPECT_LT(sent, std::uint64_t{40} << 20);
  client.vanish();
  const ServerCounts& counts = server.stop();
  EXPECT_LT(counts.peak_output_bytes, std::uint64_t{32} << 20);
  EXPECT_EQ(counts.too_far_behind, 0U);
}

TEST(Faults, AMessageTooLongToBeHeldEndsItsConnection) {
  RunningServer server(with_faults({"delay 1ms"}));
  RawClient client(server.port);
  ASSERT_TRUE(client.upgrade());
  const std::string piece = pattern(1 << 20);
  client.send(header(kBinary, std::uint64_t{100} << 20, true) + "mask");
  for (int i = 0; i < 100; ++i) {
    if (!client.send(piece)) break;
  }
  client.receive_to_end();
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(server.stop().too_far_behind, 1U);
}

std::string answers(std::uint64_t seed) {
  auto options = with_faults({"drop 30%", "reorder 20%"});
  options.seed = seed;
  RunningServer server(options);
  RawClient client(server.port);
  EXPECT_TRUE(client.upgrade());
  std::string frames;
  for (int i = 100; i < 300; ++i) frames += text(std::to_string(i));
  EXPECT_TRUE(client.send(frames + client_frame(kClose, "")));
  return client.receive_to_end();
}

TEST(Faults, ASeedGivesTheSameAnswersAgain) {
  EXPECT_EQ(answers(7), answers(7));
  EXPECT_NE(answers(7), answers(8));
}

}  // namespace
}  // namespace ringstorm
