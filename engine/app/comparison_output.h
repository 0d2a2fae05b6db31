// Where a judged comparison goes: the terminal, files, GitHub. The same flags for every command that judges.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "compare/ab_judgement.h"
#include "compare/ab_record.h"

namespace ringstorm {

struct ComparisonOutput {
  std::string format = "text";          ///< of standard output, see kComparisonFormats
  std::string junit;                    ///< a file; none when empty
  std::string json;                     ///< a file that `compare --replay` reads; none when empty
  bool github = false;                  ///< a step summary and annotations
  std::string inconclusive = "report";  ///< or "pass", "fail": what the exit code makes of it

  void add_to(CLI::App& command);
};

/// Prints it and writes what was asked for besides; gives the exit code. Errors of files are printed and are
/// a usage error, whatever the verdict: a job must not take a missing file for a pass.
int put_out(const ComparisonOutput& output, const AbRecord& record, const AbJudgement& judgement);

/// 0 ok, 1 regressed, 2 inconclusive unless "pass" (0) or "fail" (1), 3 not valid.
int exit_code_of(AbVerdict verdict, const std::string& inconclusive);

}  // namespace ringstorm
