// Healthy runs against the embedded server: every way of asking for one, every size, every sum.
#include <fstream>
#include <iterator>
#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::HasSubstr;

void expect_clean(const Outcome& outcome) {
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  ASSERT_TRUE(outcome.report.is_object()) << outcome.all();
  EXPECT_EQ(outcome.report["schema"], "ringstorm.report/1");
  EXPECT_EQ(outcome.report["verdict"]["valid"], true) << outcome.all();
  EXPECT_TRUE(outcome.report["errors"].empty()) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "");
  EXPECT_EQ(schema_violations(outcome.report), "");
}

TEST(Run, AgainstTheEmbeddedEcho) {
  const Outcome outcome = run({"embedded:echo", "-c", "50", "-d", "500ms"});
  expect_clean(outcome);
  EXPECT_EQ(outcome.count("/connections/opened"), 50u);
  EXPECT_EQ(outcome.count("/connections/closed"), 50u);
  EXPECT_GT(outcome.count("/messages/sent"), 0u);
  EXPECT_EQ(outcome.count("/messages/answered"), outcome.count("/messages/sent"));
  EXPECT_EQ(outcome.count("/bytes/received_payload"), outcome.count("/bytes/sent_payload"));
  EXPECT_GT(outcome.count("/latency/service/count"), 0u);
  EXPECT_LE(outcome.count("/latency/service/count"), outcome.count("/messages/answered"));
}

TEST(Run, AgainstTheEmbeddedSinkIsNeverAnswered) {
  const Outcome outcome = run({"embedded:sink", "-c", "10", "-d", "300ms"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_GT(outcome.count("/messages/sent"), 0u);
  EXPECT_EQ(outcome.count("/messages/answered"), 0u);
  EXPECT_EQ(outcome.count("/messages/received"), 0u);
  EXPECT_EQ(broken_sums(outcome), "");
}

TEST(Run, AFileAlone) {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("small-echo.json", R"({"url": "embedded:echo", "connections": 5, "messages": 40})");
  const Outcome outcome = run({file});
  expect_clean(outcome);
  EXPECT_EQ(outcome.report["scenario"], "small-echo");
  EXPECT_EQ(outcome.count("/connections/opened"), 5u);
  EXPECT_EQ(outcome.count("/messages/sent"), 40u);
}

TEST(Run, AFlagOverridesTheFile) {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("echo.json", R"({"url": "ws://127.0.0.1:1/", "connections": 5, "duration": "1h"})");
  const Outcome outcome = run({file, "--url", "embedded:echo", "-c", "8", "-d", "200ms", "--size", "40"});
  expect_clean(outcome);
  EXPECT_EQ(outcome.count("/connections/opened"), 8u);
  EXPECT_EQ(outcome.count("/bytes/sent_payload"), 40 * outcome.count("/messages/sent"));
}

TEST(Run, CountsMessagesExactly) {
  const Outcome outcome = run({"embedded:echo", "-c", "7", "--in-flight", "3", "--messages", "1000"});
  expect_clean(outcome);
  EXPECT_EQ(outcome.count("/messages/sent"), 1000u);
  EXPECT_EQ(outcome.count("/messages/answered"), 1000u);
  EXPECT_EQ(outcome.count("/latency/service/count"), 1000u);
}

TEST(Run, FewerMessagesThanConnectionsIsFine) {
  const Outcome outcome = run({"embedded:echo", "-c", "20", "--messages", "3", "--shards", "2"});
  expect_clean(outcome);
  EXPECT_EQ(outcome.count("/messages/sent"), 3u);
  EXPECT_EQ(outcome.count("/connections/closed"), 20u);
}

TEST(Run, MoreShardsThanCoresShareTheConnections) {
  const Outcome outcome = run({"embedded:echo", "-c", "33", "--shards", "5", "-d", "300ms"});
  expect_clean(outcome);
  EXPECT_EQ(outcome.count("/connections/closed"), 33u);
}

TEST(Run, TheWarmUpIsCountedButNotRecorded) {
  const Outcome outcome = run({"embedded:echo", "-c", "4", "--warmup", "200ms", "--messages", "50"});
  expect_clean(outcome);
  EXPECT_EQ(outcome.count("/latency/service/count"), 50u);
  EXPECT_GT(outcome.count("/messages/answered"), 50u);
}

TEST(Run, TheFirstMessageOfEachConnectionIsTimed) {
  const Outcome outcome = run({"embedded:echo", "-c", "12", "-d", "300ms"});
  expect_clean(outcome);
  for (const char* phase : {"connect", "upgrade", "first_message", "close"}) {
    EXPECT_EQ(outcome.count(std::string{"/phases/"} + phase + "/count"), 12u) << phase;
  }
}

TEST(Run, TheSeedOfARunIsInItsReport) {
  const Outcome given = run({"embedded:echo", "-c", "1", "--messages", "1", "--seed", "42"});
  EXPECT_EQ(given.count("/seed"), 42u) << given.all();
  const Outcome drawn = run({"embedded:echo", "-c", "1", "--messages", "1"});
  EXPECT_NE(drawn.count("/seed"), 0u) << drawn.all();
}

TEST(Run, TextWithCharactersOfSeveralBytes) {
  const TemporaryFolder folder;
  const std::string file = folder.write(
      "text.json",
      R"({"url": "embedded:echo", "connections": 3, "messages": 30, "message": {"text": "héllo, wörld ✓"}})");
  const Outcome outcome = run({file});
  expect_clean(outcome);
  EXPECT_EQ(outcome.count("/bytes/sent_payload"), 30 * std::string{"héllo, wörld ✓"}.size());
}

TEST(Run, QuietPrintsNoProgress) {
  const Outcome quiet = run({"embedded:echo", "-c", "2", "-d", "1300ms", "--quiet"});
  const Outcome plain = run({"embedded:echo", "-c", "2", "-d", "1300ms"});
  EXPECT_EQ(quiet.exit_code, 0) << quiet.all();
  EXPECT_LT(quiet.out.size() + quiet.err.size(), plain.out.size() + plain.err.size())
      << quiet.all() << plain.all();
}

TEST(Run, TheTextReportIsWhatTheTerminalShowed) {
  const TemporaryFolder folder;
  const Outcome outcome =
      ringstorm({"run", "embedded:echo", "-c", "2", "-d", "200ms", "--out", folder.file("result")});
  std::ifstream file(folder.file("result/report.txt"));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ASSERT_NE(text, "") << outcome.all();
  EXPECT_THAT(outcome.out, HasSubstr(text));
}

class Waiting : public testing::TestWithParam<const char*> {};

TEST_P(Waiting, EveryPolicyAnswersEverything) {
  const Outcome outcome =
      run({"embedded:echo", "-c", "20", "--in-flight", "2", "-d", "300ms", "--waiting", GetParam()});
  expect_clean(outcome);
  EXPECT_EQ(outcome.count("/messages/answered"), outcome.count("/messages/sent"));
}

INSTANTIATE_TEST_SUITE_P(Policies, Waiting, testing::Values("first", "batch", "spin"),
                         [](const auto& test) { return std::string{test.param}; });

struct Size {
  const char* written;
  std::uint64_t bytes;
};

void PrintTo(const Size& value, std::ostream* out) {
  *out << value.written;
}

class Sizes : public testing::TestWithParam<Size> {};

// On either side of every length encoding (RFC 6455 section 5.2), and beyond every buffer.
TEST_P(Sizes, ComeBackWhole) {
  const Outcome outcome =
      run({"embedded:echo", "-c", "2", "--messages", "6", "--binary", "--size", GetParam().written});
  expect_clean(outcome);
  EXPECT_EQ(outcome.count("/messages/answered"), 6u);
  EXPECT_EQ(outcome.count("/bytes/sent_payload"), 6 * GetParam().bytes);
  EXPECT_EQ(outcome.count("/bytes/received_payload"), 6 * GetParam().bytes);
}

INSTANTIATE_TEST_SUITE_P(Boundaries, Sizes,
                         testing::Values(Size{"0", 0}, Size{"1", 1}, Size{"125", 125}, Size{"126", 126},
                                         Size{"65535", 65'535}, Size{"65536", 65'536}, Size{"1MiB", 1 << 20},
                                         Size{"16MiB", 16 << 20}),
                         [](const auto& test) { return std::string{test.param.written}; });

}  // namespace
}  // namespace ringstorm::e2e
