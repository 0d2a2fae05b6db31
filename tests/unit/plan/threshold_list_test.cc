#include "plan/threshold_list.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using testing::HasSubstr;

ThresholdList read(std::string_view json) {
  const JsonTree tree = read_json(json);
  EXPECT_TRUE(tree.root);
  return read_thresholds(json, *tree.root, "/thresholds");
}

TEST(ThresholdList, HoldsTextsAndObjects) {
  const ThresholdList list = read(R"(["errors.ratio < 0.1%",
                                     {"check": "latency.p99 < 5ms", "abort_after": "5s"},
                                     {"check": "send_lag.p99 < 1ms"}, {"check": "errors.count <= 0", "abort_after": 2}])");
  EXPECT_TRUE(list.mistakes.empty());
  ASSERT_EQ(list.thresholds.size(), 4U);
  EXPECT_EQ(to_string(list.thresholds[0]), "errors.ratio < 0.1%");
  EXPECT_FALSE(list.thresholds[0].abort_after);
  EXPECT_EQ(to_string(list.thresholds[1]), "latency.p99 < 5ms");
  EXPECT_EQ(list.thresholds[1].abort_after, seconds(5));
  EXPECT_FALSE(list.thresholds[2].abort_after);
  EXPECT_EQ(list.thresholds[3].abort_after, seconds(2));
  EXPECT_TRUE(read("[]").thresholds.empty());
}

TEST(ThresholdList, SaysWhatIsWrongAndWhere) {
  struct Row {
    std::string json;
    const char* pointer;
    const char* what;
    const char* at;  ///< what stands at the mistake's offset
  };
  const std::vector<Row> rows{
      {R"("latency.p99 < 5ms")", "/thresholds", "expected a list of thresholds", "\"latency"},
      {R"({"check": "errors.count < 5"})", "/thresholds", "found an object, expected a list", "{"},
      {R"(["latency.p99 < 5"])", "/thresholds/0", "\"latency.p99 < 5\": latency.p99 takes a duration",
       "\"latency"},
      {R"(["errors.count < 5", 7])", "/thresholds/1", "found 7, expected a threshold such as", "7"},
      {R"([["errors.count < 5"]])", "/thresholds/0", "found a list", "["},
      {R"([{"chek": "errors.count < 5", "check": "errors.count < 5"}])", "/thresholds/0/chek",
       "unknown field \"chek\"", "\"chek"},
      {R"([{"abort_after": "5s"}])", "/thresholds/0", "no \"check\"", "{"},
      {R"([{"check": 5}])", "/thresholds/0/check", "found 5", "5"},
      {R"([{"check": "x < 1"}])", "/thresholds/0/check", "unknown metric", "\"x"},
      {R"([{"check": "errors.count < 5", "abort_after": "soon"}])", "/thresholds/0/abort_after",
       R"(found "soon", expected a duration such as "5s")", "\"soon"},
      {R"([{"check": "errors.count < 5", "abort_after": true}])", "/thresholds/0/abort_after", "found true",
       "true"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.json);
    const ThresholdList list = read(row.json);
    ASSERT_EQ(list.mistakes.size(), 1U);
    EXPECT_EQ(list.mistakes[0].pointer, row.pointer);
    EXPECT_THAT(list.mistakes[0].what, HasSubstr(row.what));
    EXPECT_EQ(row.json.substr(list.mistakes[0].offset, std::string{row.at}.size()), row.at);
  }
}

TEST(ThresholdList, FindsEveryMistakeAndKeepsTheRest) {
  const ThresholdList list =
      read(R"(["x < 1", "errors.count < 5", {"check": "latency.p999 ! 5ms", "abort_aftr": "5s"}])");
  EXPECT_EQ(list.thresholds.size(), 1U);
  ASSERT_EQ(list.mistakes.size(), 4U);
  EXPECT_EQ(list.mistakes[1].hint, "did you mean \"abort_after\"?");
  EXPECT_EQ(list.mistakes[2].hint, "did you mean \"latency.p99.9\"?");
}

TEST(ThresholdList, HasAnEnd) {
  std::string json = "[";
  for (std::size_t i = 0; i < kMostThresholds; ++i) json += "\"errors.count < 5\", ";
  EXPECT_EQ(read(json + "\"errors.count < 5\"]").mistakes.size(), 1U);
  json.resize(json.size() - 2);
  EXPECT_EQ(read(json + "]").thresholds.size(), kMostThresholds);
}

}  // namespace
}  // namespace ringstorm
