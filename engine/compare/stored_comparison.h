// Two sets of stored results as a record. What may be judged of them is decided here, once, by how they were
// taken; how it is judged is that of every record.
//
// - Taken in turns on one machine, each run of the one next to one of the other: rounds of one pair, judged
// as
//   slices are.
// - One set after the other on one machine: runs are exchanged instead, and nothing below 10 % is a
// regression,
//   since no repetition within a set shows how far the machine drifted between the two. Sets whose own runs
//   scatter too much advise only.
// - On machines that are not alike: ratios to the embedded server, when both sides measured it too, by the
// same
//   rule from 10 %. Without it, advice.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "compare/ab_record.h"
#include "compare/stored_result.h"
#include "plan/scenario.h"

namespace ringstorm {

struct StoredRules {
  Scenario gate;          ///< only what it says of gates
  bool in_turns = false;  ///< the i-th of each side were taken next to each other, in an order that was drawn
  std::uint64_t seed = 1;
  std::string version;  ///< of ringstorm
};

/// What differs by less than this between two sets of runs is never called a regression.
inline constexpr double kLeastBetweenSets = 0.10;
/// The most that a set's own runs may scatter (standard deviation, as a share) for two sets to be judged.
inline constexpr double kMostScatter = 0.03;

/// Errors: a side without results, results of several scenarios or kinds, gates that were not measured.
Result<AbRecord> compare_stored(std::span<const StoredResult> base, std::span<const StoredResult> fresh,
                                const StoredRules& rules);

}  // namespace ringstorm
