#include "report/verdict.h"

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/example_report.h"

namespace ringstorm {
namespace {

using testing::HasSubstr;

/// 100 connections, 1,000 messages, nothing wrong.
RunFacts fine_run() {
  RunFacts facts;
  facts.connections_planned = 100;
  facts.service_count = facts.latency_count = 800;
  Counters& c = facts.counters;
  c.messages_planned = 1'000;
  c.messages_sent = 1'000;
  c.messages_answered = 1'000;
  c.messages_received = 1'000;
  c.messages_recorded = 800;
  c.connections_opened = 100;
  c.connections_closed = 100;
  return facts;
}

struct Row {
  const char* what;
  std::function<void(RunFacts&)> change;
  int exit_code;
  const char* reason;  ///< part of the first
};

void expect_verdicts(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    RunFacts facts = fine_run();
    row.change(facts);
    const Verdict verdict = judge(facts);
    EXPECT_EQ(verdict.exit_code, row.exit_code);
    EXPECT_EQ(verdict.valid(), row.exit_code == 0);
    if (row.exit_code == 0) {
      EXPECT_TRUE(verdict.reasons.empty()) << verdict.reasons.front();
    } else {
      ASSERT_FALSE(verdict.reasons.empty());
      EXPECT_THAT(verdict.reasons.front(), HasSubstr(row.reason));
    }
  }
}

void lose(RunFacts& f, std::uint64_t connections) {
  f.counters.connections_closed -= connections;
  f.counters.connections_lost += connections;
}

void fail(RunFacts& f, std::uint64_t connections) {
  f.counters.connections_opened -= connections;
  f.counters.connections_closed -= connections;
  f.counters.connections_failed += connections;
}

void answer_nothing(RunFacts& f) {
  f.counters.messages_answered = f.counters.messages_received = f.counters.messages_recorded = 0;
  f.service_count = f.latency_count = 0;
  f.outstanding = f.counters.messages_sent;
}

TEST(Verdict, Fine) {
  expect_verdicts({
      {"nothing wrong", [](RunFacts&) {}, 0, ""},
      {"half of the connections lost, no more", [](RunFacts& f) { lose(f, 50); }, 0, ""},
      {"half failed, no more", [](RunFacts& f) { fail(f, 50); }, 0, ""},
      {"some messages failed and some outstanding",
       [](RunFacts& f) {
         f.counters.messages_planned += 30;
         f.counters.messages_sent += 30;
         f.counters.messages_failed = 20;
         f.outstanding = 10;
       },
       0, ""},
      {"a server that ignores our close served the run all the same",
       [](RunFacts& f) {
         lose(f, 100);
         f.close_timeouts = 100;
       },
       0, ""},
      {"a sink answers nothing by design",
       [](RunFacts& f) {
         answer_nothing(f);
         f.expects_replies = false;
       },
       0, ""},
      {"connections without messages, as planned",
       [](RunFacts& f) {
         answer_nothing(f);
         f.counters.messages_planned = f.counters.messages_sent = f.outstanding = 0;
         f.sends = false;
       },
       0, ""},
  });
}

TEST(Verdict, SumsThatDoNotClose) {
  expect_verdicts({
      {"a message lost", [](RunFacts& f) { ++f.counters.messages_sent; }, 3, "1001 sent, but 1000 answered"},
      {"a message too many", [](RunFacts& f) { ++f.outstanding; }, 3, "1 outstanding"},
      {"a record too many", [](RunFacts& f) { ++f.service_count; }, 3,
       "800 recorded of 1000 answered, but 800 and 801"},
      {"a latency too many", [](RunFacts& f) { ++f.latency_count; }, 3,
       "800 recorded of 1000 answered, but 801 and 800"},
      {"a message that was due and is gone", [](RunFacts& f) { ++f.counters.messages_planned; }, 3,
       "1001 planned, but 1000 sent + 0 shed + 0 due"},
      {"recorded, not answered",
       [](RunFacts& f) { f.counters.messages_recorded = f.service_count = f.latency_count = 1'001; }, 3,
       "1001 recorded of 1000"},
      {"more connections than planned", [](RunFacts& f) { ++f.counters.connections_failed; }, 3,
       "100 planned"},
      {"a delivery of no kind", [](RunFacts& f) { ++f.deliveries.stamped; }, 3, "1 stamped, but 0 received"},
      {"a delivery that nobody expected",
       [](RunFacts& f) {
         f.deliveries.expected = 4;
         f.deliveries.stamped = f.deliveries.received = 5;
       },
       3, "4 expected, 0 lost"},
      {"an opened one unaccounted for", [](RunFacts& f) { --f.counters.connections_closed; }, 3,
       "100 opened, but 99"},
      {"and it outranks a failed target",
       [](RunFacts& f) {
         lose(f, 60);
         ++f.outstanding;
       },
       3, "do not add up"},
  });
}

TEST(Verdict, TargetFailed) {
  expect_verdicts({
      {"nothing opened",
       [](RunFacts& f) { f = RunFacts{}, f.connections_planned = 10, f.counters.connections_failed = 10; }, 5,
       "none of 10 connections could be opened"},
      {"most failed", [](RunFacts& f) { fail(f, 51); }, 5, "51 of 100 connections failed or were lost"},
      {"most lost", [](RunFacts& f) { lose(f, 51); }, 5, "51 of 100"},
      {"failed and lost together",
       [](RunFacts& f) {
         fail(f, 30);
         lose(f, 21);
       },
       5, "51 of 100"},
      {"close timeouts do not hide true losses",
       [](RunFacts& f) {
         lose(f, 100);
         f.close_timeouts = 49;
       },
       5, "51 of 100"},
      {"never an answer", answer_nothing, 5, "none of 1,000 messages sent was answered"},
      {"interrupted, but failing all the same",
       [](RunFacts& f) {
         fail(f, 100);
         answer_nothing(f);
         f.counters.messages_planned = f.counters.messages_sent = f.outstanding = 0;
         f.interrupted = true;
       },
       5, "none of 100"},
      {"a sink that cannot be reached",
       [](RunFacts& f) {
         f = RunFacts{};
         f.expects_replies = false;
         f.connections_planned = 1;
         f.counters.connections_failed = 1;
       },
       5, "none of 1 connections"},
  });
}

TEST(Verdict, SpoiledMeasurement) {
  expect_verdicts({
      {"completion queue overflow", [](RunFacts& f) { f.counters.completion_overflows = 1; }, 3,
       "overflowed"},
      {"answered, but never in the window",
       [](RunFacts& f) { f.counters.messages_recorded = f.service_count = f.latency_count = 0; }, 3,
       "1,000 messages were answered but none in the measured window"},
      {"nothing sent",
       [](RunFacts& f) {
         answer_nothing(f);
         f.counters.messages_planned = f.counters.messages_sent = f.outstanding = 0;
       },
       3, "no message was sent"},
      {"overflow of an interrupted run",
       [](RunFacts& f) {
         f.interrupted = true;
         f.counters.completion_overflows = 1;
       },
       3, "overflowed"},
  });
}

TEST(Verdict, Inconclusive) {
  expect_verdicts({
      {"interrupted", [](RunFacts& f) { f.interrupted = true; }, 2, "interrupted"},
      {"interrupted before anything opened",
       [](RunFacts& f) {
         f = RunFacts{};
         f.connections_planned = 100;
         f.interrupted = true;
       },
       2, "interrupted"},
      {"interrupted before an answer",
       [](RunFacts& f) {
         answer_nothing(f);
         f.interrupted = true;
       },
       2, "interrupted"},
      {"interrupted in the warm-up",
       [](RunFacts& f) {
         f.counters.messages_recorded = f.service_count = f.latency_count = 0;
         f.interrupted = true;
       },
       2, "interrupted"},
      {"over before all were tried", [](RunFacts& f) { f.connections_planned = 110; }, 2,
       "10 of 110 connections"},
  });
}

ThresholdResult threshold_that(ThresholdResult::Outcome outcome, const char* text) {
  ThresholdResult result;
  result.threshold = *parse_threshold("latency.p99 < 5ms");
  result.outcome = outcome;
  result.text = text;
  return result;
}

TEST(Verdict, Thresholds) {
  using Outcome = ThresholdResult::Outcome;
  RunFacts facts = fine_run();
  facts.thresholds = {threshold_that(Outcome::held, "1 ms")};
  EXPECT_EQ(judge(facts).exit_code, 0);

  facts.thresholds.push_back(threshold_that(Outcome::unknown, "not enough samples"));
  const Verdict unknown = judge(facts);
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_FALSE(unknown.valid());
  EXPECT_EQ(unknown.reasons.front(), "latency.p99 < 5ms could not be judged: not enough samples");

  facts.thresholds.push_back(threshold_that(Outcome::failed, "7 ms"));
  const Verdict failed = judge(facts);
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_TRUE(failed.valid());
  EXPECT_EQ(failed.reasons.front(), "latency.p99 < 5ms failed: 7 ms");
  EXPECT_EQ(failed.reasons.size(), 2U);

  facts.generator.load.loop_busy = 0.9;
  EXPECT_EQ(judge(facts).exit_code, 3) << "a limited generator can fail no threshold";
}

TEST(Verdict, AGeneratorThatLaggedBeyondItsCap) {
  RunFacts facts = fine_run();
  facts.max_send_lag = milliseconds(100);
  EXPECT_EQ(judge(facts).exit_code, 0);
  facts.lagged = facts.cut_short_on_purpose = true;
  facts.connections_planned = 110;
  const Verdict verdict = judge(facts);
  EXPECT_EQ(verdict.exit_code, 3);
  EXPECT_EQ(verdict.reasons.size(), 1U) << "connections that the early end left out are not held against it";
  EXPECT_THAT(verdict.reasons.front(), HasSubstr("more than 100 ms after it could have gone"));
}

TEST(Verdict, AGeneratorThatLimitedTheRun) {
  RunFacts facts = fine_run();
  EXPECT_FALSE(judge(facts).generator_limited);
  facts.generator.load.loop_busy = 0.81;
  const Verdict verdict = judge(facts);
  EXPECT_EQ(verdict.exit_code, 3);
  EXPECT_TRUE(verdict.generator_limited);
  EXPECT_THAT(verdict.reasons.front(), HasSubstr("the run loop was busy 81 %, above 80 %"));
}

TEST(Verdict, TellsTheMostFrequentCauseAndWhatTheServerSaid) {
  const Verdict verdict = judge(facts_of(example::refused_run()));
  EXPECT_EQ(verdict.exit_code, 5);
  EXPECT_THAT(verdict.reasons.front(), HasSubstr("http 403 (998 times, \"HTTP/1.1 403 Forbidden\")"));
}

TEST(Verdict, WhatAServerSaidCannotMoveTheCursor) {
  RunFacts facts = fine_run();
  fail(facts, 51);
  facts.failures = {{"http 200", 51, "HTTP/1.1 200 \x1b[2J\nmore"}};
  EXPECT_THAT(judge(facts).reasons.front(), HasSubstr("\"HTTP/1.1 200 \\x1b[2J\")"));
}

TEST(Verdict, ListsEverythingThatHolds) {
  RunFacts facts = fine_run();
  facts.interrupted = true;
  facts.counters.completion_overflows = 2;
  lose(facts, 70);
  const Verdict verdict = judge(facts);
  EXPECT_EQ(verdict.exit_code, 5);
  EXPECT_EQ(verdict.reasons.size(), 3U);
}

TEST(Verdict, FactsComeFromTheReport) {
  Report report = example::good_run();
  report.measurements.failures.count({Cause::close_timed_out, 0});
  report.interrupted = true;
  const RunFacts facts = facts_of(report);
  EXPECT_EQ(facts.connections_planned, 1'000U);
  EXPECT_EQ(facts.outstanding, 1U);
  EXPECT_EQ(facts.service_count, 60'000U);
  EXPECT_EQ(facts.close_timeouts, 1U);
  EXPECT_TRUE(facts.sends);
  EXPECT_TRUE(facts.expects_replies);
  EXPECT_TRUE(facts.interrupted);
  EXPECT_EQ(facts.counters.messages_sent, 72'009U);
  EXPECT_EQ(facts.failures.front().cause, "connection reset");

  report.plan.expects_replies = false;
  report.plan.scenario.in_flight = 0;
  EXPECT_FALSE(facts_of(report).expects_replies);
  EXPECT_FALSE(facts_of(report).sends);
}

}  // namespace
}  // namespace ringstorm
