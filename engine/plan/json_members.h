// The members of one JSON object, taken by their names. It says what is unknown, missing or unreadable, and
// knows nothing of what it is read for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/units.h"
#include "plan/json_findings.h"
#include "plan/json_tree.h"

namespace ringstorm {

class JsonMembers {
 public:
  /// Complains of every member whose name is not among `names`.
  JsonMembers(const JsonNode& object, const std::string& pointer, const JsonFindings& findings,
              std::span<const std::string_view> names);

  bool has(std::string_view name) const { return object_.member(name) != nullptr; }
  const JsonNode* get(std::string_view name) const { return object_.member(name); }
  std::string pointer_of(std::string_view name) const { return pointer_ + "/" + pointer_step(name); }

  /// The value of the member, when it is there and can be read.
  template <class Parse>
  auto read(std::string_view name, Parse parse, std::string_view expected) const -> decltype(parse("")) {
    const JsonNode* node = object_.member(name);
    if (node == nullptr) return std::nullopt;
    const auto value = node->is_quantity() ? parse(node->text) : std::nullopt;
    if (!value) findings_.refuse(*node, pointer_of(name), expected);
    return value;
  }
  /// The member's text, when it is there and is one.
  std::optional<std::string> text(std::string_view name) const;
  /// What the member says, true or false; `otherwise` when it is not there or cannot be read.
  bool flag(std::string_view name, bool otherwise) const;

  void require(std::string_view name, std::string_view what) const;
  void exclude(std::string_view name, std::string_view why) const;

 private:
  const JsonNode& object_;
  const std::string& pointer_;
  const JsonFindings& findings_;
};

/// Reads a count that is in range.
inline auto count_up_to(std::uint64_t least, std::uint64_t most) {
  return [least, most](std::string_view text) {
    const auto count = parse_count(text);
    return count && *count >= least && *count <= most ? count : std::nullopt;
  };
}

}  // namespace ringstorm
