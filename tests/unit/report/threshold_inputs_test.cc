#include "report/threshold_inputs.h"

#include <gtest/gtest.h>

#include "golden/example_report.h"

namespace ringstorm {
namespace {

using Outcome = ThresholdResult::Outcome;

class ThresholdsOfARun : public testing::Test {
 protected:
  ThresholdResult result_of(const char* text, std::optional<Duration> abort_after = std::nullopt) {
    report_.plan.scenario.thresholds = {*parse_threshold(text)};
    report_.plan.scenario.thresholds[0].abort_after = abort_after;
    return evaluate_thresholds(run()).at(0);
  }
  MeasuredRun run() const {
    return {.plan = report_.plan,
            .measurements = report_.measurements,
            .intervals = report_.intervals,
            .window_start = report_.window_start,
            .window = window_,
            .messages_per_cpu_second = 1'200};
  }
  Report report_ = example::open_run();
  Duration window_ = seconds(6);
};

TEST_F(ThresholdsOfARun, FiguresOfTheWholeRun) {
  EXPECT_EQ(result_of("messages.planned >= 10000").measured, 10'000);
  EXPECT_EQ(result_of("messages.censored < 1").measured, 610);
  EXPECT_EQ(result_of("shed.ratio < 1%").measured, 0.03);
  EXPECT_EQ(result_of("throughput.answered > 1/s").measured, 1'500);
  EXPECT_EQ(result_of("generator.messages_per_cpu_second > 1").measured, 1'200);
}

TEST_F(ThresholdsOfARun, FiguresOfDeliveries) {
  EXPECT_EQ(result_of("delivery.p50 < 1s").outcome, Outcome::held);
  EXPECT_EQ(result_of("last_receiver.max < 1ms").outcome, Outcome::held);
  EXPECT_EQ(result_of("deliveries.expected > 1").measured, 6'000);
  EXPECT_EQ(result_of("deliveries.received > 1").measured, 5'990);
  EXPECT_EQ(result_of("deliveries.lost <= 10").outcome, Outcome::held);
  EXPECT_EQ(result_of("deliveries.lost_ratio < 0.1%").outcome, Outcome::failed);
  EXPECT_EQ(result_of("deliveries.duplicated < 20").measured, 12);
  EXPECT_EQ(result_of("deliveries.out_of_order < 1").measured, 30);
  report_.measurements.deliveries.expected = 0;  // as while a run goes on
  EXPECT_EQ(result_of("deliveries.lost < 1").outcome, Outcome::unknown);
}

TEST_F(ThresholdsOfARun, FiguresOfAStage) {
  EXPECT_EQ(result_of("messages.planned in rush > 1").measured, 6'000);
  EXPECT_EQ(result_of("throughput.sent in calm >= 1000/s").measured, 1'000);
  EXPECT_EQ(result_of("latency.p99 in calm < 5ms").outcome, Outcome::held);
  EXPECT_EQ(result_of("latency.p99 in rush < 5ms").outcome, Outcome::failed);
  EXPECT_EQ(result_of("connect.p50 in calm < 5ms").outcome, Outcome::unknown) << "not measured by stage";
}

TEST_F(ThresholdsOfARun, AbortsOnceAStageHasBeenMeasuredForLongEnough) {
  result_of("latency.p99 in rush < 5ms", seconds(2));
  window_ = milliseconds(5'999);
  EXPECT_FALSE(threshold_to_abort_on(run())) << "rush began after 4 s";
  window_ = seconds(6);
  EXPECT_TRUE(threshold_to_abort_on(run()));
  result_of("latency.p99 in rush < 5ms");
  EXPECT_FALSE(threshold_to_abort_on(run())) << "it does not ask for it";
}

TEST_F(ThresholdsOfARun, WithoutAnyThereIsNothing) {
  report_.plan.scenario.thresholds.clear();
  EXPECT_TRUE(evaluate_thresholds(run()).empty());
  EXPECT_FALSE(threshold_to_abort_on(run()));
}

}  // namespace
}  // namespace ringstorm
