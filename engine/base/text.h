// Bytes as text, for messages and reports.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace ringstorm {

/// The same bytes; whether they are UTF-8 is the caller's to know.
inline std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace ringstorm
