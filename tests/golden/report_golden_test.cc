// Every sink's bytes, held to files that a person has read. RINGSTORM_UPDATE_GOLDEN=1 rewrites them: look at
// the diff.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "golden/example_report.h"
#include "report/sink.h"

namespace ringstorm {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void expect_golden(const std::string& name, const std::string& bytes) {
  const std::string path = std::string(RINGSTORM_GOLDEN_DIR "/") + name;
  if (std::getenv("RINGSTORM_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << bytes;
    GTEST_SKIP() << "rewrote " << path;
  }
  EXPECT_EQ(contents(path), bytes) << "in " << path;
}

TEST(ReportGolden, Json) {
  expect_golden("report.json", json_report(example::good_run()));
}
TEST(ReportGolden, Text) {
  expect_golden("report.txt", text_report(example::good_run()));
}
TEST(ReportGolden, JsonOfAnOpenLoop) {
  expect_golden("open.json", json_report(example::open_run()));
}
TEST(ReportGolden, TextOfAnOpenLoop) {
  expect_golden("open.txt", text_report(example::open_run()));
}
TEST(ReportGolden, JsonOfARefusedRun) {
  expect_golden("refused.json", json_report(example::refused_run()));
}
TEST(ReportGolden, TextOfARefusedRun) {
  expect_golden("refused.txt", text_report(example::refused_run()));
}

}  // namespace
}  // namespace ringstorm
