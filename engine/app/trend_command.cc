#include "app/trend_command.h"

#include <filesystem>
#include <fstream>
#include <memory>

#include <fmt/format.h>

#include "app/commands.h"
#include "app/result_files.h"
#include "compare/trend.h"

namespace ringstorm {
namespace {

/// One file for each history: Otava takes a file for a test.
std::vector<Error> write_csv(const std::string& folder, const std::vector<History>& all) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  std::vector<Error> errors;
  for (const History& history : all) {
    const std::string path =
        fmt::format("{}/{}-{}.csv", folder, folder_name(history.scenario), folder_name(history.machine));
    std::ofstream file(path, std::ios::binary);
    file << otava_csv(history);
    file.close();
    if (!file) errors.push_back({path, "cannot be written", ""});
  }
  return errors;
}

}  // namespace

int trend_command(const TrendOptions& options) {
  const auto files = result_files(options.path);
  if (!files) return complain(files.errors(), exit_code::usage);
  std::vector<StoredResult> results;
  std::vector<Error> unreadable;
  for (const std::string& file : *files) {
    auto read = read_stored(file);
    if (read) {
      std::move(read->begin(), read->end(), std::back_inserter(results));
    } else {
      unreadable.insert(unreadable.end(), read.errors().begin(), read.errors().end());
    }
  }
  complain(unreadable, exit_code::fine);
  const std::vector<History> all = histories(std::move(results));
  if (all.empty()) return complain({{options.path, "no valid result could be read", ""}}, exit_code::usage);
  for (const History& history : all) fmt::print("{}", trend_text(history));
  if (options.otava.empty()) return exit_code::fine;
  const std::vector<Error> errors = write_csv(options.otava, all);
  return errors.empty() ? exit_code::fine : complain(errors, exit_code::usage);
}

void add_trend_command(CLI::App& app, int& code) {
  const auto options = std::make_shared<TrendOptions>();
  CLI::App* command = app.add_subcommand("trend", "Show the history of results, and where it changed");
  command->add_option("DIR", options->path, "A folder of results, or a quoted pattern")->required();
  command->add_option("--otava", options->otava, "Write CSV files for Apache Otava into this folder")
      ->type_name("DIR");
  command->footer("Examples:\n  ringstorm trend results\n  ringstorm trend results --otava history\n");
  command->callback([options, &code] { code = trend_command(*options); });
}

}  // namespace ringstorm
