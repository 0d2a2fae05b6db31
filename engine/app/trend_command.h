// `ringstorm trend`: a folder of results as a history. It informs and never blocks.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace ringstorm {

struct TrendOptions {
  std::string path;   ///< a folder of results, or a pattern
  std::string otava;  ///< a folder for CSV files; none when empty
};

/// Adds the subcommand; when it is given, `code` becomes the program's exit code.
void add_trend_command(CLI::App& app, int& code);
/// 0 whatever changed. Results that cannot be read are named and left out; when nothing is left, a usage
/// error.
int trend_command(const TrendOptions& options);

}  // namespace ringstorm
