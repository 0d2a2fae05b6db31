// Every format of a comparison, held to files that a person has read. RINGSTORM_UPDATE_GOLDEN=1 rewrites
// them: look at the diff.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compare/ab_judgement.h"
#include "compare/comparison_sinks.h"
#include "golden/golden.h"
#include "unit/compare/example_record.h"

namespace ringstorm {
namespace {

using testing::HasSubstr;
using testing::Not;

AbRecord regressed() {
  AbRecord record = example_record({.rounds = 10, .pairs = 4, .throughput = -0.06, .seed = 12});
  record.scenario = "echo";
  record.started_at = "2026-11-25T13:08:58Z";
  record.version = "0.1.0 (0123456789ab)";
  record.machine = "2 cores, Example CPU, Linux 6.18";
  record.a = {"base", "./server --old", "abc123"};
  record.b = {"new", "./server", "def456"};
  record.rounds[3].slices[1].around = {0.01, 0.2, 0.4, {"clock step"}};
  for (AbRound& round : record.rounds) {
    for (AbSlice& slice : round.slices) slice.longest_pause = milliseconds(2);
  }
  return record;
}

/// Everything a name can do to a format.
AbRecord hostile() {
  AbRecord record = example_record({.rounds = 16, .pairs = 2, .round_noise = 0.2, .seed = 3});
  record.scenario = "a|b<script>&\"'\n::error::x";
  record.advisory = "another machine, and 100 % of | it\n::error title=x,y::z";
  record.metrics[0].name = "throughput [x](http://y) <b>";
  record.metrics[1].gates = false;
  record.a = {"base", "]]>\x01\xff", ""};
  record.differences = {{"kernel", "6.1", "6.18 | <i>\n# x"}};
  return record;
}

AbRecord not_valid() {
  AbRecord record = example_record({.rounds = 2, .pairs = 2});
  record.invalid = {"the server on side b did not start: exit code 1"};
  return record;
}

struct Format {
  const char* file;
  std::string (*render)(const AbRecord&, const AbJudgement&);
};
constexpr Format kFormats[] = {
    {"txt", comparison_text},
    {"json", comparison_json},
    {"md", comparison_markdown},
    {"junit.xml", comparison_junit},
    {"github.txt", comparison_annotations},
    {"smaller.json", action_benchmark_smaller},
    {"bigger.json", action_benchmark_bigger},
    {"bencher.json", bencher_metrics},
    {"otava.json", otava_point},
};

void expect_golden_formats(const std::string& name, const AbRecord& record) {
  for (const Format& format : kFormats) {
    const std::string path = "comparison/" + name + "." + format.file;
    const std::string bytes = format.render(record, judge(record));
    if (std::getenv("RINGSTORM_UPDATE_GOLDEN") != nullptr) {
      std::ofstream(std::string(RINGSTORM_GOLDEN_DIR "/") + path, std::ios::binary) << bytes;
      continue;
    }
    expect_golden(path, bytes);
  }
}

TEST(ComparisonGolden, Regressed) {
  expect_golden_formats("regressed", regressed());
}
TEST(ComparisonGolden, HostileNames) {
  expect_golden_formats("hostile", hostile());
}
TEST(ComparisonGolden, NotValid) {
  expect_golden_formats("not_valid", not_valid());
}

TEST(ComparisonGolden, NoNameBreaksOutOfALine) {
  const std::string annotations = comparison_annotations(hostile(), judge(hostile()));
  for (std::size_t at = 0; (at = annotations.find("::error", at)) != std::string::npos; ++at) {
    EXPECT_TRUE(at > 0 && annotations[at - 1] != '\n') << annotations;
  }
  const std::string markdown = comparison_markdown(hostile(), judge(hostile()));
  EXPECT_THAT(markdown, Not(HasSubstr("<script>")));
  EXPECT_THAT(markdown, Not(HasSubstr("\n# x")));
}

TEST(ComparisonGolden, AtMostThreeAnnotations) {
  AbRecord record = not_valid();
  record.invalid.assign(9, "one more");
  const std::string annotations = comparison_annotations(record, judge(record));
  EXPECT_EQ(std::count(annotations.begin(), annotations.end(), '\n'), 3);
}

}  // namespace
}  // namespace ringstorm
