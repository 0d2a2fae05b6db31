// `ringstorm ab --self-test`: the same server on both sides. How often does this machine cry wolf, and how
// small a change would it see?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/ab_setup.h"
#include "compare/ab_judgement.h"
#include "compare/ab_record.h"

namespace ringstorm {

/// The embedded server of this very program on both sides; `quick`: few and short rounds, 45 s at most.
void prepare_self_test(AbSetup& setup, std::vector<std::uint32_t>& looks, bool quick);

/// What came of it, for a person: the verdict, comparisons resampled from what was measured
/// (compare/resample.h) with how many of them called a regression, and the minimum detectable effects.
std::string self_test_text(const AbRecord& record, const AbJudgement& judgement);

}  // namespace ringstorm
