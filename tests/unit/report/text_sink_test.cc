// What the golden file does not show.
#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/example_report.h"
#include "report/sink.h"

namespace ringstorm {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(TextSink, TheVerdictComesFirstAndEveryReasonIsTold) {
  Report report = example::good_run();
  report.verdict.exit_code = Verdict::not_valid;
  report.verdict.reasons = {"first reason", "second reason"};
  EXPECT_THAT(text_report(report), StartsWith("verdict      not valid (exit 3): first reason\n"
                                              "             also: second reason\n\n"));
}

// With a proxy, TLS, compression and socket options in it.
TEST(TextSink, FitsOneScreen) {
  const std::string text = text_report(example::good_run());
  EXPECT_LE(std::ranges::count(text, '\n'), 48);
}

TEST(TextSink, NoByteOfAPeerOrAScenarioReachesTheTerminalRaw) {
  Report report = example::good_run();
  const std::string evil = "\x1b]0;title\x07\r\x80";
  report.plan.scenario.url = "ws://h/" + evil;
  report.plan.scenario.name = evil;
  report.verdict.reasons = {evil};
  report.environment.cpu_model = evil;
  report.measurements.failures.count({Cause::malformed_head, 0}, evil);
  for (const char c : text_report(report))
    ASSERT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f)) << static_cast<int>(c);
}

TEST(TextSink, ManyCausesAreCutToTheMostFrequent) {
  Report report;
  for (std::uint16_t status = 400; status < 420; ++status) {
    for (int i = 400; i <= status; ++i) report.measurements.failures.count({Cause::http_status, status});
  }
  const std::string text = text_report(report);
  EXPECT_THAT(text, HasSubstr("http 419"));
  EXPECT_THAT(text, HasSubstr("http 410"));
  EXPECT_THAT(text, Not(HasSubstr("http 409")));
  EXPECT_THAT(text, HasSubstr("and 10 more causes in report.json"));
}

TEST(TextSink, OverflowsAreTold) {
  Report report;
  for (Histogram* h : {&report.measurements.latency, &report.measurements.service}) h->record(seconds(100));
  for (Histogram* h : {&report.measurements.latency, &report.measurements.service}) h->record(seconds(1));
  EXPECT_THAT(text_report(report), HasSubstr("1 of them longer than 68.7 s"));
}

TEST(TextSink, TlsIsToldWhereThereIsSomeAndAnUnverifiedServerLoudly) {
  Report report = example::good_run();
  EXPECT_THAT(text_report(report), Not(HasSubstr("tls ")));
  report.plan.target.tls = true;
  report.measurements.tls.record(milliseconds(3));
  report.measurements.counters.tls_full = 997;
  report.measurements.counters.tls_resumed = 3;
  EXPECT_THAT(text_report(report), HasSubstr("\ntls          997 full and 3 resumed handshakes\n"));
  EXPECT_THAT(text_report(report), HasSubstr("\n  tls                  1"));
  report.plan.scenario.tls_insecure = true;
  report.measurements.counters.tls_unclosed_ends = 2;
  EXPECT_THAT(text_report(report),
              HasSubstr("\ntls          INSECURE: no certificate was verified, so anybody may have answered\n"
                        "             997 full and 3 resumed handshakes, 2 ended without close_notify\n"));
}

TEST(TextSink, AnInterruptedRunSaysSo) {
  Report report = example::good_run();
  EXPECT_THAT(text_report(report), Not(HasSubstr("interrupted")));
  report.interrupted = true;
  EXPECT_THAT(text_report(report), HasSubstr("12.3 s in all, interrupted\n"));
}

}  // namespace
}  // namespace ringstorm
