// JSON with the place of every value, for messages that point at a mistake. It knows nothing of scenarios.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringstorm {

/// A value and where it stands: bytes [begin, end) of the text.
struct JsonNode {
  enum class Kind : std::uint8_t { null, boolean, number, string, list, object };
  Kind kind = Kind::null;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;                ///< string: decoded; boolean and number: as written
  std::string key;                 ///< member of an object: its name
  std::size_t key_begin = 0;       ///< member of an object: where the name stands
  std::vector<JsonNode> children;  ///< of a list or an object, in order

  const JsonNode* member(std::string_view name) const;
  /// May be a number with a unit.
  bool is_quantity() const { return kind == Kind::number || kind == Kind::string; }
};

/// Something wrong with the JSON itself.
struct JsonProblem {
  std::size_t offset = 0;
  std::string pointer;  ///< of the value it concerns; empty when there is none
  std::string what;
};

struct JsonTree {
  std::optional<JsonNode> root;  ///< nothing when the text is malformed
  std::vector<JsonProblem> problems;
};

/// Parses `text`; comments and a comma behind the last item are allowed. Problems: malformed JSON (the first
/// place only), names given twice in an object, nesting beyond 32 levels, more than 100,000 values. Uses no
/// stack for depth.
JsonTree read_json(std::string_view text);

/// A name as a step of a JSON pointer (RFC 6901): "~" and "/" escaped.
std::string pointer_step(std::string_view name);

struct TextPosition {
  std::size_t line = 1;    ///< from 1
  std::size_t column = 1;  ///< from 1, in characters, not bytes
};
TextPosition position_of(std::string_view text, std::size_t offset);

/// Where the byte `offset` of the decoded text of `string`, which stands in `json`, is written.
std::size_t place_in_string(std::string_view json, const JsonNode& string, std::size_t offset);

/// At most `bytes` bytes of `text`, cut between characters and ended by "…" when shortened; control
/// characters shown as "?".
std::string shortened(std::string_view text, std::size_t bytes);

}  // namespace ringstorm
