// Socket options from the scenario to what the kernel says of the connections' own sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/peer.h"
#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::HasSubstr;

std::string scenario_with(const std::string& url, const std::string& socket) {
  return R"({"url": ")" + url + R"(", "connections": 8, "shards": 2, "messages": 80, "socket": )" + socket +
         "}";
}

TEST(SocketOptions, EachShardSaysWhatTheKernelSet) {
  Peer peer("echo_websockets.py");
  const TemporaryFolder folder;
  const std::string file =
      folder.write("s.json", scenario_with(peer.url(), R"({"receive_buffer": "32KiB", "send_buffer": "48KiB",
                "keepalive": {"idle": "31s", "interval": "7s", "count": 5}, "congestion": "reno", "dscp": 46,
                "bind_device": "lo"})"));
  const Outcome outcome = run({file});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(schema_violations(outcome.report), "");
  ASSERT_EQ(outcome.report["sockets"].size(), 2u);
  for (const auto& shard : outcome.report["sockets"]) {
    EXPECT_EQ(shard["receive_buffer_bytes"], 65'536);
    EXPECT_EQ(shard["send_buffer_bytes"], 98'304);
    EXPECT_EQ(shard["keepalive"].dump(), R"({"count":5,"idle_s":31.0,"interval_s":7.0})");
    EXPECT_EQ(shard["congestion"], "reno");
    EXPECT_EQ(shard["tos"], 184);
    EXPECT_EQ(shard["no_delay"], true);
    EXPECT_EQ(shard["bind_device"], "lo");
  }
  EXPECT_THAT(outcome.out, HasSubstr("as one was set: receive buffer 64.0 KiB, send buffer 96.0 KiB"));
}

TEST(SocketOptions, NoDelayIsOnUnlessItIsNotWanted) {
  Peer peer("echo_websockets.py");
  const TemporaryFolder folder;
  const Outcome usual = run({folder.write("a.json", scenario_with(peer.url(), "{}"))});
  EXPECT_EQ(usual.report["sockets"][0]["no_delay"], true) << usual.all();
  EXPECT_TRUE(usual.report["sockets"][0]["keepalive"].is_null());
  const Outcome nagle = run({folder.write("b.json", scenario_with(peer.url(), R"({"no_delay": false})"))});
  EXPECT_EQ(nagle.report["sockets"][1]["no_delay"], false) << nagle.all();
}

TEST(SocketOptions, WhatTheKernelRefusesEndsTheRunBeforeItStarts) {
  Peer peer("echo_websockets.py");
  const TemporaryFolder folder;
  const Outcome outcome = run({folder.write(
      "s.json", scenario_with(peer.url(), R"({"congestion": "nonesuch", "bind_device": "no-such-if"})"))});
  EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
  EXPECT_THAT(outcome.err, HasSubstr("/socket/congestion: the kernel refuses \"nonesuch\""));
  EXPECT_THAT(outcome.err, HasSubstr("/socket/bind_device: the kernel refuses \"no-such-if\""));
  EXPECT_EQ(peer.stop().connections, 0u);
}

TEST(SocketOptions, AUnixSocketHasItsBuffers) {
  const TemporaryFolder folder;
  Peer peer("echo_websockets.py", {"--unix", folder.file("x.sock")});
  const Outcome outcome =
      run({folder.write("s.json", scenario_with(peer.url(), R"({"send_buffer": "48KiB"})"))});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(schema_violations(outcome.report), "");
  EXPECT_EQ(outcome.report["sockets"][0]["send_buffer_bytes"], 98'304);
  EXPECT_TRUE(outcome.report["sockets"][0]["no_delay"].is_null());
}

}  // namespace
}  // namespace ringstorm::e2e
