// `ringstorm ab`: two servers measured beside each other until a verdict stands.
#pragma once

#include <string>

#include "app/comparison_output.h"
#include "app/scenario_options.h"

namespace CLI {
class App;
}

namespace ringstorm {

struct AbOptions {
  ScenarioOptions scenario;
  std::string a;
  std::string b;
  // As given.
  std::string looks = "6,10,16";
  std::string pairs = "30";
  std::string slice = "100ms";
  std::string patience = "10s";
  std::string grace = "2s";
  std::string out;  ///< a folder for the record and the servers' output; a fresh one under results/
  ComparisonOutput output;
  bool self_test = false;
  bool quick = false;
  bool quiet = false;
};

/// Adds the subcommand; when it is given, `code` becomes the program's exit code.
void add_ab_command(CLI::App& app, int& code);
int ab_command(const AbOptions& options);

}  // namespace ringstorm
