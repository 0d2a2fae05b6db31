#include "compare/trend.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compare/utc.h"
#include "unit/compare/example_record.h"

namespace ringstorm {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<double> series(const std::vector<std::pair<int, double>>& parts, std::uint64_t seed) {
  Prng prng(seed);
  std::vector<double> values;
  for (const auto& [count, level] : parts) {
    for (int i = 0; i < count; ++i) values.push_back(level * (1 + 0.01 * bell(prng)));
  }
  return values;
}

TEST(ChangePoints, AStepIsFoundWhereItIs) {
  const auto found = change_points(series({{15, 100}, {15, 110}}, 1), 0.01, 1);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].at, 15u);
  EXPECT_NEAR(found[0].before, 100, 1);
  EXPECT_NEAR(found[0].after, 110, 1);
}

TEST(ChangePoints, SeveralInOrder) {
  const auto found = change_points(series({{20, 100}, {20, 120}, {20, 100}}, 3), 0.01, 1);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].at, 20u);
  EXPECT_EQ(found[1].at, 40u);
  EXPECT_NEAR(found[0].after, 120, 1);
}

TEST(ChangePoints, NoChangeIsSeldomFound) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    found += change_points(series({{24, 100}}, 100 + seed), 0.01, seed).empty() ? 0 : 1;
  }
  EXPECT_LE(found, 4);  // 0.6 expected
}

TEST(ChangePoints, OneOutlierIsNoChange) {
  std::vector<double> values = series({{20, 100}}, 7);
  values[9] = 300;
  EXPECT_THAT(change_points(values, 0.01, 1), IsEmpty());
}

TEST(ChangePoints, ShortAndConstantSeriesHaveNone) {
  EXPECT_THAT(change_points({}, 0.01, 1), IsEmpty());
  EXPECT_THAT(change_points(std::vector<double>{1, 2, 3}, 0.01, 1), IsEmpty());
  EXPECT_THAT(change_points(std::vector<double>(30, 5.0), 0.01, 1), IsEmpty());
}

TEST(ChangePoints, OfALongHistoryTheLastPartIsLookedAt) {
  std::vector<double> values(1'000, 50.0);
  const auto recent = series({{250, 100}, {250, 110}}, 1);
  std::copy(recent.begin(), recent.end(), values.end() - 500);
  const auto found = change_points(values, 0.01, 1);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_NEAR(static_cast<double>(found[0].at), 750, 1);
}

StoredResult result(const std::string& time, double throughput) {
  StoredResult r;
  r.scenario = "echo";
  r.started_at = time;
  r.values = {{"throughput", throughput}};
  r.other = {{"ringstorm", "0.1.0 (a,b)"}};
  r.machine = {{"cpu", "x"}, {"cores", "2"}, {"kernel", "6.1"}};
  return r;
}

TEST(Histories, AreSortedByTimeAndCutByMachine) {
  std::vector<StoredResult> results{result("2026-01-02T00:00:00Z", 2), result("2026-01-01T00:00:00Z", 1)};
  results.push_back(result("2026-01-03T00:00:00Z", 3));
  results.back().machine["cores"] = "4";
  results.push_back(result("2026-01-04T00:00:00Z", 3));
  results.back().invalid = "interrupted";
  results.push_back(results.front());  // a copy
  const auto all = histories(results);
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(otava_csv(all[0]),
            "time,commit,throughput\n"
            "2026-01-01T00:00:00Z,\"0.1.0 (a,b)\",1\n"
            "2026-01-02T00:00:00Z,\"0.1.0 (a,b)\",2\n");
  EXPECT_THAT(trend_text(all[0]), HasSubstr("throughput        2 results, the last 2/s"));
}

TEST(Utc, ReadsWhatReportsWrite) {
  EXPECT_EQ(seconds_since_1970("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(seconds_since_1970("2026-11-25T13:08:58Z"), 1795612138);
  for (const char* wrong :
       {"", "2026-11-25", "2026-13-25T13:08:58Z", "2026-11-25T24:08:58Z", "2026-11-25 13:08:58Z"}) {
    EXPECT_EQ(seconds_since_1970(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace ringstorm
