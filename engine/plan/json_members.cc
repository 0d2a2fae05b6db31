#include "plan/json_members.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/nearest_name.h"

namespace ringstorm {

JsonMembers::JsonMembers(const JsonNode& object, const std::string& pointer, const JsonFindings& findings,
                         std::span<const std::string_view> names)
    : object_(object), pointer_(pointer), findings_(findings) {
  for (const JsonNode& child : object.children) {
    if (std::ranges::find(names, child.key) != names.end()) continue;
    findings.complain(child.key_begin, pointer_of(child.key),
                      fmt::format("unknown field \"{}\"", shortened(child.key, 40)),
                      did_you_mean(child.key, names));
  }
}

std::optional<std::string> JsonMembers::text(std::string_view name) const {
  const JsonNode* node = object_.member(name);
  if (node == nullptr) return std::nullopt;
  if (node->kind == JsonNode::Kind::string) return node->text;
  findings_.refuse(*node, pointer_of(name), "a string");
  return std::nullopt;
}

bool JsonMembers::flag(std::string_view name, bool otherwise) const {
  const JsonNode* node = object_.member(name);
  if (node == nullptr) return otherwise;
  if (node->kind == JsonNode::Kind::boolean) return node->text == "true";
  findings_.refuse(*node, pointer_of(name), "true or false");
  return otherwise;
}

void JsonMembers::require(std::string_view name, std::string_view what) const {
  if (has(name)) return;
  findings_.complain(object_.begin, pointer_, fmt::format("\"{}\" is missing: {}", name, what), "");
}

void JsonMembers::exclude(std::string_view name, std::string_view why) const {
  if (const JsonNode* node = object_.member(name))
    findings_.complain(node->key_begin, pointer_of(name), std::string(why), "");
}

}  // namespace ringstorm
