// The commands that judge stored results: compare, baseline and trend. They start nothing.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

json example_report() {
  std::ifstream file(std::string(RINGSTORM_SOURCE_DIR) + "/tests/golden/report.json");
  return json::parse(file);
}

std::string at_minute(int minute) {
  const std::string two = std::to_string(100 + minute).substr(1);
  return "2026-11-25T13:" + two + ":00Z";
}

/// Ten reports a side in turns, in the folders base and new; b at `change` times a, give or take some tenths
/// of a percent.
void write_sides(const TemporaryFolder& folder, double change) {
  fs::create_directories(folder.path() + "/base");
  fs::create_directories(folder.path() + "/new");
  json report = example_report();
  for (int i = 0; i < 10; ++i) {
    const int swap = i % 3 == 0 ? 1 : 0;
    const std::string name = "/report-" + std::to_string(i) + ".json";
    report["rates"]["received_per_s"] = 6000 + 10 * (i % 4);
    report["started_at"] = at_minute(2 * i + swap);
    folder.write("base" + name, report.dump());
    report["rates"]["received_per_s"] = change * (6000 + 10 * (i % 3));
    report["started_at"] = at_minute(2 * i + 1 - swap);
    folder.write("new" + name, report.dump());
  }
}

Outcome compare(const TemporaryFolder& folder, std::vector<std::string> flags = {}) {
  std::vector<std::string> arguments{"compare", folder.path() + "/base", folder.path() + "/new"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return ringstorm(arguments);
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Compare, ExitsByItsVerdict) {
  const TemporaryFolder folder;
  write_sides(folder, 1.0);
  EXPECT_EQ(compare(folder).exit_code, 0) << compare(folder).all();
  write_sides(folder, 0.9);
  const Outcome outcome = compare(folder);
  EXPECT_EQ(outcome.exit_code, 1) << outcome.all();
  EXPECT_THAT(outcome.out, HasSubstr("throughput changed by -")) << outcome.all();
}

TEST(Compare, OneResultASideIsInconclusiveAndCanBeMadeToPassOrFail) {
  const TemporaryFolder folder;
  write_sides(folder, 0.9);
  const std::string one = folder.path() + "/base/report-1.json";
  const std::string other = folder.path() + "/new/report-1.json";
  EXPECT_EQ(ringstorm({"compare", one, other}).exit_code, 2);
  EXPECT_EQ(ringstorm({"compare", one, other, "--inconclusive", "pass"}).exit_code, 0);
  EXPECT_EQ(ringstorm({"compare", one, other, "--inconclusive", "fail"}).exit_code, 1);
}

TEST(Compare, IsReplayedByteForByteAndAChangedFileIsNot) {
  const TemporaryFolder folder;
  write_sides(folder, 0.9);
  const std::string file = folder.path() + "/comparison.json";
  EXPECT_EQ(compare(folder, {"--json", file}).exit_code, 1);
  const Outcome replayed = ringstorm({"compare", "--replay", file, "--format", "json"});
  EXPECT_EQ(replayed.exit_code, 1) << replayed.all();
  EXPECT_EQ(replayed.out, contents(file));

  std::string changed = contents(file);
  changed.replace(changed.find("\"regressed\""), 11, "\"ok\"");
  const Outcome refused = ringstorm({"compare", "--replay", folder.write("changed.json", changed)});
  EXPECT_EQ(refused.exit_code, 3) << refused.all();
  EXPECT_THAT(refused.err, HasSubstr("changed.json:4: is not what its record gives"));
}

TEST(Compare, WritesForCi) {
  const TemporaryFolder folder;
  write_sides(folder, 0.9);
  const std::string summary = folder.write("summary.md", "before\n");
  setenv("GITHUB_STEP_SUMMARY", summary.c_str(), 1);
  const Outcome outcome = compare(folder, {"--junit", folder.path() + "/x.xml", "--github"});
  unsetenv("GITHUB_STEP_SUMMARY");
  EXPECT_EQ(outcome.exit_code, 1) << outcome.all();
  EXPECT_THAT(contents(summary), HasSubstr("before\n### "));
  EXPECT_THAT(outcome.out, HasSubstr("::error title=ringstorm regressed%3A echo::throughput"));
  EXPECT_THAT(contents(folder.path() + "/x.xml"), HasSubstr("<failure message=\"throughput changed by -"));
}

TEST(Compare, AFileThatCannotBeWrittenIsNoPass) {
  const TemporaryFolder folder;
  write_sides(folder, 1.0);
  const Outcome outcome = compare(folder, {"--junit", folder.path() + "/nowhere/x.xml"});
  EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
  EXPECT_THAT(outcome.err, HasSubstr("cannot be written"));
  EXPECT_EQ(compare(folder, {"--github"}).exit_code, 4);  // outside of a job
}

TEST(Compare, SaysWhatIsWrongWithItsInput) {
  const TemporaryFolder folder;
  write_sides(folder, 1.0);
  const std::string base = folder.path() + "/base";
  json report = example_report();
  const std::string cut = folder.write("cut.json", report.dump().substr(0, 500));
  report["schema"] = "ringstorm.report/2";
  const std::string newer = folder.write("newer.json", report.dump());
  report["schema"] = "ringstorm.report/1";
  report["scenario"] = "firehose";
  const std::string other = folder.write("other.json", report.dump());
  struct Row {
    std::string fresh;
    const char* what;
  };
  const Row rows[] = {{cut, "is no JSON, or it was cut off"},
                      {newer, "is of version 2, and this ringstorm reads 1"},
                      {other, "is of scenario \"firehose\", and"},
                      {folder.path() + "/none*", "nothing matches it"}};
  for (const Row& row : rows) {
    const Outcome outcome = ringstorm({"compare", base, row.fresh});
    EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
    EXPECT_THAT(outcome.err, HasSubstr(row.what)) << outcome.all();
  }
  EXPECT_EQ(ringstorm({"compare", base}).exit_code, 4);
}

TEST(Compare, AnInvalidReportMakesItNotValid) {
  const TemporaryFolder folder;
  write_sides(folder, 1.0);
  json report = example_report();
  report["verdict"] = {
      {"valid", false}, {"exit_code", 3}, {"generator_limited", true}, {"reasons", {"too late"}}};
  folder.write("new/report-3.json", report.dump());
  const Outcome outcome = compare(folder);
  EXPECT_EQ(outcome.exit_code, 3) << outcome.all();
  EXPECT_THAT(outcome.out, HasSubstr("is not valid: too late"));
}

TEST(Baseline, IsKeptAndReplacedOnRequestOnly) {
  const TemporaryFolder folder;
  write_sides(folder, 1.0);
  const std::string root = folder.path() + "/baselines";
  const auto baseline = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"baseline", "--root", root});
    return ringstorm(arguments);
  };
  EXPECT_EQ(baseline({"save", folder.path() + "/base"}).exit_code, 0);
  const std::string place = root + "/example-cpu-9000-8-cores-linux-6.18/echo";
  EXPECT_TRUE(fs::is_directory(place));
  const Outcome again = baseline({"save", folder.path() + "/new"});
  EXPECT_EQ(again.exit_code, 4);
  EXPECT_THAT(again.err, HasSubstr("holds a baseline already"));
  const std::string one = folder.path() + "/new/report-0.json";
  EXPECT_EQ(baseline({"promote", one}).exit_code, 0);
  EXPECT_EQ(std::distance(fs::directory_iterator(place), fs::directory_iterator{}), 1);
  EXPECT_THAT(baseline({"list"}).out, HasSubstr("echo  1 report, the last of 2026-11-25T13:"));
  EXPECT_EQ(baseline({"save", folder.write("cut.json", "{")}).exit_code, 4);
}

TEST(Trend, NeverBlocks) {
  const TemporaryFolder folder;
  write_sides(folder, 0.5);
  folder.write("base/report-cut.json", "{");
  const std::string csv = folder.path() + "/otava";
  const Outcome outcome = ringstorm({"trend", folder.path() + "/base", "--otava", csv});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_THAT(outcome.out, HasSubstr("echo on example-cpu-9000-8-cores-linux-6.18\n"));
  EXPECT_THAT(outcome.err, HasSubstr("report-cut.json: is no JSON"));
  EXPECT_THAT(contents(csv + "/echo-example-cpu-9000-8-cores-linux-6.18.csv"),
              HasSubstr("time,commit,connection_rate,"));
  EXPECT_EQ(ringstorm({"trend", folder.path() + "/nowhere"}).exit_code, 4);
}

}  // namespace
}  // namespace ringstorm::e2e
