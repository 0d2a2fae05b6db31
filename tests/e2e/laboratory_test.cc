// The embedded server as a laboratory: what a run reports about faults that are known, and what the server
// counted meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::HasSubstr;

void expect_sound(const Outcome& outcome) {
  ASSERT_TRUE(outcome.report.is_object()) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "") << outcome.all();
  EXPECT_EQ(schema_violations(outcome.report), "");
}

/// `ringstorm serve ARGUMENTS...` on a free port.
class Server {
 public:
  explicit Server(std::vector<std::string> arguments = {}) : process_(words(std::move(arguments))) {
    EXPECT_TRUE(process_.wait_for_output("listening 127.0.0.1:")) << process_.err();
    const std::string& out = process_.out();
    port_ = static_cast<std::uint16_t>(std::stoi(out.substr(out.rfind(':') + 1)));
  }

  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/"; }

  /// What GET /.counts gives, by a client that shares no code with it.
  nlohmann::json counts(const std::string& target = "/.counts") const {
    Process asking({"python3", "-c",
                    "import sys, urllib.request\n"
                    "sys.stdout.write(urllib.request.urlopen(sys.argv[1], timeout=20).read().decode())",
                    "http://127.0.0.1:" + std::to_string(port_) + target});
    EXPECT_EQ(asking.wait(), 0) << asking.err();
    return nlohmann::json::parse(asking.out(), nullptr, false);
  }

  /// Its last line.
  nlohmann::json stop() {
    process_.signal(SIGTERM);
    EXPECT_EQ(process_.wait(), 0) << process_.err();
    const std::string& out = process_.out();
    return nlohmann::json::parse(out.substr(out.find('\n') + 1), nullptr, false);
  }

 private:
  static std::vector<std::string> words(std::vector<std::string> arguments) {
    std::vector<std::string> all{"serve", "--listen", "127.0.0.1:0"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return command_line(all);
  }

  Process process_;
  std::uint16_t port_ = 0;
};

TEST(Laboratory, ADelayShowsInTheLatency) {
  const Outcome outcome = run({"embedded:echo", "-c", "5", "-d", "1s", "--fault", "delay 20ms"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  expect_sound(outcome);
  EXPECT_GE(outcome.count("/latency/service/min_ns"), 20'000'000u) << outcome.all();
  EXPECT_LT(outcome.count("/latency/service/min_ns"), 23'000'000u) << outcome.all();
  EXPECT_GT(outcome.count("/messages/answered"), 0u);
}

TEST(Laboratory, AQuantileOfAKnownDistributionIsFound) {
  const Outcome outcome =
      run({"embedded:echo", "-c", "40", "-d", "2s", "--fault", "delay quantiles 0:10ms 0.5:30ms 1:50ms"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  expect_sound(outcome);
  // 2,600 samples: four standard deviations of the median's place are 4 % of the samples, 1.6 ms. The rest
  // is for a busy machine, which can only be late.
  EXPECT_GT(outcome.count("/latency/service/p50_ns"), 28'000'000u) << outcome.all();
  EXPECT_LT(outcome.count("/latency/service/p50_ns"), 36'000'000u) << outcome.all();
}

TEST(Laboratory, DroppedRepliesEndAsOutstanding) {
  const Outcome outcome =
      run({"embedded:echo", "-c", "4", "-d", "500ms", "--drain", "200ms", "--fault", "drop 20%"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  expect_sound(outcome);
  EXPECT_GT(outcome.count("/messages/answered"), 0u);
  EXPECT_EQ(outcome.count("/messages/outstanding"), 4u)
      << "each connection waits for the first that never comes";
}

TEST(Laboratory, ResetsAreErrorsByTheirCause) {
  const Outcome outcome = run({"embedded:echo", "-c", "6", "-d", "5s", "--fault", "reset 10%"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  expect_sound(outcome);
  EXPECT_EQ(outcome.errors("connection reset"), 6u) << outcome.all();
  EXPECT_EQ(outcome.count("/connections/lost"), 6u);
}

TEST(Laboratory, GarbageIsAnErrorByItsCause) {
  const Outcome outcome = run({"embedded:echo", "-c", "6", "-d", "5s", "--fault", "garbage after 10"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  expect_sound(outcome);
  EXPECT_EQ(outcome.errors("reserved bit set"), 6u) << outcome.all();
  EXPECT_EQ(outcome.count("/messages/answered"), 60u);
}

TEST(Laboratory, AStallIsInTheLongestLatency) {
  const Outcome outcome =
      run({"embedded:echo", "-c", "3", "-d", "1s", "--fault", "stall 300ms every 10s from 300ms"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  expect_sound(outcome);
  EXPECT_GE(outcome.count("/latency/service/max_ns"), 290'000'000u) << outcome.all();
  EXPECT_LT(outcome.count("/latency/service/p50_ns"), 100'000'000u) << outcome.all();
}

TEST(Laboratory, BothSidesAgreeWhileTheServerRunsAndAtItsEnd) {
  Server server({"--shards", "2", "--expect", "text", "125", "42"});
  const Outcome outcome = run({server.url(), "-c", "20", "--messages", "2000", "--seed", "42"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  const nlohmann::json running = server.counts();
  ASSERT_TRUE(running.is_object());
  EXPECT_EQ(running["messages"], outcome.count("/messages/sent"));
  EXPECT_EQ(running["bytes"], outcome.count("/bytes/sent_payload"));
  EXPECT_EQ(running["connections"], 20);
  EXPECT_EQ(running["open"], 0);
  EXPECT_EQ(running["wrong_payloads"], 0);
  EXPECT_EQ(running["zero_mask_keys"], 0);
  const nlohmann::json listed = server.counts("/.counts?connections");
  std::uint64_t messages = 0;
  for (const nlohmann::json& row : listed["list"]) messages += row["messages"].get<std::uint64_t>();
  EXPECT_EQ(listed["list"].size(), 20u);
  EXPECT_EQ(messages, 2000u);
  const nlohmann::json last = server.stop();
  for (const char* name : {"messages", "bytes", "connections", "closes", "violations", "faults"})
    EXPECT_EQ(last[name], running[name]) << name;
  EXPECT_EQ(last["counts_asked"], 2);
}

TEST(Laboratory, AnotherPayloadIsNoticed) {
  Server server({"--expect", "text", "125", "43"});
  const Outcome outcome = run({server.url(), "-c", "2", "--messages", "10", "--seed", "42"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(server.stop()["wrong_payloads"], 10);
}

TEST(Laboratory, ATextCanBeExpected) {
  Server server({"--expect-text", "h\u00e9llo"});
  EXPECT_EQ(run({server.url(), "-c", "2", "--messages", "10", "--text", "h\u00e9llo"}).exit_code, 0);
  EXPECT_EQ(run({server.url(), "-c", "1", "--messages", "1", "--text", "hello"}).exit_code, 0);
  EXPECT_EQ(server.stop()["wrong_payloads"], 1);
}

// What `run` hands to its server must be taken as it is, whatever the text looks like.
TEST(Laboratory, EveryKindOfPayloadCanBeVerified) {
  for (const std::vector<std::string>& payload : {std::vector<std::string>{"--size", "0"},
                                                  {"--size", "100KiB", "--binary"},
                                                  {"--text", ""},
                                                  {"--text", "--looks like=a flag"},
                                                  {"--text", "two\nlines"}}) {
    std::vector<std::string> arguments{"embedded:echo", "-c", "2", "--messages", "20", "--verify"};
    arguments.insert(arguments.end(), payload.begin(), payload.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
    EXPECT_EQ(outcome.count("/messages/answered"), 20u) << outcome.all();
  }
}

TEST(Laboratory, AMistakeInAFaultIsAUsageErrorThatNamesIt) {
  for (const char* command : {"serve", "run", "check"}) {
    std::vector<std::string> arguments{command, "--fault", "delay exponental 2ms"};
    if (std::string{command} != "serve") arguments.emplace_back("embedded:echo");
    const Outcome outcome = ringstorm(arguments);
    EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
    EXPECT_THAT(outcome.err, HasSubstr("--fault \"delay exponental 2ms\": found \"exponental\""));
    EXPECT_THAT(outcome.err, HasSubstr("did you mean \"exponential\"?"));
  }
}

TEST(Laboratory, WhatServeCannotReadIsAUsageError) {
  const struct {
    std::vector<std::string> arguments;
    const char* said;
  } rows[] = {
      {{"--seed", "x"}, "--seed x: expected a whole number"},
      {{"--expect", "words", "125", "7"}, "--expect words: expected text or binary"},
      {{"--expect", "text", "many", "7"}, "--expect text many: expected a size"},
      {{"--expect", "text", "125", "x"}, "--expect text 125 x: expected a seed"},
  };
  for (const auto& row : rows) {
    std::vector<std::string> arguments{"serve"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    const Outcome outcome = ringstorm(arguments);
    EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
    EXPECT_THAT(outcome.err, HasSubstr(row.said));
  }
}

TEST(Laboratory, AMistakeInAFileHasItsPlace) {
  const TemporaryFolder folder;
  const std::string file = folder.write("faults.json",
                                        "{\n  \"url\": \"embedded:echo\",\n"
                                        "  \"server\": {\"faults\": [\"drop 1%\",\n    \"stall 1s\"]}\n}\n");
  const Outcome outcome = ringstorm({"check", file});
  EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
  EXPECT_THAT(outcome.err, HasSubstr(file + ":4:5 /server/faults/1: found nothing, expected \"every\""));
}

TEST(Laboratory, IsRefusedForAServerThatIsNotOurs) {
  const Outcome outcome = ringstorm({"check", "ws://127.0.0.1:1/", "--fault", "drop 1%", "--verify"});
  EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
  EXPECT_THAT(outcome.err, HasSubstr("only a server that ringstorm starts itself fails on purpose"));
  EXPECT_THAT(outcome.err, HasSubstr("only a server that ringstorm starts itself checks payloads"));
}

}  // namespace
}  // namespace ringstorm::e2e
