// How those that read a part of a scenario's JSON say what is wrong with it, without knowing the file.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "plan/json_tree.h"

namespace ringstorm {

/// How a reader says what is wrong.
struct JsonFindings {
  /// `node` is not what is `expected` there.
  std::function<void(const JsonNode& node, const std::string& pointer, std::string_view expected)> refuse;
  std::function<void(std::size_t offset, const std::string& pointer, std::string what, std::string hint)>
      complain;
};

}  // namespace ringstorm
