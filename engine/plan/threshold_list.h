// Thresholds as a scenario file lists them:
//   "thresholds": ["errors.ratio < 0.1%", {"check": "latency.p99 < 5ms", "abort_after": "5s"}]
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "plan/json_tree.h"
#include "plan/threshold.h"

namespace ringstorm {

/// More than this is no list that a person reads; each costs its share of a report.
inline constexpr std::size_t kMostThresholds = 100;

struct ThresholdMistake {
  std::size_t offset = 0;  ///< in the file
  std::string pointer;     ///< "/thresholds/2/abort_after"
  std::string what;
  std::string hint;
};

struct ThresholdList {
  std::vector<Threshold> thresholds;  ///< those that could be read, in order
  std::vector<ThresholdMistake> mistakes;
};

/// Reads the value at `pointer` of the file `json`, a list of texts and objects; finds all that is wrong with
/// it. Stages are not looked up, see unknown_stage().
ThresholdList read_thresholds(std::string_view json, const JsonNode& list, std::string_view pointer);

}  // namespace ringstorm
