// A sink turns a judged record into the bytes of one format. It reads nothing else, so that `ab`, `compare`
// and a replay say the same; a new format is a new function and a line in kComparisonFormats.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "compare/ab_judgement.h"
#include "compare/ab_record.h"
#include "compare/comparison_json.h"

namespace ringstorm {

/// For a terminal: the verdict first, then what is unlike, then the table. Ends in a newline.
std::string comparison_text(const AbRecord& record, const AbJudgement& judgement);

/// The same as Markdown, for a pull request or a step summary. What a record's names hold cannot break out of
/// it.
std::string comparison_markdown(const AbRecord& record, const AbJudgement& judgement);

/// JUnit XML: a test case for each metric and one for the stalls; inconclusive is skipped, not valid an
/// error.
std::string comparison_junit(const AbRecord& record, const AbJudgement& judgement);

/// Workflow commands for GitHub: one line each, at most kMostAnnotations; empty when ok.
std::string comparison_annotations(const AbRecord& record, const AbJudgement& judgement);
inline constexpr std::size_t kMostAnnotations = 3;

/// github-action-benchmark's list of what is measured on side b. One file holds metrics of one direction,
/// which its "tool" names: customSmallerIsBetter or customBiggerIsBetter.
std::string action_benchmark_smaller(const AbRecord& record, const AbJudgement& judgement);
std::string action_benchmark_bigger(const AbRecord& record, const AbJudgement& judgement);

/// Bencher Metric Format, of side b.
std::string bencher_metrics(const AbRecord& record, const AbJudgement& judgement);

/// Apache Otava's JSON input, of side b: one point of the history.
std::string otava_point(const AbRecord& record, const AbJudgement& judgement);

struct ComparisonFormat {
  std::string_view name;  ///< as --format takes it
  std::string (*render)(const AbRecord&, const AbJudgement&);
};
inline constexpr std::array kComparisonFormats{
    ComparisonFormat{"text", comparison_text},
    ComparisonFormat{"json", comparison_json},
    ComparisonFormat{"markdown", comparison_markdown},
    ComparisonFormat{"github-action-benchmark", action_benchmark_smaller},
    ComparisonFormat{"github-action-benchmark-bigger", action_benchmark_bigger},
    ComparisonFormat{"bencher", bencher_metrics},
    ComparisonFormat{"otava", otava_point},
};

}  // namespace ringstorm
