// Files that a scenario is made of. Reading goes through a function, so that tests and fuzzers give files
// that are on no disk.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ringstorm {

/// The contents of a file, or why there are none: an error whose `where` is the path.
using ReadFile = std::function<Result<std::string>(const std::string& path)>;

inline constexpr std::uint64_t kMostFileBytes = 256 * 1024 * 1024;

/// From the disk, or a pipe; an error when it is longer than `most_bytes`.
Result<std::string> read_file(const std::string& path, std::uint64_t most_bytes);
/// At most kMostFileBytes.
Result<std::string> read_any_file(const std::string& path);

/// `path` as someone means it who writes it in a file of this name: beside that file, unless it is absolute.
std::string path_beside(std::string_view file_name, std::string_view path);

}  // namespace ringstorm
