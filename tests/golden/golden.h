// Bytes held to files that a person has read. RINGSTORM_UPDATE_GOLDEN=1 rewrites them: look at the diff.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace ringstorm {

inline std::string golden_contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// `name` is a path below tests/golden.
inline void expect_golden(const std::string& name, const std::string& bytes) {
  const std::string path = std::string(RINGSTORM_GOLDEN_DIR "/") + name;
  if (std::getenv("RINGSTORM_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << bytes;
    GTEST_SKIP() << "rewrote " << path;
  }
  EXPECT_EQ(golden_contents(path), bytes) << "in " << path;
}

}  // namespace ringstorm
