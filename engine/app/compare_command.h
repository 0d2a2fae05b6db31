// `ringstorm compare`: stored results against stored results, and a comparison judged once more.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "app/comparison_output.h"

namespace ringstorm {

struct CompareOptions {
  std::string base;      ///< a file, a folder or a pattern
  std::string fresh;     ///< likewise
  std::string scenario;  ///< whose gates hold; the defaults when empty
  std::string replay;    ///< a comparison; then nothing else is read
  bool in_turns = false;
  std::uint64_t seed = 1;
  ComparisonOutput output;
};

/// Adds the subcommand; when it is given, `code` becomes the program's exit code.
void add_compare_command(CLI::App& app, int& code);
int compare_command(const CompareOptions& options);

}  // namespace ringstorm
