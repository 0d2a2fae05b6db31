#include "report/generator_limits.h"

#include <functional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using testing::HasSubstr;

/// A p99 of 10 ms, so that a tenth of it is 1 ms.
GeneratorFacts quiet(bool open_loop) {
  GeneratorFacts facts;
  facts.open_loop = open_loop;
  facts.latency_p99 = milliseconds(10);
  facts.send_lag_p99 = facts.receive_queueing_p99 = microseconds(20);
  facts.planned = facts.completions = 1'000;
  facts.load = {.loop_busy = 0.2, .run_delay = 0.01, .cpu_pressure = 0.05, .steal = 0.001};
  return facts;
}

struct Row {
  const char* what;
  std::function<void(GeneratorFacts&)> at;     ///< on the cut-off, which still is fine
  std::function<void(GeneratorFacts&)> above;  ///< just above it
  const char* reason;
  bool open_loop_only;
};

std::vector<Row> rows() {
  using F = GeneratorFacts;
  return {
      {"send lag", [](F& f) { f.send_lag_p99 = milliseconds(1); },
       [](F& f) { f.send_lag_p99 = microseconds(1'001); }, "a send lag p99", false},
      {"send lag of a fast target",
       [](F& f) { f.latency_p99 = microseconds(300), f.send_lag_p99 = microseconds(250); },
       [](F& f) { f.latency_p99 = microseconds(300), f.send_lag_p99 = microseconds(251); }, "above 250 us",
       false},
      {"receive queueing", [](F& f) { f.receive_queueing_p99 = milliseconds(1); },
       [](F& f) { f.receive_queueing_p99 = microseconds(1'001); }, "a receive queueing p99", false},
      {"overdue", [](F& f) { f.overdue = 10; }, [](F& f) { f.overdue = 11; }, "not sent: 1.1 %, above 1 %",
       false},
      {"run loop", [](F& f) { f.load.loop_busy = 0.80; }, [](F& f) { f.load.loop_busy = 0.81; },
       "busy 81 %, above 80 %", false},
      {"buffers", [](F& f) { f.out_of_buffers = 10; }, [](F& f) { f.out_of_buffers = 11; },
       "no buffer: 1.1 %, above 1 %", false},
      {"run delay", [](F& f) { f.load.run_delay = 0.05; }, [](F& f) { f.load.run_delay = 0.051; },
       "a shard waited for a processor 5.1 %, above 5 %", true},
      {"pressure", [](F& f) { f.load.cpu_pressure = 0.20; }, [](F& f) { f.load.cpu_pressure = 0.21; },
       "21 %, above 20 %", true},
      {"steal", [](F& f) { f.load.steal = 0.02; }, [](F& f) { f.load.steal = 0.021; }, "2.1 %, above 2 %",
       true},
  };
}

std::vector<std::string> limits_after(bool open_loop, const std::function<void(GeneratorFacts&)>& change) {
  GeneratorFacts facts = quiet(open_loop);
  change(facts);
  return generator_limits(facts);
}

TEST(GeneratorLimits, EachCutOffInEitherLoop) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.what);
    EXPECT_THAT(limits_after(true, row.at), testing::IsEmpty());
    EXPECT_THAT(limits_after(true, row.above), testing::ElementsAre(HasSubstr(row.reason)));
    EXPECT_THAT(limits_after(false, row.at), testing::IsEmpty());
    EXPECT_EQ(limits_after(false, row.above).size(), row.open_loop_only ? 0U : 1U);
  }
}

TEST(GeneratorLimits, WhatIsNotKnownLimitsNothing) {
  GeneratorFacts facts;
  facts.open_loop = true;
  facts.overdue = facts.out_of_buffers = 5;  // of none
  facts.send_lag_p99 = seconds(1);           // beside no latency
  EXPECT_THAT(generator_limits(facts), testing::IsEmpty());
}

TEST(GeneratorLimits, NamesEveryReason) {
  GeneratorFacts facts = quiet(true);
  for (const Row& row : rows()) row.above(facts);
  EXPECT_EQ(generator_limits(facts).size(), 8U) << "send lag has two rows";
}

}  // namespace
}  // namespace ringstorm
