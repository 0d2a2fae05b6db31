// The files that a person means by a path: a file, a folder of results, or a pattern such as
// 'results/*/report.json'.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "compare/stored_result.h"

namespace ringstorm {

/// In order of their paths. Of a folder: every report*.json below it, or without any every *.json; no schema.
/// Errors: there is no such file, or none in it.
Result<std::vector<std::string>> result_files(const std::string& path);

/// All results of those files. Errors of every file that cannot be read.
Result<std::vector<StoredResult>> read_results(const std::string& path);

}  // namespace ringstorm
