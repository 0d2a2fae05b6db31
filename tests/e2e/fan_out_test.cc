// What publishers send and subscribers get, against the embedded server and against one that shares no code
// with ringstorm, drops, repeats and reorders on purpose, and counts what it did.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/peer.h"
#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::HasSubstr;

void expect_sound(const Outcome& outcome) {
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  ASSERT_TRUE(outcome.report.is_object()) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "");
  EXPECT_EQ(schema_violations(outcome.report), "");
  const auto count = [&](const char* name) { return outcome.count(std::string("/fan_out/") + name); };
  EXPECT_EQ(count("expected"), count("received") + count("lost")) << outcome.all();
  EXPECT_EQ(count("stamped"), count("received") + count("duplicated") + count("behind") + count("stray"))
      << outcome.all();
}

/// Nothing went wrong on the way: everybody had everything once.
void expect_all_delivered(const Outcome& outcome, std::uint64_t subscribers) {
  expect_sound(outcome);
  EXPECT_EQ(outcome.count("/fan_out/expected"), outcome.count("/messages/sent") * subscribers);
  for (const char* what : {"lost", "duplicated", "out_of_order", "behind", "stray", "untrusted/foreign",
                           "untrusted/forged", "untrusted/malformed"})
    EXPECT_EQ(outcome.count(std::string("/fan_out/") + what), 0U) << what << '\n' << outcome.all();
  EXPECT_EQ(outcome.count("/fan_out/last_receiver/followed"), outcome.count("/messages/sent"));
  EXPECT_EQ(outcome.count("/fan_out/last_receiver/reached_everyone"), outcome.count("/messages/sent"));
  // Messages that were due in the measured window, which are all here, but what is due as it ends.
  EXPECT_LE(outcome.count("/fan_out/delivery/count"), outcome.count("/fan_out/received"));
  EXPECT_GE(outcome.count("/fan_out/delivery/count") + 2 * subscribers, outcome.count("/fan_out/received"));
  EXPECT_GT(outcome.count("/fan_out/delivery/min_ns"), 0U);
  EXPECT_GE(outcome.count("/fan_out/last_receiver/latency/max_ns"),
            outcome.count("/fan_out/delivery/p50_ns"));
  EXPECT_EQ(outcome.count("/fan_out/last_receiver/latency/max_ns"),
            outcome.count("/fan_out/delivery/max_ns"));
}

class FanOut : public testing::TestWithParam<const char*> {};

TEST_P(FanOut, ReachesEverybodyInTheRoom) {
  const TemporaryFolder folder;
  const std::string file = folder.write("room.json", R"({"url": "embedded:broadcast", "duration": "1s",
    "fan_out": {"publishers": 2, "subscribers": 20, "every": "20ms", "path": "/room"},
    "thresholds": ["deliveries.lost <= 0", "delivery.max < 10s", "last_receiver.max < 10s", "deliveries.duplicated <= 0"]})");
  const Outcome outcome = run({file, "--shards", GetParam()});
  expect_all_delivered(outcome, 20);
  EXPECT_GE(outcome.count("/messages/sent"), 50U);
  EXPECT_EQ(outcome.count("/server/deliveries"), 22 * outcome.count("/messages/sent"));
  EXPECT_THAT(outcome.out, HasSubstr("topic fan-out: 2 publishing, 20 subscribed"));
}

TEST_P(FanOut, ReachesEverybodyOfAnIndependentServer) {
  Peer peer("broadcast_ws.js");
  const TemporaryFolder folder;
  const std::string file = folder.write("room.json", R"({"duration": "1s",
    "fan_out": {"publishers": 2, "subscribers": 10, "every": "20ms", "size": "1KiB"}})");
  const Outcome outcome = run({file, "--url", peer.url("/room"), "--shards", GetParam()});
  const PeerCounts counts = peer.stop();
  expect_all_delivered(outcome, 10);
  EXPECT_EQ(outcome.count("/messages/sent"), counts.messages);
  EXPECT_EQ(outcome.count("/messages/received"), counts.all["deliveries"]);
  EXPECT_EQ(counts.bytes, 1024 * counts.messages);
}

INSTANTIATE_TEST_SUITE_P(Shards, FanOut, testing::Values("1", "2"),
                         [](const auto& test) { return std::string("On") + test.param; });

/// Two sessions by hand, whose paths tell the peer what they are.
Outcome run_against(Peer& peer, const std::string& more = "") {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("topic.json", R"({"duration": "1500ms", "connections": 9, "shards": 2,
    "sessions": [
      {"name": "publisher", "count": 3, "path": "/publish", "publishes": "news", "steps": [
        {"wait": "uniform 0ms 10ms"},
        {"repeat": {"forever": true, "every": "10ms", "steps": [{"send": {"json": {"say": "{{stamp}}"}, "reply": false}}]}}]},
      {"name": "subscriber", "count": 6, "path": "/subscribe", "subscribes": "news", "steps": [)" +
                                     (more.empty() ? R"({"listen": "forever"})" : more) + "]}]}");
  return run({file, "--url", peer.url()});
}

TEST(FanOutFaults, AreCountedAsTheServerMadeThem) {
  Peer peer("fan_out_ws.js", {"--faulty"});
  const Outcome outcome = run_against(peer);
  const PeerCounts counts = peer.stop();
  expect_sound(outcome);
  EXPECT_EQ(outcome.count("/messages/sent"), counts.messages);
  EXPECT_GT(counts.messages, 100U);
  EXPECT_EQ(outcome.count("/fan_out/expected"), 6 * counts.messages);
  EXPECT_EQ(outcome.count("/fan_out/lost"), counts.all["dropped"]) << outcome.all();
  EXPECT_EQ(outcome.count("/fan_out/duplicated"), counts.all["duplicated"]);
  EXPECT_EQ(outcome.count("/fan_out/out_of_order"), counts.all["reordered"]);
  EXPECT_EQ(outcome.count("/fan_out/stamped"), counts.all["deliveries"]);
  EXPECT_GT(counts.all["dropped"], 50);
  EXPECT_LT(outcome.count("/fan_out/last_receiver/reached_everyone"),
            outcome.count("/fan_out/last_receiver/followed"));
}

TEST(FanOutFaults, StampsThatAServerMakesUpAreNotBelieved) {
  Peer peer("fan_out_ws.js", {"--hostile"});
  const Outcome outcome = run_against(peer);
  const PeerCounts counts = peer.stop();
  expect_sound(outcome);
  EXPECT_EQ(outcome.count("/fan_out/expected"), 6 * counts.messages);
  EXPECT_EQ(outcome.count("/fan_out/lost"), 0U) << outcome.all();
  EXPECT_EQ(outcome.count("/fan_out/received"), counts.all["deliveries"]);
  for (const char* kind : {"foreign", "forged", "malformed"})
    EXPECT_EQ(outcome.count(std::string("/fan_out/untrusted/") + kind), counts.all[kind]) << kind;
  EXPECT_THAT(outcome.out, HasSubstr("forged or damaged"));
}

// Whether a step listens, expects, or does nothing at all while a message comes.
TEST(FanOutSteps, DeliveriesCountWhateverTheReceiverDoes) {
  Peer peer("fan_out_ws.js");
  const Outcome outcome =
      run_against(peer, R"({"listen": "20ms"}, {"wait": "20ms"}, {"expect": {"timeout": "5s"}})");
  const PeerCounts counts = peer.stop();
  expect_sound(outcome);
  EXPECT_EQ(outcome.count("/fan_out/expected"), 6 * counts.messages);
  EXPECT_EQ(outcome.count("/fan_out/lost"), 0U) << outcome.all();
  for (const char* kind : {"pushed", "listened", "unawaited"})
    EXPECT_GT(outcome.count(std::string("/sessions/heard/") + kind), 50U) << kind;
}

TEST(FanOutFields, AreRefusedWithTheirPlace) {
  const TemporaryFolder folder;
  const std::string file = folder.write("wrong.json", R"({"url": "embedded:broadcast",
    "sessions": [{"name": "a", "publishes": "room", "steps": [{"send": "no stamp"}]},
                 {"name": "b", "subscribes": "rom", "steps": [{"listen": "1s"}]}]})");
  const Outcome outcome = ringstorm({"check", file});
  EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
  EXPECT_THAT(outcome.err, HasSubstr("/sessions/0/publishes: none of the session's messages has a stamp"));
  EXPECT_THAT(outcome.err, HasSubstr("no session publishes to \"rom\" (did you mean \"room\"?)"));
  const std::string short_form =
      folder.write("short.json", R"({"fan_out": {"publishers": 0, "size": 20, "evry": 1}, "sessions": []})");
  const Outcome refused = ringstorm({"check", short_form});
  EXPECT_EQ(refused.exit_code, 4) << refused.all();
  EXPECT_THAT(refused.err, HasSubstr("/fan_out/publishers: found 0, expected a whole number from 1"));
  EXPECT_THAT(refused.err, HasSubstr("/fan_out/size: found 20, expected a size from 52 B to 60 KiB"));
  EXPECT_THAT(refused.err, HasSubstr("did you mean \"every\"?"));
  EXPECT_THAT(refused.err, HasSubstr("exclude each other"));
}

}  // namespace
}  // namespace ringstorm::e2e
