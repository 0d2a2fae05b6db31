#include "plan/json_writer.h"

#include <string_view>

#include <nlohmann/json.hpp>

namespace ringstorm {
namespace {

using Kind = JsonNode::Kind;

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// The depth is bounded by that of what was read.
void append(const JsonNode& node, std::string& out) {
  if (node.kind == Kind::string) {
    out += quoted(node.text);
  } else if (node.kind == Kind::list || node.kind == Kind::object) {
    const bool is_list = node.kind == Kind::list;
    out += is_list ? '[' : '{';
    for (const JsonNode& child : node.children) {
      if (&child != &node.children.front()) out += ',';
      if (!is_list) out += quoted(child.key) + ":";
      append(child, out);
    }
    out += is_list ? ']' : '}';
  } else {
    out += node.kind == Kind::null ? "null" : node.text;
  }
}

}  // namespace

std::string write_json(const JsonNode& node) {
  std::string out;
  append(node, out);
  return out;
}

}  // namespace ringstorm
