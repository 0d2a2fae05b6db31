#include "plan/files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "base/units.h"

namespace ringstorm {

Result<std::string> read_file(const std::string& path, std::uint64_t most_bytes) {
  constexpr std::size_t kPiece = 1024 * 1024;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{path, fmt::format("cannot be read: {}", std::strerror(errno)), ""};
  std::string text;
  while (file && text.size() <= most_bytes) {
    const std::size_t before = text.size();
    text.resize(before + kPiece);
    file.read(text.data() + before, static_cast<std::streamsize>(kPiece));
    text.resize(before + static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) return Error{path, "cannot be read", "is it a folder?"};
  if (text.size() > most_bytes)
    return Error{path, fmt::format("is longer than {}", format_bytes(most_bytes)), ""};
  return text;
}

Result<std::string> read_any_file(const std::string& path) {
  return read_file(path, kMostFileBytes);
}

std::string path_beside(std::string_view file_name, std::string_view path) {
  return (std::filesystem::path(file_name).parent_path() / path).lexically_normal().string();
}

}  // namespace ringstorm
