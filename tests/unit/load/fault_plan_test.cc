#include "load/fault_plan.h"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using Kind = ReplyFate::Kind;
using Texts = std::vector<std::string>;

std::string place(std::size_t i) {
  return "fault " + std::to_string(i);
}

FaultPlan read(const Texts& texts) {
  const auto plan = parse_fault_plan(texts, place);
  EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : to_string(plan.error()));
  return plan.ok() ? *plan : FaultPlan{};
}

TEST(FaultPlan, NothingIsNoFault) {
  EXPECT_TRUE(read({}).empty());
  EXPECT_FALSE(read({"burn 1us"}).empty());
}

TEST(FaultPlan, ReadsEveryKind) {
  const FaultPlan plan =
      read({"delay uniform 1ms 5ms", "stall 1s every 10s from 3s", "drop 1%", "reset 0.001",
            "slow-read 5% 64KiB/s", "garbage after 1k", "reorder 100%", "burn 2us"});
  EXPECT_EQ(plan.delay, *Distribution::parse("uniform 1ms 5ms"));
  EXPECT_EQ(plan.stall, (Stall{seconds(1), seconds(10), seconds(3)}));
  EXPECT_EQ(plan.drop, 0.01);
  EXPECT_EQ(plan.reset, 0.001);
  EXPECT_EQ(plan.slow_read, (SlowRead{0.05, 65'536}));
  EXPECT_EQ(plan.garbage_after, 1000U);
  EXPECT_EQ(plan.reorder, 1.0);
  EXPECT_EQ(plan.burn, microseconds(2));
}

TEST(FaultPlan, AFirstStallComesAfterItsPeriodUnlessItIsSaid) {
  EXPECT_EQ(read({"stall 1s every 10s"}).stall->from, seconds(10));
  EXPECT_EQ(read({"stall 1s every 10s from 0s"}).stall->from, Duration{0});
}

TEST(FaultPlan, WritesWhatReadsBackAsTheSame) {
  const Texts written = {
      "delay lognormal 1500us 0.5", "stall 1s every 10s from 3s", "drop 1%",    "reset 0.1%",
      "slow-read 33.3% 65537B/s",   "garbage after 1000",         "reorder 5%", "burn 2us"};
  EXPECT_EQ(read(written).to_texts(), written);
  Prng random{11};
  for (int i = 0; i < 10'000; ++i) {
    FaultPlan plan;
    plan.drop = 1 - random.unit();
    EXPECT_EQ(read(plan.to_texts()), plan) << plan.to_texts().front();
  }
}

struct Refused {
  const char* text;
  const char* what;  ///< part of what the error says
};

class RefusedFault : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedFault, SaysWhatWasFoundAndExpected) {
  const auto plan = parse_fault_plan(Texts{GetParam().text}, place);
  ASSERT_FALSE(plan.ok()) << GetParam().text;
  const std::string message = to_string(plan.error());
  EXPECT_TRUE(message.starts_with("fault 0: ")) << message;
  EXPECT_NE(message.find(GetParam().what), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    FaultPlan, RefusedFault,
    ::testing::Values(
        Refused{"", "found nothing, expected a fault: delay, stall"},
        Refused{"dealy 2ms", "did you mean \"delay\"?"}, Refused{"slowread 5% 1KiB/s", "\"slow-read\""},
        Refused{"delay", "found nothing, expected a distribution"},
        Refused{"delay exponental 2ms", "did you mean \"exponential\"?"},
        Refused{"delay 2ms 3ms", "found \"3ms\", expected nothing more"},
        Refused{"stall", "found nothing, expected how long to stall"},
        Refused{"stall 0s every 1s", "a time above 0"},
        Refused{"stall 1s", "found nothing, expected \"every\", as in stall 1s every 10s from 3s"},
        Refused{"stall 1s evry 10s", "found \"evry\""}, Refused{"stall 1s every", "how often to stall"},
        Refused{"stall 1s every 1s", "further apart than 1s"},
        Refused{"stall 1s every 10s at 3s", "found \"at\", expected \"from\""},
        Refused{"stall 1s every 10s from x", "found \"x\", expected when the first stall begins"},
        Refused{"stall 1s every 10s from 3s twice", "found \"twice\", expected nothing more"},
        Refused{"stall 1s every 10s from 900h", "at most 720h"}, Refused{"drop", "a share above 0"},
        Refused{"drop 0", "found \"0\""}, Refused{"drop 101%", "found \"101%\""},
        Refused{"drop 1.5", "found \"1.5\""}, Refused{"drop -1%", "found \"-1%\""},
        Refused{"drop %", "found \"%\""}, Refused{"drop nan", "found \"nan\""},
        Refused{"drop 1 %", "found \"%\", expected nothing more"},
        Refused{"slow-read 5%", "found nothing, expected a rate of bytes"},
        Refused{"slow-read 5% 64KiB", "found \"64KiB\""}, Refused{"slow-read 5% 0/s", "found \"0/s\""},
        Refused{"garbage 5", "found \"5\", expected \"after\""}, Refused{"garbage after x", "found \"x\""},
        Refused{"burn 0", "found \"0\""}, Refused{"burn 2s", "at most 1s"},
        Refused{"reorder 5% 3", "found \"3\", expected nothing more"}));

TEST(FaultPlan, ReportsEveryMistakeInItsPlace) {
  const auto plan = parse_fault_plan(Texts{"drop 1%", "delay", "burn 1us", "drop 2%", "rest 1%"}, place);
  ASSERT_FALSE(plan.ok());
  ASSERT_EQ(plan.errors().size(), 3U);
  EXPECT_EQ(plan.errors()[0].where, "fault 1");
  EXPECT_EQ(plan.errors()[1].where, "fault 3");
  EXPECT_NE(plan.errors()[1].what.find("\"drop\" is given twice"), std::string::npos);
  EXPECT_EQ(plan.errors()[2].where, "fault 4");
  EXPECT_EQ(plan.errors()[2].hint, "did you mean \"reset\"?");
}

TEST(Stall, IsAFunctionOfTheTimeSinceTheFirstConnection) {
  const Stall stall{.length = seconds(1), .every = seconds(10), .from = seconds(3)};
  const struct {
    Duration elapsed;
    std::optional<Duration> end;
    Duration next;
  } rows[] = {
      {Duration{0}, std::nullopt, seconds(3)},
      {seconds(3) - nanoseconds(1), std::nullopt, seconds(3)},
      {seconds(3), seconds(4), seconds(13)},
      {milliseconds(3999), seconds(4), seconds(13)},
      {seconds(4), std::nullopt, seconds(13)},
      {seconds(13), seconds(14), seconds(23)},
      {seconds(3 + 10 * 1'000'000), seconds(4 + 10 * 1'000'000), seconds(13 + 10 * 1'000'000)},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(stall.end_at(row.elapsed), row.end) << row.elapsed.count();
    EXPECT_EQ(stall.next_after(row.elapsed), row.next) << row.elapsed.count();
  }
}

std::vector<ReplyFate> fates(const FaultPlan& plan, std::uint64_t seed, std::uint64_t connection, int count) {
  ConnectionFaults faults(plan, seed, connection);
  std::vector<ReplyFate> all;
  for (int i = 0; i < count; ++i) all.push_back(faults.next_reply());
  return all;
}

TEST(ConnectionFaults, ASeedReproducesEveryChoice) {
  const FaultPlan plan = read({"delay exponential 2ms", "drop 10%", "reset 5%", "reorder 20%"});
  EXPECT_EQ(fates(plan, 7, 3, 1000), fates(plan, 7, 3, 1000));
  EXPECT_NE(fates(plan, 7, 3, 1000), fates(plan, 8, 3, 1000));
  EXPECT_NE(fates(plan, 7, 3, 1000), fates(plan, 7, 4, 1000));
}

TEST(ConnectionFaults, AnotherFaultLeavesTheFirstWhereItWas) {
  const auto alone = fates(read({"drop 10%"}), 7, 3, 1000);
  const auto together = fates(read({"drop 10%", "delay exponential 2ms", "reorder 50%"}), 7, 3, 1000);
  for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_EQ(alone[i].kind, together[i].kind) << i;
}

// Four standard deviations of a binomial count.
void expect_share(double share, int hits, int of) {
  EXPECT_NEAR(hits, share * of, 4 * std::sqrt(share * (1 - share) * of));
}

TEST(ConnectionFaults, SharesAreWhatWasAskedFor) {
  const FaultPlan plan = read({"drop 10%", "reset 1%", "reorder 20%"});
  int dropped = 0;
  int reset = 0;
  int swapped = 0;
  for (std::uint64_t connection = 0; connection < 100; ++connection) {
    for (const ReplyFate& fate : fates(plan, 7, connection, 1000)) {
      dropped += fate.kind == Kind::dropped;
      reset += fate.kind == Kind::reset;
      swapped += fate.swapped;
    }
  }
  expect_share(0.1 * 0.99, dropped, 100'000);  // a reset has precedence
  expect_share(0.01, reset, 100'000);
  expect_share(0.2 * 0.9 * 0.99, swapped, 100'000);
}

TEST(ConnectionFaults, SlowReadersAreAShareOfTheConnections) {
  const FaultPlan plan = read({"slow-read 5% 1KiB/s"});
  int slow = 0;
  for (std::uint64_t connection = 0; connection < 20'000; ++connection)
    slow += ConnectionFaults(plan, 7, connection).reads_slowly();
  expect_share(0.05, slow, 20'000);
  EXPECT_FALSE(ConnectionFaults(read({"drop 1%"}), 7, 1).reads_slowly());
}

TEST(ConnectionFaults, GarbageComesAfterItsNumberOfReplies) {
  const auto all = fates(read({"garbage after 3"}), 7, 0, 5);
  EXPECT_EQ(all[2].kind, Kind::sent);
  EXPECT_EQ(all[3].kind, Kind::garbage);
  EXPECT_EQ(all[4].kind, Kind::garbage);
}

TEST(ConnectionFaults, GarbageBeginsWithTheReservedBits) {
  const FaultPlan plan = read({"garbage after 0"});
  for (std::uint64_t connection = 0; connection < 1000; ++connection)
    EXPECT_EQ(ConnectionFaults(plan, 7, connection).garbage_byte(true) & 0x70, 0x70);
}

}  // namespace
}  // namespace ringstorm
