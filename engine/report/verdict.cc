#include "report/verdict.h"

#include <fmt/format.h>

#include "base/units.h"
#include "report/printable.h"
#include "stats/estimate.h"

namespace ringstorm {
namespace {

using Reasons = std::vector<std::string>;

bool answered_none(const RunFacts& facts) {
  return facts.counters.messages_sent > 0 && facts.counters.messages_answered == 0;
}

/// "most often: http 403 (90 times, "HTTP/1.1 403 Forbidden")", or nothing when no failure was counted.
std::string main_cause(const RunFacts& facts) {
  if (facts.failures.empty()) return "";
  const NamedFailure& top = facts.failures.front();
  std::string text = fmt::format("; most often: {} ({} times", top.cause, format_count(top.count));
  if (!top.sample.empty()) text += fmt::format(", \"{}\"", printable(first_line(top.sample), 120));
  return text + ")";
}

Reasons broken_sums(const RunFacts& facts) {
  const Counters& c = facts.counters;
  Reasons reasons;
  if (c.messages_sent != c.messages_answered + c.messages_failed + facts.outstanding) {
    reasons.push_back(
        fmt::format("the messages do not add up: {} sent, but {} answered + {} failed + {} outstanding",
                    c.messages_sent, c.messages_answered, c.messages_failed, facts.outstanding));
  }
  if (c.messages_planned != c.messages_sent + c.messages_shed + c.messages_due) {
    reasons.push_back(fmt::format("the messages do not add up: {} planned, but {} sent + {} shed + {} due",
                                  c.messages_planned, c.messages_sent, c.messages_shed, c.messages_due));
  }
  if (c.messages_recorded != facts.service_count || c.messages_recorded != facts.latency_count ||
      c.messages_recorded > c.messages_answered) {
    reasons.push_back(
        fmt::format("the records do not add up: {} recorded of {} answered, but {} and {} in the histograms",
                    c.messages_recorded, c.messages_answered, facts.latency_count, facts.service_count));
  }
  if (c.connections_opened + c.connections_failed > facts.connections_planned + c.connections_reopened) {
    reasons.push_back(fmt::format("the connections do not add up: {} planned, but {} opened + {} failed",
                                  facts.connections_planned, c.connections_opened, c.connections_failed));
  }
  if (c.connections_opened != c.connections_closed + c.connections_lost) {
    reasons.push_back(fmt::format("the connections do not add up: {} opened, but {} closed + {} lost",
                                  c.connections_opened, c.connections_closed, c.connections_lost));
  }
  const DeliveryCounts& d = facts.deliveries;
  if (d.stamped != d.received + d.duplicated + d.behind + d.stray ||
      (d.expected > 0 && d.expected != d.received + d.lost)) {
    reasons.push_back(
        fmt::format("the deliveries do not add up: {} stamped, but {} received + {} duplicated + {} "
                    "behind + {} stray; {} expected, {} lost",
                    d.stamped, d.received, d.duplicated, d.behind, d.stray, d.expected, d.lost));
  }
  return reasons;
}

Reasons target_failures(const RunFacts& facts) {
  const Counters& c = facts.counters;
  const std::uint64_t lost = c.connections_lost - std::min(c.connections_lost, facts.close_timeouts);
  const std::uint64_t bad = c.connections_failed + lost;
  if (c.connections_opened == 0 && (c.connections_failed > 0 || !facts.interrupted)) {
    return {fmt::format("none of {} connections could be opened{}", format_count(facts.connections_planned),
                        main_cause(facts))};
  }
  const std::uint64_t begun = facts.connections_planned + c.connections_reopened;
  if (bad > begun / 2) {
    return {fmt::format("{} of {} connections failed or were lost{}", format_count(bad), format_count(begun),
                        main_cause(facts))};
  }
  if (facts.expects_replies && answered_none(facts) && !facts.interrupted) {
    return {fmt::format("none of {} messages sent was answered{}", format_count(c.messages_sent),
                        main_cause(facts))};
  }
  return {};
}

Reasons spoiled_measurement(const RunFacts& facts) {
  const Counters& c = facts.counters;
  Reasons reasons;
  if (c.completion_overflows > 0) {
    reasons.push_back(
        fmt::format("the completion queue overflowed {} times: latencies waited for the generator",
                    format_count(c.completion_overflows)));
  }
  if (facts.interrupted) return reasons;
  if (facts.sends && c.connections_opened > 0 && c.messages_sent == 0) {
    reasons.emplace_back("no message was sent");
  }
  if (c.messages_answered > 0 && c.messages_recorded == 0) {
    reasons.push_back(fmt::format("{} messages were answered but none in the measured window",
                                  format_count(c.messages_answered)));
  }
  return reasons;
}

Reasons lag_beyond_cap(const RunFacts& facts) {
  if (!facts.lagged) return {};
  return {fmt::format("the generator sent a message more than {} after it could have gone (max_send_lag)",
                      format_duration(facts.max_send_lag.value_or(Duration{0})))};
}

Reasons thresholds_that(ThresholdResult::Outcome outcome, const char* what, const RunFacts& facts) {
  Reasons reasons;
  for (const ThresholdResult& result : facts.thresholds) {
    if (result.outcome == outcome)
      reasons.push_back(fmt::format("{} {}: {}", to_string(result.threshold), what, result.text));
  }
  return reasons;
}

Reasons cut_short(const RunFacts& facts) {
  const Counters& c = facts.counters;
  Reasons reasons;
  if (facts.interrupted) reasons.emplace_back("interrupted before its planned end");
  const std::uint64_t tried = c.connections_opened + c.connections_failed;
  if (facts.cut_short_on_purpose) return reasons;
  if (tried < facts.connections_planned) {
    reasons.push_back(fmt::format("it ended before {} of {} connections had been tried",
                                  format_count(facts.connections_planned - tried),
                                  format_count(facts.connections_planned)));
  }
  return reasons;
}

}  // namespace

GeneratorFacts generator_facts_of(const Report& report) {
  const Measurements& m = report.measurements;
  const std::optional<Estimate> latency = estimate_quantile(m.latency, m.censored, 0.99);
  return {.open_loop = report.plan.load.open_loop(),
          .latency_p99 = latency ? std::optional(latency->value) : std::nullopt,
          .send_lag_p99 = m.send_lag.trusted_quantile(0.99),
          .receive_queueing_p99 = m.receive_queueing.trusted_quantile(0.99),
          .planned = m.counters.messages_planned,
          .overdue = m.counters.messages_overdue,
          .completions = m.counters.ring_completions,
          .out_of_buffers = m.counters.out_of_buffers,
          .load = report.usage.load};
}

RunFacts facts_of(const Report& report) {
  RunFacts facts;
  facts.connections_planned = report.plan.load.planned_connections;
  facts.outstanding = report.outstanding;
  facts.service_count = report.measurements.service.count();
  facts.latency_count = report.measurements.latency.count();
  facts.sends =
      report.plan.plays_sessions() ? !report.plan.script.messages.empty() : report.plan.in_flight() > 0;
  facts.max_send_lag = report.plan.scenario.max_send_lag;
  facts.lagged = report.lagged;
  facts.cut_short_on_purpose = report.lagged || !report.aborted_by.empty();
  facts.generator = generator_facts_of(report);
  facts.accepts_limited_generator = report.plan.scenario.generator_limits == GeneratorLimits::report;
  facts.thresholds = report.thresholds;
  facts.expects_replies = report.plan.expects_replies;
  facts.interrupted = report.interrupted;
  facts.counters = report.measurements.counters;
  facts.deliveries = report.measurements.deliveries;
  facts.failures = by_name(report.measurements.failures);
  for (const FailureTable::Row& row : report.measurements.failures.rows()) {
    if (row.failure.cause == Cause::close_timed_out) facts.close_timeouts += row.count;
  }
  return facts;
}

Verdict judge(const RunFacts& facts) {
  Verdict verdict;
  const auto found = [&](Verdict::Code code, const Reasons& reasons) {
    if (reasons.empty()) return;
    if (verdict.exit_code == Verdict::fine) verdict.exit_code = code;
    verdict.reasons.insert(verdict.reasons.end(), reasons.begin(), reasons.end());
  };
  found(Verdict::not_valid, broken_sums(facts));
  found(Verdict::target_failed, target_failures(facts));
  found(Verdict::not_valid, spoiled_measurement(facts));
  found(Verdict::not_valid, lag_beyond_cap(facts));
  const Reasons limits = generator_limits(facts.generator);
  verdict.generator_limited = !limits.empty();
  if (!facts.accepts_limited_generator) found(Verdict::not_valid, limits);
  using Outcome = ThresholdResult::Outcome;
  found(Verdict::threshold_failed, thresholds_that(Outcome::failed, "failed", facts));
  found(Verdict::inconclusive, thresholds_that(Outcome::unknown, "could not be judged", facts));
  found(Verdict::inconclusive, cut_short(facts));
  if (facts.accepts_limited_generator) {
    for (const std::string& limit : limits)
      verdict.reasons.push_back("generator_limited, and accepted: " + limit);
  }
  return verdict;
}

}  // namespace ringstorm
