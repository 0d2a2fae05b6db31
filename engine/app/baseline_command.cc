#include "app/baseline_command.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "app/commands.h"
#include "app/result_files.h"

namespace ringstorm {
namespace {

namespace fs = std::filesystem;

using Folders = std::map<std::string, std::vector<StoredResult>>;

std::string place_of(const std::string& root, const StoredResult& result) {
  return (fs::path(root) / machine_class(result) / folder_name(result.scenario)).string();
}

/// "report-20261125T130858Z-1.json": in order of time, and never two of one name.
std::string file_name(const StoredResult& result, std::size_t index) {
  std::string time;
  std::copy_if(result.started_at.begin(), result.started_at.end(), std::back_inserter(time),
               [](char c) { return c != '-' && c != ':'; });
  return fmt::format("report-{}-{}.json", time, index + 1);
}

bool holds_baseline(const std::string& folder) {
  std::error_code none;
  fs::directory_iterator entry(folder, none);
  return !none && entry != fs::directory_iterator();
}

Result<Folders> sorted_into_folders(const std::string& root, const std::string& path) {
  auto results = read_results(path);
  if (!results) return results.errors();
  Folders folders;
  std::vector<Error> errors;
  for (StoredResult& result : *results) {
    if (result.kind != StoredResult::Kind::report) {
      errors.push_back({result.path, "is no report of ringstorm, and only those are kept as baselines", ""});
    } else if (!result.invalid.empty()) {
      errors.push_back({"", result.invalid, "a baseline has to be valid"});
    } else {
      folders[place_of(root, result)].push_back(std::move(result));
    }
  }
  if (!errors.empty()) return errors;
  return folders;
}

std::vector<Error> refused(const Folders& folders) {
  std::vector<Error> errors;
  for (const auto& [folder, results] : folders) {
    if (!holds_baseline(folder)) continue;
    errors.push_back(
        {folder, "holds a baseline already", "ringstorm baseline promote puts another in its place"});
  }
  return errors;
}

/// Beside its place first, then by renaming: a copy that fails leaves the old baseline as it was.
void put(const std::string& folder, const std::vector<StoredResult>& results) {
  const std::string fresh = folder + ".new";
  fs::remove_all(fresh);
  fs::create_directories(fresh);
  for (std::size_t i = 0; i < results.size(); ++i) {
    fs::copy_file(results[i].path, fs::path(fresh) / file_name(results[i], i));
  }
  fs::remove_all(folder);
  fs::rename(fresh, folder);
  fmt::print("{}  {} report{}\n", folder, results.size(), results.size() == 1 ? "" : "s");
}

}  // namespace

int save_baseline(const std::string& root, const std::string& path, bool replace) {
  const auto folders = sorted_into_folders(root, path);
  if (!folders) return complain(folders.errors(), exit_code::usage);
  if (const auto errors = refused(*folders); !replace && !errors.empty())
    return complain(errors, exit_code::usage);
  try {
    for (const auto& [folder, results] : *folders) put(folder, results);
  } catch (const fs::filesystem_error& error) {
    return complain({{error.path1().string(), error.code().message(), ""}}, exit_code::usage);
  }
  return exit_code::fine;
}

int list_baselines(const std::string& root) {
  std::error_code none;
  if (!fs::is_directory(root, none) || none) {
    return complain({{root, "there is no such folder", "ringstorm baseline save makes it"}},
                    exit_code::usage);
  }
  std::map<std::string, std::vector<std::string>> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".json")
      files[entry.path().parent_path().string()].push_back(entry.path().string());
  }
  std::vector<Error> errors;
  for (auto& [folder, reports] : files) {
    std::sort(reports.begin(), reports.end());
    const auto newest = read_stored(reports.back());
    if (!newest) {
      errors.insert(errors.end(), newest.errors().begin(), newest.errors().end());
      continue;
    }
    fmt::print("{}  {} report{}, the last of {}\n", folder, reports.size(), reports.size() == 1 ? "" : "s",
               newest->front().started_at);
  }
  if (files.empty()) fmt::print("no baselines in {}\n", root);
  return errors.empty() ? exit_code::fine : complain(errors, exit_code::usage);
}

void add_baseline_command(CLI::App& app, int& code) {
  struct Options {
    std::string root = "results/baselines";
    std::string path;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("baseline", "Keep results to compare later ones with");
  command->require_subcommand(1);
  command->add_option("--root", options->root, "Where baselines are kept")->capture_default_str();
  const auto add = [&](const char* name, const char* what, bool replace) {
    CLI::App* sub = command->add_subcommand(name, what);
    sub->add_option("RESULTS", options->path, "A report, a folder of them, or a quoted pattern")->required();
    sub->callback([options, replace, &code] { code = save_baseline(options->root, options->path, replace); });
  };
  add("save", "Keep results where there is no baseline yet", false);
  add("promote", "Put results in the place of the baseline", true);
  command->add_subcommand("list", "What is kept")->callback([options, &code] {
    code = list_baselines(options->root);
  });
  command->footer("Examples:\n  ringstorm baseline save 'results/*-echo'\n  ringstorm baseline list\n");
}

}  // namespace ringstorm
