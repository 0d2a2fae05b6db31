// Every sink's bytes, held to files that a person has read. RINGSTORM_UPDATE_GOLDEN=1 rewrites them: look at
// the diff.
#include <gtest/gtest.h>

#include "golden/example_report.h"
#include "golden/golden.h"
#include "report/sink.h"

namespace ringstorm {
namespace {

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
