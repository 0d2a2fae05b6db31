// What a measurement of nanoseconds must know about the machine around it. Facts and what they mean; whoever
// measures prints the remarks beside the figures.
#pragma once

#include <string>
#include <vector>

namespace ringstorm {

struct Surroundings {
  double load_average = 0;            ///< of the last minute
  std::string governor = {};          ///< of the first core; empty where the machine has none
  bool simultaneous_threads = false;  ///< two threads share a core (SMT)
};

/// Reads what there is to read below `root`, which stands in front of every path.
Surroundings gather_surroundings(const std::string& root = {});

/// What makes the figures less than they seem, one sentence each; nothing on a quiet machine.
std::vector<std::string> remarks(const Surroundings& surroundings);

}  // namespace ringstorm
