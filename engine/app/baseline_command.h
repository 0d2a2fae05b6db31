// `ringstorm baseline save|list|promote`: results worth keeping, under <root>/<machine class>/<scenario>/.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace ringstorm {

/// Adds the subcommand; when one of its own is given, `code` becomes the program's exit code.
void add_baseline_command(CLI::App& app, int& code);

/// Copies the reports that `path` means. A folder that holds a baseline is an error unless `replace`, and
/// then holds only the new one.
int save_baseline(const std::string& root, const std::string& path, bool replace);
int list_baselines(const std::string& root);

}  // namespace ringstorm
