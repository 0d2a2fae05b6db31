// Bytes as a person writes them in a text: base64 or hexadecimal digits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ringstorm {

/// RFC 4648 section 4, with its padding. Nothing when it is not that.
std::optional<std::string> decode_base64(std::string_view text);
/// Pairs of digits, with spaces between them or without. Nothing when it is not that.
std::optional<std::string> decode_hex(std::string_view text);

}  // namespace ringstorm
