// The subcommands. Each returns the program's exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/scenario_options.h"
#include "base/result.h"

namespace ringstorm {

/// The program's exit codes; a test and the README hold them.
namespace exit_code {
inline constexpr int fine = 0;
inline constexpr int threshold_failed = 1;
inline constexpr int inconclusive = 2;
inline constexpr int not_valid = 3;
inline constexpr int usage = 4;
inline constexpr int unreachable = 5;
inline constexpr int interrupted = 130;  ///< by a second Ctrl-C: nothing was reported
}  // namespace exit_code

struct RunOptions {
  ScenarioOptions scenario;
  std::string out;     ///< a folder for the report; a fresh one under results/ when empty
  bool quiet = false;  ///< no progress
  bool once = false;   ///< each session one time, with every frame shown, and no report
};
int run_command(const RunOptions& options);

struct Site;
/// Plays each session one time on one connection and shows every frame. 5 when something did not go as the
/// steps say.
int once_command(const Scenario& asked, const Site& site);

struct CheckOptions {
  ScenarioOptions scenario;
};
int check_command(const CheckOptions& options);

struct ImportOptions {
  std::string file;
  std::string timing = "keep";  ///< or "close"
};
/// Prints a scenario that says what a browser recorded.
int import_command(const ImportOptions& options);

/// Prints scenarios/schema.json.
int schema_command();

struct CapacityOptions {
  ScenarioOptions scenario;
  std::vector<std::string> slo;  ///< the scenario's thresholds when empty
  std::string search = "rate";   ///< or "connections", "open-rate"
  // As given.
  std::optional<std::string> start;
  std::optional<std::string> max;
  std::string resolution = "5%";
  std::string step = "5s";
  std::string settle = "500ms";
  std::string out;     ///< a folder for capacity.json; a fresh one under results/ when empty
  bool quiet = false;  ///< only the closing line
};
/// Adds the subcommand; when it is given, `code` becomes the program's exit code.
void add_capacity_command(CLI::App& app, int& code);
int capacity_command(const CapacityOptions& options);

struct ServeOptions {
  std::string mode = "echo";
  std::vector<std::string> listen = {"127.0.0.1:9001"};
  unsigned shards = 1;
  std::vector<int> cores;
  std::vector<std::string> faults;  ///< see load/fault_plan.h
  std::string seed = "1";
  std::vector<std::string> expect;  ///< "text" or "binary", a size and a seed; or empty
  std::optional<std::string> expect_text;
  bool deflate = false;  ///< agree to permessage-deflate where a client offers it
  bool tls = false;
  std::string certificate;  ///< a PEM file; the server makes its own when empty
  std::string key;          ///< a PEM file
};
int serve_command(const ServeOptions& options);

/// Prints each error on a line of its own on standard error, and gives back `code`.
int complain(const std::vector<Error>& errors, int code);

}  // namespace ringstorm
