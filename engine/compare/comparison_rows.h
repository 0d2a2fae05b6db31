// A judgement as short texts that the sinks share, so that every format says the same in the same words.
#pragma once

#include <string>
#include <vector>

#include "compare/ab_judgement.h"
#include "compare/ab_record.h"

namespace ringstorm {

/// One metric as a person reads it; "-" where there is no figure. Printable ASCII but for what a record's
/// names hold.
struct ComparisonRow {
  std::string metric;
  std::string a;  ///< "50,123/s"
  std::string b;
  std::string change;      ///< "-5.1 %"
  std::string interval;    ///< "-5.6 to -4.5 %"
  std::string detectable;  ///< "3.2 %": the minimum detectable worsening
  std::string verdict;  ///< "ok", "regressed", "improved", "inconclusive"; in brackets when it does not gate
};
ComparisonRow row_of(const AbRecord& record, const MetricJudgement& judgement);
std::vector<ComparisonRow> rows_of(const AbRecord& record, const AbJudgement& judgement);

/// "regressed: throughput changed by ...; ...". Without reasons only the verdict.
std::string headline(const AbJudgement& judgement);

/// "10 of 12 rounds; 1,180 pairs kept, 20 dropped (steal 20)".
std::string judged_text(const AbRecord& record, const AbJudgement& judgement);

/// "stalls over 100 ms: 0 on a, 12 on b (p 0.00024)"; empty when they are not judged.
std::string stalls_text(const AbRecord& record, const AbJudgement& judgement);

/// "base (./server --old, abc123)".
std::string subject_text(const AbSubject& subject);

/// A value with its unit, "3.1 ms", "50,123/s"; a unit that is not known follows as it is.
std::string value_text(const std::string& unit, double value);

/// `text` as it is when it is UTF-8, which every format here has to be; else as printable() writes it.
std::string utf8_text(std::string_view text);

/// Six significant digits.
double rounded(double value);

/// "+5.1 %", two significant digits at least.
std::string change_text(AbChange change);

}  // namespace ringstorm
