// One stored result as far as a comparison needs it: its figures by name, and everything that should be alike
// on both sides. It reads ringstorm's reports and Google Benchmark's JSON.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ringstorm {

struct StoredResult {
  enum class Kind : std::uint8_t { report, google_benchmark };
  Kind kind = Kind::report;
  std::string path;
  std::string scenario;    ///< the program's name for Google Benchmark
  std::string started_at;  ///< UTC, or empty when the file does not say
  double measured_s = 0;
  std::string invalid;                      ///< why its figures cannot be used; empty when they can
  bool embedded = false;                    ///< the target was the embedded server: it may be a reference
  std::map<std::string, double> values;     ///< by metric, > 0; in the units of plan/gate.h, else nanoseconds
  std::map<std::string, std::string> load;  ///< facts of what was asked for, without whom it was asked of
  std::map<std::string, std::string> machine;  ///< processor, kernel, limits
  std::map<std::string, std::string> other;    ///< what may differ without spoiling anything: url, versions
  std::string revision;                        ///< of what was measured, where it is known
};

/// Every repetition of Google Benchmark is a result of its own; a report is one. Errors: it cannot be read,
/// is cut off, is of a newer version or of no known kind.
Result<std::vector<StoredResult>> read_stored(const std::string& path);

/// "amd-epyc-2-cores-linux-6.18": a folder's name, from the machine's facts. Machines that differ in it are
/// not the same; ones that do not may still differ.
std::string machine_class(const StoredResult& result);

/// [a-z0-9.-] of a text, everything else as one "-"; "unknown" for nothing.
std::string folder_name(std::string_view text);

}  // namespace ringstorm
