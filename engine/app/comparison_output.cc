#include "app/comparison_output.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

#include <fmt/format.h>

#include "app/commands.h"
#include "compare/comparison_sinks.h"

namespace ringstorm {
namespace {

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const ComparisonFormat& format : kComparisonFormats) names.emplace_back(format.name);
  return names;
}

Status write_file(const std::string& path, const std::string& bytes, std::ios::openmode mode) {
  std::ofstream file(path, std::ios::binary | mode);
  file << bytes;
  file.close();
  if (!file) return Error{path, fmt::format("cannot be written: {}", std::strerror(errno)), ""};
  return success();
}

Status write_step_summary(const std::string& markdown) {
  const char* path = std::getenv("GITHUB_STEP_SUMMARY");
  if (path == nullptr || *path == '\0') {
    return Error{"--github", "GITHUB_STEP_SUMMARY is not set, which names the file of the step's summary",
                 "it is in a GitHub Actions job"};
  }
  return write_file(path, markdown, std::ios::app);
}

}  // namespace

void ComparisonOutput::add_to(CLI::App& command) {
  command.add_option("--format", format, "Of standard output")
      ->check(CLI::IsMember(format_names()))
      ->capture_default_str();
  command.add_option("--junit", junit, "Write a JUnit XML file")->type_name("FILE");
  command
      .add_option("--json", json,
                  "Write the comparison with all that was measured, which compare --replay reads")
      ->type_name("FILE");
  command.add_flag("--github", github, "Append to $GITHUB_STEP_SUMMARY, and print at most three annotations");
  command
      .add_option("--inconclusive", inconclusive,
                  "What the exit code makes of an inconclusive comparison: report: 2; pass: 0; fail: 1")
      ->check(CLI::IsMember({"report", "pass", "fail"}))
      ->capture_default_str();
}

int exit_code_of(AbVerdict verdict, const std::string& inconclusive) {
  if (verdict != AbVerdict::inconclusive) return static_cast<int>(verdict);
  if (inconclusive == "pass") return exit_code::fine;
  if (inconclusive == "fail") return exit_code::threshold_failed;
  return exit_code::inconclusive;
}

int put_out(const ComparisonOutput& output, const AbRecord& record, const AbJudgement& judgement) {
  const auto format = std::find_if(kComparisonFormats.begin(), kComparisonFormats.end(),
                                   [&](const ComparisonFormat& f) { return f.name == output.format; });
  std::fputs(format->render(record, judgement).c_str(), stdout);
  std::vector<Error> errors;
  const auto keep = [&](const Status& status) {
    if (!status) errors.push_back(status.error());
  };
  if (!output.junit.empty())
    keep(write_file(output.junit, comparison_junit(record, judgement), std::ios::trunc));
  if (!output.json.empty())
    keep(write_file(output.json, comparison_json(record, judgement), std::ios::trunc));
  if (output.github) {
    keep(write_step_summary(comparison_markdown(record, judgement)));
    // Annotations are read from either stream; standard output may be a document.
    std::fputs(comparison_annotations(record, judgement).c_str(), output.format == "text" ? stdout : stderr);
  }
  std::fflush(stdout);
  if (!errors.empty()) return complain(errors, exit_code::usage);
  return exit_code_of(judgement.verdict, output.inconclusive);
}

}  // namespace ringstorm
