// Servers that break the rules, each in its own way: the report names the cause, the sums hold, nothing
// hangs.
#include <algorithm>
#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/peer.h"
#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::AnyOf;
using testing::Eq;
using testing::HasSubstr;

constexpr std::uint64_t kConnections = 4;

/// "half-head" as a test may be called.
std::string identifier(std::string behaviour) {
  std::replace(behaviour.begin(), behaviour.end(), '-', '_');
  return behaviour;
}

std::vector<std::string> small_run(const Peer& peer, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{peer.url(), "-c", "4", "-d", "500ms"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

void expect_sound(const Outcome& outcome) {
  ASSERT_TRUE(outcome.report.is_object()) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "") << outcome.all();
  EXPECT_EQ(schema_violations(outcome.report), "");
  EXPECT_EQ(outcome.report["verdict"]["exit_code"], outcome.exit_code);
}

// --- Servers that do not upgrade.

struct Refusal {
  const char* behaviour;
  const char* cause;
  std::vector<std::string> more = {};
};

const std::vector<std::string> kImpatient{"--upgrade-timeout", "300ms"};

void PrintTo(const Refusal& value, std::ostream* out) {
  *out << value.behaviour;
}

class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, IsCountedByItsCause) {
  Peer peer = hostile_peer(GetParam().behaviour);
  const Outcome outcome = run(small_run(peer, GetParam().more));
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  expect_sound(outcome);
  EXPECT_EQ(outcome.errors(GetParam().cause), kConnections) << outcome.all();
  EXPECT_EQ(outcome.count("/connections/failed"), kConnections);
  EXPECT_EQ(outcome.count("/connections/opened"), 0u);
  EXPECT_EQ(outcome.count("/messages/sent"), 0u);
  EXPECT_THAT(outcome.out, HasSubstr(GetParam().cause));

  const PeerCounts counts = peer.stop();
  EXPECT_EQ(counts.connections, kConnections);
  EXPECT_EQ(counts.all["violations"].dump(), "{}");
}

INSTANTIATE_TEST_SUITE_P(Upgrades, Refused,
                         testing::Values(Refusal{"http-200", "http 200"},                              //
                                         Refusal{"http-301", "http 301"},                              //
                                         Refusal{"http-401", "http 401"},                              //
                                         Refusal{"http-403", "http 403"},                              //
                                         Refusal{"http-500", "http 500"},                              //
                                         Refusal{"silent", "upgrade timed out", kImpatient},           //
                                         Refusal{"garbage", "tls spoken here, not plain http"},        //
                                         Refusal{"half-head", "upgrade timed out", kImpatient},        //
                                         Refusal{"half-head-close", "closed during upgrade"},          //
                                         Refusal{"endless-head", "http head too large"},               //
                                         Refusal{"wrong-accept", "wrong accept key"},                  //
                                         Refusal{"no-accept", "no accept key"},                        //
                                         Refusal{"unoffered-subprotocol", "subprotocol not offered"},  //
                                         Refusal{"unoffered-extension", "extension not offered"}),
                         [](const auto& test) { return identifier(test.param.behaviour); });

TEST(Refused, ShowsTheFirstLinesOfWhatCameBack) {
  const Peer peer = hostile_peer("http-403");
  const Outcome outcome = run(small_run(peer));
  EXPECT_THAT(outcome.report.dump(), HasSubstr("HTTP/1.1 403 Forbidden"));
}

// --- Servers that break RFC 6455 after the upgrade.

struct Violation {
  const char* behaviour;
  const char* cause;
  const char* close_code;  ///< that the client's close frame carries
};

void PrintTo(const Violation& value, std::ostream* out) {
  *out << value.behaviour;
}

class Violated : public testing::TestWithParam<Violation> {};

TEST_P(Violated, FailsTheConnectionWithTheRightCode) {
  Peer peer = hostile_peer(GetParam().behaviour);
  const Outcome outcome = run(small_run(peer));
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  expect_sound(outcome);
  EXPECT_EQ(outcome.errors(GetParam().cause), kConnections) << outcome.all();
  EXPECT_EQ(outcome.count("/connections/opened"), kConnections);
  EXPECT_EQ(outcome.count("/connections/lost"), kConnections);
  EXPECT_EQ(outcome.count("/messages/answered"), 0u);
  EXPECT_EQ(outcome.count("/messages/failed"), kConnections);

  const PeerCounts counts = peer.stop();
  const std::map<std::string, std::uint64_t> all_so{{GetParam().close_code, kConnections}};
  EXPECT_EQ(counts.closes, all_so);
  EXPECT_EQ(counts.all["violations"].dump(), "{}");
}

INSTANTIATE_TEST_SUITE_P(
    Frames, Violated,
    testing::Values(Violation{"masked-frame", "masked frame from server", "1002"},
                    Violation{"reserved-bit", "reserved bit set", "1002"},
                    Violation{"bad-opcode", "reserved opcode", "1002"},
                    Violation{"length-2-63", "length above 2^63", "1002"},
                    Violation{"huge-length", "message too large", "1009"},
                    Violation{"overlong-length", "length not minimally encoded", "1002"},
                    Violation{"invalid-utf8", "invalid utf-8", "1007"},
                    Violation{"split-invalid-utf8", "invalid utf-8", "1007"},
                    Violation{"fragmented-ping", "fragmented control frame", "1002"},
                    Violation{"oversized-ping", "control frame over 125 bytes", "1002"},
                    Violation{"stray-continuation", "continuation without a message", "1002"},
                    Violation{"interrupted-message", "new message inside a fragmented one", "1002"},
                    Violation{"one-byte-close", "malformed close frame", "1002"},
                    Violation{"forbidden-close-code", "malformed close frame", "1002"}),
    [](const auto& test) { return identifier(test.param.behaviour); });

TEST(Violated, NoMemoryIsReservedOnTheServersWord) {
  const Peer peer = hostile_peer("huge-length");
  const Outcome outcome = run(small_run(peer));
  EXPECT_LT(outcome.count("/generator/max_rss_bytes"), 1ULL << 30) << outcome.all();
}

// --- Servers that end in the middle.

struct Ending {
  const char* behaviour;
  std::vector<const char*> causes;        ///< any of them
  std::vector<const char*> client_codes;  ///< what the client may answer with
};

void PrintTo(const Ending& value, std::ostream* out) {
  *out << value.behaviour;
}

class Ended : public testing::TestWithParam<Ending> {};

TEST_P(Ended, IsCountedByItsCause) {
  Peer peer = hostile_peer(GetParam().behaviour, {"--after", "3"});
  const Outcome outcome = run(small_run(peer));
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  expect_sound(outcome);
  std::uint64_t found = 0;
  for (const char* cause : GetParam().causes) found += outcome.errors(cause);
  EXPECT_EQ(found, kConnections) << outcome.all();
  EXPECT_EQ(outcome.count("/connections/lost"), kConnections);

  const PeerCounts counts = peer.stop();
  std::uint64_t answered_so = 0;
  for (const char* code : GetParam().client_codes) {
    if (const auto at = counts.closes.find(code); at != counts.closes.end()) answered_so += at->second;
  }
  EXPECT_EQ(answered_so, kConnections) << counts.all.dump();
  EXPECT_EQ(counts.all["violations"].dump(), "{}");
}

INSTANTIATE_TEST_SUITE_P(
    Endings, Ended,
    testing::Values(Ending{"reset-mid-frame", {"connection reset"}, {"1006"}},
                    Ending{"close-1001", {"closed by server 1001"}, {"1001"}},
                    Ending{"close-empty", {"closed by server 1005"}, {"1005", "1000"}},
                    Ending{"close-without-frame", {"closed without a close frame"}, {"1006"}}),
    [](const auto& test) { return identifier(test.param.behaviour); });

TEST(Ended, AServerThatDiesMidRunEndsInAReport) {
  const Peer peer = hostile_peer("dies-mid-run", {"--after", "200"});
  const Outcome outcome = run({peer.url(), "-c", "20", "-d", "20s"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  expect_sound(outcome);
  EXPECT_EQ(outcome.errors("connection reset") + outcome.errors("closed without a close frame"), 20u)
      << outcome.all();
}

// --- Servers that stop listening or talking.

const std::vector<std::string> kShortDrain{"--drain", "300ms", "--close-timeout", "300ms"};

TEST(Stalled, AServerThatNeverAnswers) {
  Peer peer = hostile_peer("never-answers");
  const Outcome outcome = run(small_run(peer, kShortDrain));
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  expect_sound(outcome);
  EXPECT_EQ(outcome.count("/messages/sent"), kConnections);
  EXPECT_EQ(outcome.count("/messages/outstanding") + outcome.count("/messages/failed"), kConnections);
  const PeerCounts counts = peer.stop();
  EXPECT_EQ(counts.messages, kConnections);
  EXPECT_EQ(counts.closes.at("1000"), kConnections) << counts.all.dump();
}

// Bounded by messages alone, a run has no end of its own when the answers stop.
TEST(Stalled, AServerThatNeverAnswersARunWithoutADuration) {
  Peer peer = hostile_peer("never-answers");
  const Outcome outcome = run({peer.url(), "-c", "2", "--messages", "10", "--drain", "300ms"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "");
  EXPECT_EQ(outcome.count("/messages/sent"), 2u);
}

TEST(Stalled, AServerThatNeverReads) {
  const Peer peer = hostile_peer("never-reads");
  const Outcome outcome = run(small_run(peer, kShortDrain));
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  expect_sound(outcome);
  EXPECT_EQ(outcome.count("/messages/answered"), 0u);
}

TEST(Stalled, AServerThatNeverReadsWhatNoBufferHolds) {
  const Peer peer = hostile_peer("never-reads");
  const Outcome outcome =
      run(small_run(peer, {"--drain", "300ms", "--close-timeout", "300ms", "--size", "16MiB"}));
  EXPECT_THAT(outcome.exit_code, AnyOf(Eq(3), Eq(5))) << outcome.all();
  expect_sound(outcome);
  EXPECT_EQ(outcome.count("/messages/answered"), 0u);
}

TEST(Stalled, AServerThatNeverCloses) {
  const Peer peer = hostile_peer("never-closes");
  const Outcome outcome = run(small_run(peer, {"--close-timeout", "200ms"}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  expect_sound(outcome);
  EXPECT_EQ(outcome.errors("close timed out"), kConnections) << outcome.all();
  EXPECT_EQ(outcome.count("/messages/answered"), outcome.count("/messages/sent"));
}

TEST(Stalled, AServerThatSaysMoreThanItWasAsked) {
  const Peer peer = hostile_peer("extra-message");
  const Outcome outcome = run(small_run(peer, kShortDrain));
  EXPECT_NE(outcome.exit_code, -1) << outcome.all();
  expect_sound(outcome);
  EXPECT_GT(outcome.errors("unexpected message"), 0u) << outcome.all();
  EXPECT_EQ(outcome.count("/messages/received"),
            outcome.count("/messages/answered") + outcome.errors("unexpected message"));
}

// --- Servers within the rules that are hard to talk to. They watch the client's keys, nonces, masks and
// pongs.

class Awkward : public testing::TestWithParam<const char*> {};

TEST_P(Awkward, IsAnsweredAndUnderstood) {
  Peer peer = hostile_peer(GetParam());
  const Outcome outcome =
      run({peer.url(), "-c", "4", "--in-flight", "2", "--size", "300", "--messages", "120"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  expect_sound(outcome);
  EXPECT_TRUE(outcome.report["errors"].empty()) << outcome.all();
  EXPECT_EQ(outcome.count("/messages/answered"), 120u);
  EXPECT_EQ(outcome.count("/bytes/received_payload"), 120u * 300);

  const PeerCounts counts = peer.stop();
  EXPECT_EQ(counts.messages, 120u);
  EXPECT_EQ(counts.closes.at("1000"), kConnections);
  EXPECT_EQ(counts.all["violations"].dump(), "{}");
  // RFC 6455 section 5.5.3 allows one pong for several pings, so there may be fewer; but none that answers
  // nothing.
  const auto pings = counts.all.value("pings", std::uint64_t{0});
  const auto pongs = counts.all.value("pongs", std::uint64_t{0});
  EXPECT_LE(pongs, pings);
  EXPECT_GE(pongs, pings > 0 ? kConnections : 0) << counts.all.dump();
  EXPECT_EQ(counts.all.value("wrong_pongs", 0), 0) << counts.all.dump();
}

INSTANTIATE_TEST_SUITE_P(Servers, Awkward,
                         testing::Values("echo", "ping-storm", "fragmented-echo", "slow-bytes"),
                         [](const auto& test) { return identifier(test.param); });

}  // namespace
}  // namespace ringstorm::e2e
