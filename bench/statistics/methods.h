// Ways to decide whether a server got slower, each given the same two minutes of measuring on the same
// machine.
#pragma once

#include <array>
#include <string_view>

#include "compare/ab_judgement.h"
#include "statistics/noisy_machine.h"

namespace ringstorm::statistics {

/// One comparison: a machine's time, a true change, and chance.
struct Trial {
  const Mood& mood;
  double effect = 0;  ///< the logarithm of b's speed over a's
  Prng& prng;
};

// Each says whether it would raise the alarm.
bool one_run_each(Trial trial);           ///< 10 s each, an alarm at 5 %
bool one_then_the_other(Trial trial);     ///< 10 runs of 6 s each, Mann and Whitney's U test at 0.05
bool runs_in_turns(Trial trial);          ///< 10 pairs of 6 s, sign flips
bool slices_of_250_ms(Trial trial);       ///< 24 pairs a round, 10 rounds, ours
bool slices_of_100_ms(Trial trial);       ///< 60 pairs a round, 10 rounds, ours
bool pairs_as_units(Trial trial);         ///< the same slices, every pair taken for independent
bool fixed_order(Trial trial);            ///< the same slices, always A first
bool batches_at_2_percent(Trial trial);   ///< 10 stored runs of 6 s a side, permutation test
bool batches_at_10_percent(Trial trial);  ///< the same, and nothing below 10 % is an alarm
bool batches_as_compared(
    Trial trial);  ///< what `compare` does: nor where the runs of a side scatter by more than 3 %

struct Method {
  std::string_view name;
  bool (*alarm)(Trial);
};
inline constexpr std::array kMethods{
    Method{"one 10 s run each, alarm at 5 %", one_run_each},
    Method{"10 A then 10 B, U test at 0.05", one_then_the_other},
    Method{"10 pairs of 6 s runs, sign flip", runs_in_turns},
    Method{"slices of 0.25 s, K = 24, R = 10", slices_of_250_ms},
    Method{"slices of 0.10 s, K = 60, R = 10", slices_of_100_ms},
    Method{"the same, pairs as units", pairs_as_units},
    Method{"the same, always A before B", fixed_order},
    Method{"stored: 10 then 10, from 2 %", batches_at_2_percent},
    Method{"stored: 10 then 10, from 10 %", batches_at_10_percent},
    Method{"stored, where they scatter little", batches_as_compared},
};

/// Everything that `ringstorm ab` does: looks at 6, 10 and 16 rounds of 60 pairs.
AbJudgement with_looks(Trial trial);

}  // namespace ringstorm::statistics
