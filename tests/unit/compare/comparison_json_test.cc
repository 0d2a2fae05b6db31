#include "compare/comparison_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/compare/example_record.h"

namespace ringstorm {
namespace {

using testing::HasSubstr;

AbRecord full_record() {
  AbRecord record = example_record({.rounds = 10, .pairs = 3, .throughput = -0.06, .seed = 12});
  record.started_at = "2026-11-25T13:08:58Z";
  record.version = "0.1.0 (abc)";
  record.seed = ~std::uint64_t{0};
  record.a = {"base", "./server \"old\"", "abc"};
  record.b = {"new", "./server", ""};
  record.differences = {{"kernel", "6.1", "6.18"}};
  record.rounds[2].spoiled = "the server on side b died";
  record.rounds[3].slices[1].around = {0.01, 0.2, std::nullopt, {"clock step"}};
  record.rounds[3].slices[1].longest_pause = milliseconds(3);
  record.rounds[4].values = {{{1.5, std::nullopt}, {std::nullopt, 2.5}}};
  return record;
}

std::string with(std::string text, std::string_view old_part, std::string_view new_part) {
  const std::size_t at = text.find(old_part);
  EXPECT_NE(at, std::string::npos) << old_part;
  return text.replace(at, old_part.size(), new_part);
}

TEST(ComparisonJson, ARecordComesBackAsItWas) {
  const AbRecord record = full_record();
  const auto back = parse_comparison(comparison_json(record, judge(record)), "x.json");
  ASSERT_TRUE(back.ok()) << to_string(back.error());
  EXPECT_EQ(*back, record);
}

TEST(ComparisonJson, ReplayGivesTheSameBytes) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const AbRecord record = example_record({.rounds = 16,
                                            .pairs = 4,
                                            .throughput = -0.01 * static_cast<double>(seed % 7),
                                            .round_noise = 0.02,
                                            .seed = seed});
    const std::string text = comparison_json(record, judge(record));
    const auto replay = replay_comparison(text, "x.json");
    ASSERT_TRUE(replay.ok());
    EXPECT_TRUE(replay->reproduced) << "seed " << seed << ", line " << replay->differs;
    EXPECT_EQ(replay->judgement.verdict, judge(record).verdict);
  }
}

TEST(ComparisonJson, ReplaySaysWhereAFileWasChanged) {
  const AbRecord record = full_record();
  const std::string text =
      with(comparison_json(record, judge(record)), "\"exit_code\": 2", "\"exit_code\": 0");
  const auto replay = replay_comparison(text, "x.json");
  ASSERT_TRUE(replay.ok());
  EXPECT_FALSE(replay->reproduced);
  EXPECT_EQ(replay->differs, 5u);
}

TEST(ComparisonJson, RefusesWhatItCannotRead) {
  const AbRecord record = full_record();
  const std::string text = comparison_json(record, judge(record));
  struct Row {
    std::string text;
    const char* what;
  };
  const Row rows[] = {
      {text.substr(0, text.size() / 2), "cut off"},
      {"[]", "found a list, expected an object"},
      {"{}", "/schema: found nothing, expected a string"},
      {with(text, "comparison/1", "comparison/2"), "is of version 2, and this ringstorm reads 1"},
      {with(text, "comparison/1", "report/1"),
       "found \"ringstorm.report/1\", expected \"ringstorm.comparison/1\""},
      {with(text, "\"alpha\": 0.01", "\"alpha\": \"1%\""),
       "/record/rules/alpha: found \"1%\", expected a number"},
      {with(text, "\"alpha\": 0.01", "\"alpha\": 7"), "x.json /rules/alpha: expected a share"},
      {with(text, "\"side\":\"a\"", "\"side\":\"c\""), "expected \"a\" or \"b\""},
      {with(text, "\"pair\":0", "\"pair\":-1"), "/rounds/0/slices/0/pair: found -1, expected a whole number"},
  };
  for (const Row& row : rows) {
    const auto parsed = parse_comparison(row.text, "x.json");
    ASSERT_FALSE(parsed.ok()) << row.what;
    EXPECT_THAT(to_string(parsed.error()), HasSubstr(row.what));
  }
}

}  // namespace
}  // namespace ringstorm
