#include "session/matching.h"

#include <charconv>
#include <cstring>

#include "base/check.h"
#include "session/json_lookup.h"

namespace ringstorm {
namespace {

bool equals(std::string_view found, const JsonScalar& scalar) {
  if (scalar.kind == JsonScalar::Kind::text) return json_string_equals(found, scalar.text);
  if (found == scalar.text) return true;
  if (scalar.kind != JsonScalar::Kind::number) return false;
  double number = 0;
  const char* end = found.data() + found.size();
  const auto [at, failure] = std::from_chars(found.data(), end, number);
  return failure == std::errc{} && at == end && number == scalar.number;
}

/// A variable holds what a string says, or any other value as it is written.
bool equals(std::string_view found, std::string_view variable) {
  return found.starts_with('"') ? json_string_equals(found, variable) : found == variable;
}

}  // namespace

std::string_view VariableStore::value(std::uint32_t variable) const {
  const std::byte* at = memory_.data() + layout_[variable].offset;
  std::uint16_t bytes = 0;
  std::memcpy(&bytes, at, sizeof bytes);
  return {reinterpret_cast<const char*>(at + sizeof bytes), bytes};
}

std::span<char> VariableStore::room(std::uint32_t variable) {
  const Variable& layout = layout_[variable];
  return {reinterpret_cast<char*>(memory_.data() + layout.offset + 2), layout.most_bytes};
}

void VariableStore::set_size(std::uint32_t variable, std::size_t bytes) {
  RS_DCHECK(bytes <= layout_[variable].most_bytes);
  const auto size = static_cast<std::uint16_t>(bytes);
  std::memcpy(memory_.data() + layout_[variable].offset, &size, sizeof size);
}

Matching::Matching(const Script& script) : script_(script) {
  for (const std::string& pattern : script.regexes) regexes_.emplace_back(pattern);
}

bool Matching::holds(Range conditions, const HeardMessage& message, const VariableStore& variables) const {
  for (std::uint32_t i = 0; i < conditions.count; ++i) {
    if (!holds(script_.conditions[conditions.begin + i], message, variables)) return false;
  }
  return true;
}

bool Matching::holds(const Condition& condition, const HeardMessage& message,
                     const VariableStore& variables) const {
  using Kind = ConditionForm::Kind;
  if (condition.kind == Kind::binary_size)
    return message.opcode == Opcode::binary && message.size == condition.size;
  if (!message.has_bytes) return false;
  const std::string_view text = message.text();
  const bool is_text = message.opcode == Opcode::text;
  const bool has_variable = condition.variable != kNoVariable;
  switch (condition.kind) {
    case Kind::text_equals:
      return is_text && text == (has_variable ? variables.value(condition.variable) : condition.text);
    case Kind::text_contains: return is_text && text.find(condition.text) != std::string_view::npos;
    case Kind::text_regex: return is_text && regexes_[condition.regex].found_in(text);
    case Kind::binary_prefix: return message.opcode == Opcode::binary && text.starts_with(condition.text);
    default: break;
  }
  const auto found = find_json(text, condition.path);
  if (!found) return false;
  if (condition.kind == Kind::json_exists) return true;
  return has_variable ? equals(*found, variables.value(condition.variable))
                      : equals(*found, condition.scalar);
}

bool Matching::capture(Range captures, const HeardMessage& message, VariableStore& variables) const {
  for (std::uint32_t i = 0; i < captures.count; ++i) {
    if (!capture(script_.captures[captures.begin + i], message, variables)) return false;
  }
  return true;
}

bool Matching::capture(const Capture& capture, const HeardMessage& message, VariableStore& variables) const {
  if (!message.has_bytes) return false;
  const bool by_regex = capture.kind == CaptureForm::Kind::regex;
  const auto found = by_regex ? regexes_[capture.regex].first_group(message.text())
                              : find_json(message.text(), capture.path);
  if (!found) return false;
  const std::span<char> room = variables.room(capture.variable);
  if (!by_regex && found->starts_with('"')) {
    const auto bytes = decode_json_string(*found, room);
    if (bytes) variables.set_size(capture.variable, *bytes);
    return bytes.has_value();
  }
  if (found->size() > room.size()) return false;
  found->copy(room.data(), room.size());
  variables.set_size(capture.variable, found->size());
  return true;
}

}  // namespace ringstorm
