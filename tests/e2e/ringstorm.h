// Runs the ringstorm program as a user would, and reads what it left behind.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "e2e/process.h"

namespace ringstorm::e2e {

struct Outcome {
  int exit_code = -1;  ///< -1 when it did not end before the deadline
  std::string out;
  std::string err;
  nlohmann::json report;  ///< null when there is none

  /// For the message of a failed expectation.
  std::string all() const;
  /// A number of the report by its JSON pointer, 0 when it is not there.
  std::uint64_t count(const std::string& pointer) const;
  /// How often the report counts this cause.
  std::uint64_t errors(const std::string& cause) const;
};

/// `ringstorm ARGUMENTS...`.
std::vector<std::string> command_line(std::vector<std::string> arguments);

/// Runs it to its end. `in_child` may tighten a limit before the program starts.
Outcome ringstorm(const std::vector<std::string>& arguments, const std::function<void()>& in_child = {});

/// `ringstorm run ARGUMENTS... --out <temporary>`, with the report that it left there.
Outcome run(std::vector<std::string> arguments, const std::function<void()>& in_child = {});

/// Reads folder/report.json, null when there is none.
nlohmann::json read_report(const std::string& folder);

/// What is wrong with a report by results/report.schema.json, empty when nothing is.
std::string schema_violations(const nlohmann::json& report);

/// The sums that every report closes: sent = answered + failed + outstanding, planned >= opened + failed,
/// opened = closed + lost. Empty when they hold.
std::string broken_sums(const Outcome& outcome);

}  // namespace ringstorm::e2e
