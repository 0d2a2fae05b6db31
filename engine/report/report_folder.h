// A report's folder: report.txt and report.json, whole or not at all.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "report/report.h"

namespace ringstorm {

/// What can be known before a run: that `dir` is not, or under, something that is no folder. Makes nothing.
Status check_report_folder(const std::string& dir);

/// Writes every sink's file into `dir`, which is made with its parents when it is missing, and gives its
/// path. Each file is written under another name in the same folder, synced and renamed, so that a
/// report of an earlier run there is replaced whole. Errors: the folder cannot be made or written to, or the
/// disk is full; then no new file is left there.
Result<std::string> write_report(const std::string& dir, const Report& report);

/// The same in a fresh folder of `root` that is named by time and scenario: "20261122T093116Z-echo", or with
/// "-2" and so on when another run took that name.
Result<std::string> write_report_under(const std::string& root, const Report& report);

/// For what is written while it is measured: makes `dir`, or when it is empty a fresh folder under results/,
/// named like a report's, and gives its path.
Result<std::string> make_report_folder(const std::string& dir, const std::string& name,
                                       std::chrono::system_clock::time_point started_at);

/// A document of another kind, in the same two ways.
struct NamedDocument {
  std::string file_name;
  std::string bytes;
};
Result<std::string> write_document(const std::string& dir, const NamedDocument& document);
Result<std::string> write_document_under(const std::string& root, const std::string& name,
                                         std::chrono::system_clock::time_point started_at,
                                         const NamedDocument& document);

}  // namespace ringstorm
