#include "report/fan_out_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ringstorm {
namespace {

using testing::HasSubstr;
using testing::Not;

Report report_with_fan_out() {
  Report report;
  FanOut& fan_out = report.plan.fan_out;
  fan_out.topics = {{.name = "news", .first_publisher = 0, .publishers = 2, .subscribers = 5}};
  fan_out.hears_stamps = {false, true};
  Measurements& m = report.measurements;
  m.deliveries = {.stamped = 5'003, .received = 5'000, .duplicated = 3, .out_of_order = 4, .forged = 7};
  m.deliveries.expected = 5'010;
  m.deliveries.lost = 10;
  m.deliveries.followed = 1'002;
  m.deliveries.reached_everyone = 995;
  for (int i = 0; i < 5'000; ++i) m.delivery.record(milliseconds(2));
  for (int i = 0; i < 995; ++i) m.last_receiver.record(milliseconds(3));
  return report;
}

TEST(FanOutTable, IsEmptyWithoutStamps) {
  EXPECT_EQ(fan_out_table(Report{}), "");
  EXPECT_TRUE(fan_out_json(Report{}).is_null());
}

TEST(FanOutTable, SaysWhatArrivedAndWhatDidNot) {
  const std::string text = fan_out_table(report_with_fan_out());
  EXPECT_THAT(text, HasSubstr("deliveries   5,010 expected = 5,000 received + 10 lost\n"));
  EXPECT_THAT(text, HasSubstr("             4 of the received out of order, 3 duplicated\n"));
  EXPECT_THAT(text, HasSubstr("             stamps not believed: 7 forged or damaged\n"));
  EXPECT_THAT(text, HasSubstr("topic news: 2 publishing, 5 subscribed\n"));
  EXPECT_THAT(text, HasSubstr("995 of 1,002 messages reached everyone\n"));
  EXPECT_THAT(text, HasSubstr("  last one          3 ms"));
  EXPECT_THAT(text, Not(HasSubstr("another run")));
}

TEST(FanOutTable, SaysTheSameInJson) {
  const auto json = fan_out_json(report_with_fan_out());
  EXPECT_EQ(json["expected"], 5'010);
  EXPECT_EQ(json["lost"], 10);
  EXPECT_EQ(json["topics"][0]["subscribers"], 5);
  EXPECT_EQ(json["untrusted"]["forged"], 7);
  EXPECT_EQ(json["delivery"]["p99_ns"], 2'000'000);
  EXPECT_EQ(json["last_receiver"]["reached_everyone"], 995);
  EXPECT_EQ(json["window"], 64);
}

TEST(FanOutTable, WithoutTopicsNothingWasExpected) {
  Report report = report_with_fan_out();
  report.plan.fan_out.topics.clear();
  EXPECT_THAT(fan_out_table(report), HasSubstr("none was expected"));
}

}  // namespace
}  // namespace ringstorm
