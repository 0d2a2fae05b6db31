// A comparison from its first round to its verdict: rounds until the fixed looks are used up or a verdict
// stands. It fills the record; the judgement is compare/'s alone.
#pragma once

#include <string>
#include <vector>

#include "app/ab_progress.h"
#include "app/ab_round.h"
#include "app/ab_setup.h"
#include "app/execution.h"
#include "base/result.h"
#include "compare/ab_judgement.h"
#include "compare/ab_record.h"

namespace ringstorm {

/// An empty record of `setup`, ready for its rounds. Errors: a gate on what cannot be measured here.
Result<AbRecord> new_ab_record(const AbSetup& setup, const Site& site, std::vector<std::uint32_t> looks);

struct AbComparison {
  AbRecord record;
  AbJudgement judgement;
  bool interrupted = false;  ///< by a first signal: the rounds before it are there
  bool abandoned = false;    ///< by a second one
};

/// Measures rounds of `record`, whose servers' output goes to `folder`. `to_the_end`: up to the last look,
/// even when an earlier one decides. A server that fails ends it, with the reason in the record, which is not
/// valid then. Call it on the main thread.
AbComparison compare_servers(const AbSetup& setup, const Site& site, const std::string& folder,
                             AbRecord record, bool to_the_end, AbProgress& progress);

}  // namespace ringstorm
