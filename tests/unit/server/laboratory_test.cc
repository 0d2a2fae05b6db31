// Replies under a fault plan, without a socket and with a clock that stands where the test sets it.
#include "server/laboratory.h"

#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/connection.h"
#include "unit/server/wire.h"

namespace ringstorm {
namespace {

using namespace testing;
using Phase = ServerConnection::Phase;

FaultPlan plan_of(const std::vector<std::string>& texts) {
  const auto plan = parse_fault_plan(texts, [](std::size_t) { return ""; });
  EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : to_string(plan.error()));
  return plan.ok() ? *plan : FaultPlan{};
}

/// A connection in a laboratory.
class Bench {
 public:
  explicit Bench(const std::vector<std::string>& faults, std::uint64_t seed = 7)
      : laboratory_(plan_of(faults), seed) {
    context.laboratory = &laboratory_;
    context.now = Instant{seconds(100)};
    EXPECT_EQ(exchange(std::string(kRequest)), kResponse);
  }
  ~Bench() {
    connection.release(context);
    EXPECT_EQ(context.pool.bytes_in_use(), 0U);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  std::string exchange(std::string bytes) {
    connection.receive(std::as_writable_bytes(std::span(bytes)), context);
    return sent();
  }
  std::string sent() {
    connection.release_due(context);
    std::string all;
    for (;;) {
      const auto bytes = connection.start_send();
      if (bytes.empty()) return all;
      all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      connection.finish_send(context);
    }
  }
  std::string after(Duration time) {
    context.now += time;
    return sent();
  }
  const FaultCounts& faults() const { return context.counts.faults; }

  ServerContext context;
  ServerConnection connection;

 private:
  Laboratory laboratory_;
};

std::string text(std::string_view payload) {
  return client_frame(kText, payload);
}
std::string echo(std::string_view payload) {
  return server_frame(kText, payload);
}

TEST(LaboratoryDelay, AReplyComesWhenItsTimeHasComeAndNotBefore) {
  Bench bench({"delay 2ms"});
  EXPECT_EQ(bench.exchange(text("a")), "");
  EXPECT_EQ(bench.connection.next_due(), bench.context.now + milliseconds(2));
  EXPECT_EQ(bench.after(milliseconds(2) - nanoseconds(1)), "");
  EXPECT_EQ(bench.after(nanoseconds(1)), echo("a"));
  EXPECT_EQ(bench.connection.next_due(), kNever);
  EXPECT_EQ(bench.faults().delayed_replies, 1U);
}

TEST(LaboratoryDelay, EachCountsFromItsOwnMessage) {
  Bench bench({"delay 5ms"});
  bench.exchange(text("a"));
  EXPECT_EQ(bench.after(milliseconds(1)), "");
  bench.exchange(text("b"));
  EXPECT_EQ(bench.after(milliseconds(4)), echo("a"));
  EXPECT_EQ(bench.after(milliseconds(1)), echo("b"));
}

TEST(LaboratoryDelay, CountsFromTheLastByteOfTheMessage) {
  Bench bench({"delay 5ms"});
  const std::string frame = text("slowly");
  bench.exchange(frame.substr(0, 8));
  EXPECT_EQ(bench.after(milliseconds(50)), "");
  bench.exchange(frame.substr(8));
  EXPECT_EQ(bench.after(milliseconds(4)), "");
  EXPECT_EQ(bench.after(milliseconds(1)), echo("slowly"));
}

TEST(LaboratoryDelay, AShorterOneWaitsForTheOneBefore) {
  Bench bench({"delay uniform 0 10ms"});
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    bench.exchange(text(std::to_string(i)));
    expected += echo(std::to_string(i));
  }
  std::string all;
  Instant last = bench.context.now;
  while (bench.connection.next_due() != kNever) {
    ASSERT_GE(bench.connection.next_due(), last);
    last = bench.connection.next_due();
    all += bench.after(last - bench.context.now);
  }
  EXPECT_EQ(all, expected);
}

TEST(LaboratoryDelay, IsTheDistributionWithOneMessageInFlight) {
  Bench bench({"delay exponential 2ms"});
  const Distribution truth = *Distribution::parse("exponential 2ms");
  constexpr int kMessages = 20'000;
  int below_median = 0;
  int below_p99 = 0;
  for (int i = 0; i < kMessages; ++i) {
    bench.exchange(text("x"));
    const Duration delay = bench.connection.next_due() - bench.context.now;
    below_median += delay <= truth.quantile(0.5);
    below_p99 += delay <= truth.quantile(0.99);
    ASSERT_EQ(bench.after(delay), echo("x"));
  }
  EXPECT_NEAR(below_median, 0.5 * kMessages, 4 * std::sqrt(0.25 * kMessages));
  EXPECT_NEAR(below_p99, 0.99 * kMessages, 4 * std::sqrt(0.0099 * kMessages));
}

TEST(LaboratoryDelay, FragmentsAndLongMessagesComeWhole) {
  Bench bench({"delay 1ms"});
  const std::string payload = pattern(300'000);
  bench.exchange(client_frame(kBinaryBegins, payload) + client_frame(kContinues, ""));
  EXPECT_EQ(bench.after(milliseconds(10)), "") << "the message is not complete";
  EXPECT_EQ(bench.connection.waiting_bytes(), 0U) << "and must not keep the rest of itself from being read";
  bench.exchange(client_frame(kContinuesLast, "end"));
  EXPECT_TRUE(bench.after(milliseconds(1)) == server_frame(kBinaryBegins, payload) +
                                                  server_frame(kContinues, "") +
                                                  server_frame(kContinuesLast, "end"));
}

TEST(LaboratoryDelay, AControlFrameDoesNotWait) {
  Bench bench({"delay 1ms"});
  EXPECT_EQ(bench.exchange(text("a") + client_frame(kPing, "now")), server_frame(kPong, "now"));
  EXPECT_EQ(bench.after(milliseconds(1)), echo("a"));
}

TEST(LaboratoryDelay, WhatWaitsIsNotSentAfterAClose) {
  Bench bench({"delay 1ms"});
  EXPECT_EQ(bench.exchange(text("a") + text("b") + client_frame(kClose, code_bytes(1000))),
            server_frame(kClose, code_bytes(1000)));
  EXPECT_EQ(bench.after(seconds(1)), "");
  EXPECT_EQ(bench.connection.phase(), Phase::leaving);
  EXPECT_EQ(bench.faults().unsent_replies, 2U);
}

TEST(LaboratoryDelay, WhatWaitsIsNotSentToAClientThatEndedOrFailed) {
  for (const bool clean : {true, false}) {
    Bench bench({"delay 1ms"});
    bench.exchange(text("a"));
    bench.connection.receive_end(clean, false, bench.context);
    EXPECT_EQ(bench.connection.phase(), Phase::finished);
    EXPECT_EQ(bench.faults().unsent_replies, 1U);
    EXPECT_EQ(bench.after(seconds(1)), "");
  }
  Bench bench({"delay 1ms"});
  EXPECT_EQ(bench.exchange(text("a") + text("half").substr(0, 8)), "");
  EXPECT_EQ(bench.exchange(text("half").substr(8)), "");
  EXPECT_EQ(bench.exchange(client_frame(0x83, "")), server_frame(kClose, code_bytes(1002)));
  EXPECT_EQ(bench.faults().unsent_replies, 2U);
}

TEST(LaboratoryDelay, WhatIsDueGoesBeforeTheClose) {
  Bench bench({"delay 1ms"});
  bench.exchange(text("a"));
  bench.context.now += milliseconds(1);
  EXPECT_EQ(bench.exchange(client_frame(kClose, "")), echo("a") + server_frame(kClose, ""));
  Bench prompt({"drop 0.0001%"});
  EXPECT_EQ(prompt.exchange(text("a") + client_frame(kClose, "")), echo("a") + server_frame(kClose, ""));
}

TEST(LaboratoryDelay, GoingAwayDoesNotWaitForIt) {
  Bench bench({"delay 10s"});
  bench.exchange(text("a"));
  bench.connection.go_away(bench.context);
  EXPECT_EQ(bench.sent(), server_frame(kClose, code_bytes(1001)));
}

TEST(LaboratoryDrop, AShareOfTheRepliesIsNeverSent) {
  Bench bench({"drop 10%"});
  int answered = 0;
  for (int i = 0; i < 10'000; ++i) answered += bench.exchange(text("x")) == echo("x");
  EXPECT_NEAR(answered, 9000, 4 * std::sqrt(900));
  EXPECT_EQ(bench.faults().dropped_replies, 10'000U - static_cast<unsigned>(answered));
  EXPECT_EQ(bench.context.counts.messages, 10'000U);
}

std::string pattern_of_drops(std::uint64_t seed, std::uint64_t number) {
  Bench bench({"drop 50%"}, seed);
  for (std::uint64_t i = 0; i < number; ++i) {
    std::destroy_at(&bench.connection);
    std::construct_at(&bench.connection);
    bench.exchange(std::string(kRequest));
  }
  std::string pattern;
  for (int i = 0; i < 64; ++i) pattern += bench.exchange(text("x")).empty() ? 'd' : '.';
  return pattern;
}

TEST(LaboratoryDrop, IsTheSameForASeedAndANumberOfConnection) {
  EXPECT_EQ(pattern_of_drops(7, 0), pattern_of_drops(7, 0));
  EXPECT_NE(pattern_of_drops(7, 0), pattern_of_drops(8, 0));
  EXPECT_NE(pattern_of_drops(7, 0), pattern_of_drops(7, 1));
}

TEST(LaboratoryReset, ComesInPlaceOfTheReplyBehindTheOnesBefore) {
  Bench bench({"reset 100%", "delay 3ms"});
  bench.exchange(text("a") + text("never"));
  EXPECT_EQ(bench.after(milliseconds(2)), "");
  EXPECT_EQ(bench.connection.phase(), Phase::open);
  EXPECT_EQ(bench.after(milliseconds(1)), "");
  EXPECT_EQ(bench.connection.phase(), Phase::resetting);
  EXPECT_EQ(bench.faults().resets, 1U);
  EXPECT_EQ(bench.context.counts.closes, (std::map<std::uint16_t, std::uint64_t>{{1006, 1}}));
  EXPECT_EQ(bench.exchange(text("more")), "");
  EXPECT_EQ(bench.context.counts.messages, 2U);
}

TEST(LaboratoryGarbage, ComesAfterItsNumberOfRepliesAndNothingFollows) {
  Bench bench({"garbage after 2"});
  EXPECT_EQ(bench.exchange(text("a")), echo("a"));
  EXPECT_EQ(bench.exchange(text("b")), echo("b"));
  const std::string garbage = bench.exchange(text("c"));
  ASSERT_EQ(garbage.size(), FaultyReplies::kGarbageBytes);
  EXPECT_NE(static_cast<unsigned char>(garbage[0]) & 0x70, 0);
  EXPECT_EQ(bench.exchange(text("d")), "");
  EXPECT_EQ(bench.faults().garbage_replies, 1U);
  Bench again({"garbage after 2"});
  again.exchange(text("a") + text("b"));
  EXPECT_EQ(again.exchange(text("c")), garbage) << "the same seed, the same bytes";
}

TEST(LaboratoryReorder, AReplyChangesPlacesWithTheNext) {
  Bench bench({"reorder 100%"});
  EXPECT_EQ(bench.exchange(text("a")), "");
  EXPECT_EQ(bench.exchange(text("b")), echo("b") + echo("a"));
  EXPECT_EQ(bench.exchange(text("c") + text("d") + text("e")), echo("d") + echo("c"));
  EXPECT_EQ(bench.faults().reordered_replies, 2U);
  EXPECT_EQ(bench.exchange(client_frame(kClose, "")), server_frame(kClose, ""));
  EXPECT_EQ(bench.faults().unsent_replies, 1U);
}

TEST(LaboratoryReorder, GoesAloneWhenNoNextOneComes) {
  Bench bench({"reorder 100%"});
  bench.exchange(text("a"));
  EXPECT_EQ(bench.connection.next_due(), bench.context.now + FaultyReplies::kSwapPatience);
  EXPECT_EQ(bench.after(FaultyReplies::kSwapPatience), echo("a"));
  EXPECT_EQ(bench.faults().reordered_replies, 0U);
}

TEST(LaboratoryReorder, NeverGoesIntoTheMiddleOfTheNext) {
  Bench bench({"reorder 100%"});
  const std::string next = text("next");
  bench.exchange(text("a") + next.substr(0, 8));
  EXPECT_EQ(bench.after(FaultyReplies::kSwapPatience), "");
  EXPECT_EQ(bench.exchange(next.substr(8)), echo("next") + echo("a"));
}

TEST(LaboratoryReorder, KeepsEveryReply) {
  Bench bench({"reorder 30%", "delay uniform 0 1ms"});
  std::multiset<std::string> expected;
  std::string all;
  for (int i = 100; i < 600; ++i) {
    all += bench.exchange(text(std::to_string(i)));
    all += bench.after(microseconds(100));
    expected.insert(std::to_string(i));
  }
  all += bench.after(seconds(1));
  all += bench.after(seconds(1));
  std::multiset<std::string> received;
  for (std::size_t at = 0; at < all.size(); at += 5) received.insert(all.substr(at + 2, 3));
  EXPECT_EQ(received, expected);
  EXPECT_GT(bench.faults().reordered_replies, 50U);
}

TEST(Laboratory, ASinkHasNoRepliesToSpoil) {
  Laboratory laboratory(plan_of({"reset 100%"}), 7);
  ServerContext context;
  context.mode = ServerMode::sink;
  context.laboratory = &laboratory;
  ServerConnection connection;
  std::string bytes = std::string(kRequest) + text("a");
  connection.receive(std::as_writable_bytes(std::span(bytes)), context);
  connection.release_due(context);
  EXPECT_EQ(connection.phase(), Phase::open);
  connection.release(context);
}

TEST(Laboratory, StallsAreCountedFromTheFirstWebSocket) {
  Laboratory laboratory(plan_of({"stall 1s every 10s from 3s"}), 7);
  const Instant start{seconds(1000)};
  EXPECT_EQ(laboratory.next_stall(start), kNever);
  EXPECT_EQ(laboratory.stall_end(start), std::nullopt);
  laboratory.begin_clock(start);
  laboratory.begin_clock(start + seconds(2));
  EXPECT_EQ(laboratory.next_stall(start), start + seconds(3));
  EXPECT_EQ(laboratory.stall_end(start + seconds(3)), start + seconds(4));
  EXPECT_EQ(laboratory.stall_end(start + seconds(4)), std::nullopt);
}

}  // namespace
}  // namespace ringstorm
