// From a record to the scores that are judged: which pairs count, which rounds, and what each says of a
// metric. It looks at a slice's surroundings to leave it out, never at its values or its side.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "compare/ab_record.h"

namespace ringstorm {

/// Everything that makes a record impossible to judge: numbers of values, pairs of one side, values that are
/// not positive and finite, rules out of range. For records that come from a file.
Status check_record(const AbRecord& record);

/// Two slices next to each other, one of each side. They point into the record.
struct AbPair {
  const AbSlice* a = nullptr;
  const AbSlice* b = nullptr;
};

/// Why a pair does not count, or nothing. The same when the two change places.
std::optional<std::string> why_dropped(const AbSlice& one, const AbSlice& other, const AbRules& rules);

/// A round that counts, with the pairs that do, in order of time.
struct AbCountingRound {
  const AbRound* round = nullptr;
  std::vector<AbPair> pairs;
};

struct AbCounted {
  std::vector<AbCountingRound> rounds;           ///< in order
  std::uint64_t pairs_kept = 0;                  ///< in those rounds
  std::uint64_t pairs_dropped = 0;               ///< in all rounds, for the reasons below or with their round
  std::map<std::string, std::uint64_t> dropped;  ///< pairs by reason
  std::map<std::string, std::uint64_t> spoiled;  ///< rounds by reason
};

/// The record must pass check_record().
AbCounted counted(const AbRecord& record);

/// log(b / a) of a metric in a round: the mean over its pairs without the extremes (AbMetric::trim at each
/// end), or of the values of the whole round. Nothing when the round did not measure it on both sides.
std::optional<double> round_score(const AbRecord& record, const AbCountingRound& round, std::size_t metric);

/// The logarithm of one side's level in a round, by the same mean. For a person, and for AbDesign::batches.
std::optional<double> round_level(const AbRecord& record, const AbCountingRound& round, std::size_t metric,
                                  AbSide side);

/// The mean without `trim` (0 to 0.5) of the values at each end, at least one stays. `values` not empty.
double trimmed_mean(std::vector<double> values, double trim);

/// How often one side stalled and the other did not: McNemar's discordant pairs. Neighbours of one round that
/// say the same are one stall seen several times, and count once.
struct StallCounts {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};
StallCounts stalls(std::span<const AbCountingRound> rounds, Duration pause);

}  // namespace ringstorm
