#include "app/result_files.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <glob.h>

namespace ringstorm {
namespace {

namespace fs = std::filesystem;

Result<std::vector<std::string>> files_below(const std::string& folder) {
  std::vector<std::string> reports;
  std::vector<std::string> others;
  std::error_code failure;
  fs::recursive_directory_iterator entry(folder, failure);
  for (const fs::recursive_directory_iterator end; !failure && entry != end; entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    if (!name.ends_with(".json") || name.ends_with(".schema.json")) continue;
    const bool report = name.starts_with("report");
    (report ? reports : others).push_back(entry->path().string());
  }
  if (failure) return Error{folder, fmt::format("cannot be read: {}", failure.message()), ""};
  std::vector<std::string>& files = reports.empty() ? others : reports;
  if (files.empty()) return Error{folder, "there is no result in this folder", "a result is a report.json"};
  std::sort(files.begin(), files.end());
  return std::move(files);
}

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0)
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  return files;
}

}  // namespace

Result<std::vector<std::string>> result_files(const std::string& path) {
  std::error_code failure;
  if (fs::is_directory(path, failure)) return files_below(path);
  if (fs::exists(path, failure)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (const std::string& match : matches(path)) {
    const auto below =
        fs::is_directory(match, failure) ? files_below(match) : std::vector<std::string>{match};
    if (!below) return below.errors();
    files.insert(files.end(), below->begin(), below->end());
  }
  if (files.empty()) return Error{path, "there is no such file or folder, and nothing matches it", ""};
  return files;
}

Result<std::vector<StoredResult>> read_results(const std::string& path) {
  const auto files = result_files(path);
  if (!files) return files.errors();
  std::vector<StoredResult> results;
  std::vector<Error> errors;
  for (const std::string& file : *files) {
    auto read = read_stored(file);
    if (read) {
      std::move(read->begin(), read->end(), std::back_inserter(results));
    } else {
      errors.insert(errors.end(), read.errors().begin(), read.errors().end());
    }
  }
  if (!errors.empty()) return errors;
  return results;
}

}  // namespace ringstorm
