#include <gtest/gtest.h>

#include "plan/plan.h"

namespace ringstorm {
namespace {

MachineLimits machine() {
  MachineLimits limits;
  limits.cores = 4;
  limits.open_files = 20'000;
  return limits;
}

TEST(Describe, TellsTheWholePlan) {
  Scenario s;
  s.name = "echo";
  s.description = "The plain case.";
  s.url = "embedded:echo";
  s.connections = 1001;
  s.warmup = seconds(1);
  s.messages = 5000;
  s.duration = seconds(10);
  s.waiting = Waiting::batch;
  s.seed = 42;
  s.headers = {{"Authorization", "secret"}};
  EXPECT_EQ(describe(*make_plan(s, machine())), R"(scenario     echo
             The plain case.
target       embedded echo server, on cores 2 to 3, 2 shards
connections  1,001, opened at 10k/s in 100 ms or more, at most 256 at once
upgrade      GET /, Host: 127.0.0.1, 1 header more
message      125 B of text, 131 B on the wire
load         closed loop, 1,001 connections, 1 in flight on each
run          1 s of warm-up, then 10 s or 5,000 messages, whichever ends first; up to 5 s to drain
waiting      batch, at most 20 us
seed         42
memory       17.1 MiB here, about 9.16 MiB in the kernel for the sockets
shards       2, each with 8.57 MiB
             1,024 receive buffers of 4.00 KiB, 501 send buffers of 512 B
             a ring of 1,024 submissions and 4,096 completions, with a table of 501 sockets
  shard 0    connections 0 to 499, 2,500 messages, core 0
  shard 1    connections 500 to 1,000, 2,500 messages, core 1
)");
}

TEST(Describe, SumsUpManyShards) {
  Scenario s;
  s.url = "ws://192.0.2.1:9001/x";
  s.shards = 40;
  s.pin = false;
  s.open_rate = {1, seconds(36'000)};
  s.messages = 100;
  const std::string text = describe(*make_plan(s, machine()));
  EXPECT_NE(text.find("target       ws://192.0.2.1:9001/x\n"), std::string::npos);
  EXPECT_NE(text.find("shard 15 "), std::string::npos);
  EXPECT_EQ(text.find("shard 16 "), std::string::npos);
  EXPECT_NE(text.find("and 24 more like these\n"), std::string::npos);
  EXPECT_NE(text.find("not pinned"), std::string::npos);
}

TEST(Describe, SurvivesARunThatTakesCenturiesToOpen) {
  Scenario s;
  s.url = "ws://192.0.2.1:9001/x";
  s.connections = 20'000;
  s.open_rate = {1, Duration::max()};
  s.messages = 20'000;
  EXPECT_NE(describe(*make_plan(s, machine())).find("2500000 h"), std::string::npos);
}

}  // namespace
}  // namespace ringstorm
