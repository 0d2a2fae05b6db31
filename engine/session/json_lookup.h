// Looks one value up in JSON text without parsing the rest or allocating: messages are matched by it on the
// hot path. It reads only as far as it must, so text behind the value may be anything.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringstorm {

/// The steps of a JSON pointer (RFC 6901), unescaped; nothing when it is none: it is empty or begins with
/// "/", and "~" is followed by 0 or 1.
std::optional<std::vector<std::string>> parse_json_pointer(std::string_view pointer);

/// The value at the pointer as it is written in `text`, or nothing when it is not there or the way to it is
/// not JSON.
std::optional<std::string_view> find_json(std::string_view text, std::span<const std::string> steps);

/// Whether the JSON string `written`, quotes included, says `text`.
bool json_string_equals(std::string_view written, std::string_view text);

/// Writes what the JSON string `written` says into `out` as UTF-8 and returns its length in bytes; nothing
/// when it does not fit or is malformed.
std::optional<std::size_t> decode_json_string(std::string_view written, std::span<char> out);

}  // namespace ringstorm
