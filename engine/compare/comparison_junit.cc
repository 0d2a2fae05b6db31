#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compare/comparison_rows.h"
#include "compare/comparison_sinks.h"

namespace ringstorm {
namespace {

/// XML 1.0 section 2.2: control characters but for tab and line ends cannot stand in a document at all.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : utf8_text(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\t':
      case '\n': out += c; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return out;
}

struct Case {
  std::string name;
  AbVerdict verdict = AbVerdict::ok;
  std::string message;
  std::string body;
};

std::string body_of(const ComparisonRow& row) {
  return fmt::format("a {}, b {}, change {}, 95 % interval {}, minimum detectable worsening {}", row.a, row.b,
                     row.change, row.interval, row.detectable);
}

Case case_of(const AbRecord& record, const MetricJudgement& judgement) {
  const ComparisonRow row = row_of(record, judgement);
  const AbMetric& metric = record.metrics[judgement.metric];
  Case result;
  result.name =
      fmt::format("{}: {} ({}){}", row.metric, row.change, row.interval, metric.gates ? "" : ", not gated");
  result.verdict = metric.gates ? judgement.verdict : AbVerdict::ok;
  result.message = fmt::format("{} changed by {}", row.metric, row.change);
  result.body = body_of(row);
  return result;
}

std::vector<Case> cases_of(const AbRecord& record, const AbJudgement& judgement) {
  std::vector<Case> cases;
  // A verdict of the whole that no metric carries: what made it not valid, or only advice.
  if (judgement.verdict == AbVerdict::not_valid || !record.advisory.empty()) {
    cases.push_back(
        {"the comparison", judgement.verdict, headline(judgement), judged_text(record, judgement)});
  }
  const bool judged = judgement.verdict != AbVerdict::not_valid && record.advisory.empty();
  for (const MetricJudgement& metric : judgement.metrics) {
    cases.push_back(case_of(record, metric));
    if (!judged && cases.back().verdict == AbVerdict::regressed)
      cases.back().verdict = AbVerdict::inconclusive;
  }
  const std::string stalls = stalls_text(record, judgement);
  if (!stalls.empty()) {
    cases.push_back({stalls, judgement.stalls->regressed && judged ? AbVerdict::regressed : AbVerdict::ok,
                     "stalls are new", stalls});
  }
  return cases;
}

std::string outcome_of(const Case& result) {
  switch (result.verdict) {
    case AbVerdict::ok: return "";
    case AbVerdict::regressed:
      return fmt::format("      <failure message=\"{}\">{}</failure>\n", xml(result.message),
                         xml(result.body));
    case AbVerdict::inconclusive:
      return fmt::format("      <skipped message=\"inconclusive: {}\"/>\n", xml(result.message));
    case AbVerdict::not_valid:
      return fmt::format("      <error message=\"{}\">{}</error>\n", xml(result.message), xml(result.body));
  }
  return "";
}

std::size_t count(const std::vector<Case>& cases, AbVerdict verdict) {
  return static_cast<std::size_t>(
      std::count_if(cases.begin(), cases.end(), [&](const Case& c) { return c.verdict == verdict; }));
}

}  // namespace

std::string comparison_junit(const AbRecord& record, const AbJudgement& judgement) {
  const std::vector<Case> cases = cases_of(record, judgement);
  const std::string suite = xml("ringstorm." + record.source + "." + record.scenario);
  const std::string counts =
      fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"", cases.size(),
                  count(cases, AbVerdict::regressed), count(cases, AbVerdict::not_valid),
                  count(cases, AbVerdict::inconclusive));
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {}>\n"
      "  <testsuite name=\"{}\" {}>\n",
      counts, suite, counts);
  for (const Case& result : cases) {
    text += fmt::format(
        "    <testcase classname=\"{}\" name=\"{}\">\n{}      <system-out>{}</system-out>\n    </testcase>\n",
        suite, xml(result.name), outcome_of(result), xml(result.body));
  }
  return text + "  </testsuite>\n</testsuites>\n";
}

}  // namespace ringstorm
