// Other comparisons that might have been measured, made of one that was: for saying how often a judgement is
// wrong on this machine. Pure: everything is drawn from the generator it is given.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/prng.h"
#include "compare/ab_judgement.h"
#include "compare/ab_record.h"

namespace ringstorm {

enum class Relabel : std::uint8_t {
  never,
  /// In each round the sides change places by the toss of a coin: what remains of a difference between them
  /// is chance, and every regression that is called is a false alarm.
  by_round,
};

/// `rounds` rounds drawn with replacement from those of `record`; in each as many pairs as it had, drawn with
/// replacement among those that measured the same metrics (Efron, Tibshirani, An Introduction to the
/// Bootstrap, 1993, chapter 8). Everything else is the record's. `record` has a round.
AbRecord resampled(const AbRecord& record, std::size_t rounds, Relabel relabel, Prng& prng);

/// Verdicts of comparisons.
struct AbVerdictCounts {
  std::uint64_t all = 0;
  std::uint64_t ok = 0;
  std::uint64_t regressed = 0;
  std::uint64_t inconclusive = 0;

  void count(AbVerdict verdict);
};

/// Judges up to `most` resampled comparisons, each with the rounds of the last look, until `time` is over; at
/// least one.
AbVerdictCounts judge_resampled(const AbRecord& record, Relabel relabel, std::uint64_t most, Duration time,
                                std::uint64_t seed);

}  // namespace ringstorm
