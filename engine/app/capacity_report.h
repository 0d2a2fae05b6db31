// The result of a search for capacity, as a person reads it and as JSON. Pure text from plain data; it knows
// nothing of how the steps were run.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/capacity_search.h"
#include "app/capacity_step.h"

namespace ringstorm {

struct CapacityResult {
  SearchedLoad searched = SearchedLoad::rate;
  std::string url;
  std::vector<Threshold> slo;
  CapacityRules rules;
  Duration settle{0};
  std::vector<CapacityRecord> steps;
  std::optional<CapacityAnswer> answer;  ///< nothing when it did not get to its end
  bool interrupted = false;
  std::vector<std::string> failure;  ///< why the target ended the search; empty when it did not
};

/// "     10,000/s  climb    latency.p99 3.21 ms  send lag p99 61 us  met".
std::string capacity_head(SearchedLoad searched);
std::string capacity_row(const CapacityRecord& record, SearchedLoad searched);

/// "capacity 12,300/s: latency.p99 < 5ms holds there and fails at 12,900/s"; never more than "at least" where
/// the generator is the limit.
std::string closing_line(const CapacityResult& result);

/// The exit code of the program: 0 found, 1 not even the least load is met, 2 not known, 3 the generator is
/// the limit, 5 the target failed.
int exit_code_of(const CapacityResult& result);

/// capacity.json, see results/README.md.
std::string capacity_json(const CapacityResult& result);

}  // namespace ringstorm
