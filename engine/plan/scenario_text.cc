#include "plan/scenario_text.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "plan/scenario_fields.h"

namespace ringstorm {
namespace {

constexpr std::size_t kMostFiles = 64;
constexpr std::string_view kInclude = "include";

using Kind = JsonNode::Kind;

void shift(JsonNode& node, std::size_t by) {
  node.begin += by;
  node.end += by;
  node.key_begin += by;
  for (JsonNode& child : node.children) shift(child, by);
}

JsonNode* find(JsonNode& object, std::string_view name) {
  return const_cast<JsonNode*>(object.member(name));
}

/// Lays `over` over `base`.
void merge(JsonNode& base, JsonNode over) {
  if (base.kind != Kind::object || over.kind != Kind::object) {
    base = std::move(over);
    return;
  }
  base.begin = over.begin;
  base.end = over.end;
  base.key_begin = over.key_begin;
  for (JsonNode& child : over.children) {
    if (JsonNode* const same = find(base, child.key)) {
      merge(*same, std::move(child));
    } else {
      base.children.push_back(std::move(child));
    }
  }
}

std::optional<std::size_t> index_of(std::string_view step) {
  std::size_t index = 0;
  const auto [end, failure] = std::from_chars(step.data(), step.data() + step.size(), index);
  return failure == std::errc{} && end == step.data() + step.size() ? std::optional{index} : std::nullopt;
}

/// What stands for a group of fields becomes the group, so that another of its fields can stand beside it.
void spell_out(JsonNode& node, std::string_view pointer) {
  const bool stands_for_nothing = node.begin == node.end;  // just made, and no text has it
  if (node.kind == Kind::object || stands_for_nothing) return;
  const auto sections = scenario_sections();
  const auto section = std::ranges::find(sections, pointer, &Section::pointer);
  if (section == sections.end() || section->shorthand.empty()) return;
  JsonNode group{.kind = Kind::object,
                 .begin = node.begin,
                 .end = node.end,
                 .text = {},
                 .key = node.key,
                 .key_begin = node.key_begin,
                 .children = {}};
  node.key = section->shorthand.substr(pointer.size() + 1);
  group.children.push_back(std::move(node));
  node = std::move(group);
}

/// "a.b" and "/a/b" are the steps a and b.
std::vector<std::string> steps_of(std::string_view path) {
  const bool pointer = path.starts_with('/');
  if (pointer) path.remove_prefix(1);
  std::vector<std::string> steps(1);
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool escaped = pointer && path[i] == '~' && i + 1 < path.size();
    if (path[i] == (pointer ? '/' : '.')) {
      steps.emplace_back();
    } else if (escaped) {
      steps.back() += path[++i] == '1' ? '/' : '~';
    } else {
      steps.back() += path[i];
    }
  }
  return steps;
}

}  // namespace

ScenarioText::ScenarioText(std::string_view json, std::string_view file_name,
                           const std::vector<std::string>& settings, ReadFile read)
    : read_(std::move(read)) {
  root_ = load(json, std::string(file_name));
  for (const std::string& setting : settings) set(setting);
}

std::size_t ScenarioText::add_part(std::string_view text, std::string name, bool is_setting) {
  const std::size_t begin = all_.size();
  parts_.push_back({begin, std::move(name), is_setting});
  all_ += text;
  all_ += '\n';  // the end of one text is not the begin of the next
  return begin;
}

const ScenarioText::Part& ScenarioText::part_of(std::size_t offset) const {
  const auto after = std::ranges::upper_bound(parts_, offset, {}, &Part::begin);
  return after == parts_.begin() ? parts_.front() : *std::prev(after);
}

std::string ScenarioText::place(std::size_t offset) const {
  const Part& part = part_of(offset);
  if (part.is_setting) return "--set " + shortened(part.name, 80);
  const TextPosition at = position_of(all().substr(part.begin), offset - part.begin);
  return fmt::format("{}:{}:{}", part.name, at.line, at.column);
}

const std::string& ScenarioText::file_of(std::size_t offset) const {
  const Part& part = part_of(offset);
  return part.is_setting ? parts_.front().name : part.name;
}

void ScenarioText::report(std::size_t offset, std::string pointer, std::string what) {
  problems_.push_back({offset, std::move(pointer), std::move(what)});
}

std::optional<JsonNode> ScenarioText::load(std::string_view text, const std::string& name) {
  const std::size_t begin = add_part(text, name, false);
  if (text.size() > kMostScenarioBytes) {
    report(begin, "", "the file is longer than 16 MiB, which no scenario needs");
    return std::nullopt;
  }
  JsonTree tree = read_json(text);
  for (JsonProblem& problem : tree.problems)
    report(problem.offset + begin, std::move(problem.pointer), std::move(problem.what));
  if (!tree.root) return std::nullopt;
  shift(*tree.root, begin);
  chain_.push_back(path_beside("", name));
  std::optional<JsonNode> merged = with_includes(std::move(*tree.root), name);
  chain_.pop_back();
  return merged;
}

std::optional<JsonNode> ScenarioText::with_includes(JsonNode root, const std::string& name) {
  JsonNode* const found = root.kind == Kind::object ? find(root, kInclude) : nullptr;
  if (found == nullptr) return root;
  const JsonNode files = std::move(*found);
  std::erase_if(root.children,
                [](const JsonNode& child) { return child.key == kInclude || child.key.empty(); });
  std::optional<JsonNode> base = JsonNode{.kind = Kind::object, .text = {}, .key = {}, .children = {}};
  if (files.kind == Kind::list) {
    for (std::size_t i = 0; i < files.children.size(); ++i)
      include(base, files.children[i], fmt::format("/include/{}", i), name);
  } else {
    include(base, files, "/include", name);
  }
  merge(*base, std::move(root));
  return base;
}

void ScenarioText::include(std::optional<JsonNode>& into, const JsonNode& file, const std::string& pointer,
                           const std::string& included_from) {
  if (file.kind != Kind::string)
    return report(file.begin, pointer, "expected the name of a file, or a list of them");
  const std::string path = path_beside(included_from, file.text);
  if (std::ranges::find(chain_, path) != chain_.end()) {
    return report(file.begin, pointer,
                  fmt::format("the files include one another without end: {} includes {}",
                              fmt::join(chain_, " includes "), path));
  }
  if (parts_.size() == kMostFiles)
    return report(file.begin, pointer, fmt::format("more than {} files are included", kMostFiles - 1));
  const Result<std::string> text = read_(path);
  if (!text) return report(file.begin, pointer, to_string(text.error()));
  std::optional<JsonNode> node = load(*text, path);
  if (!node) return;  // and the file is refused, for a problem has been reported
  if (node->kind != Kind::object)
    return report(node->begin, "", "expected an object with fields of a scenario");
  merge(*into, std::move(*node));
}

void ScenarioText::set(const std::string& setting) {
  const std::size_t begin = add_part(setting, setting, true);
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos || equals == 0)
    return report(begin, "", "expected a field and its value, such as connections.count=5000");
  if (!root_ || root_->kind != Kind::object) return;
  JsonNode* const place = make_place(std::string_view(setting).substr(0, equals), begin);
  if (place == nullptr) return;
  const std::string_view written = std::string_view(setting).substr(equals + 1);
  JsonTree value = read_json(written);
  JsonNode node{.kind = Kind::string,
                .begin = 0,
                .end = written.size(),
                .text = std::string(written),
                .key = {},
                .children = {}};
  if (value.root && value.problems.empty()) node = std::move(*value.root);
  shift(node, begin + equals + 1);
  node.key = place->key;
  node.key_begin = begin;
  *place = std::move(node);
}

/// The value at `path`, which is made when it is not there; nothing when it cannot be, and why has been said.
JsonNode* ScenarioText::make_place(std::string_view path, std::size_t begin) {
  constexpr std::size_t kDeepest = 32;
  JsonNode* node = &*root_;
  std::string pointer;
  const std::vector<std::string> steps = steps_of(path);
  if (steps.size() > kDeepest) {
    report(begin, "", fmt::format("the field is nested more than {} levels deep", kDeepest));
    return nullptr;
  }
  for (const std::string& step : steps) {
    spell_out(*node, pointer);
    if (node->kind == Kind::list) {
      const auto index = index_of(step);
      if (!index || *index > node->children.size()) {
        report(begin, pointer,
               fmt::format("\"{}\" is no item of this list, which has {}", shortened(step, 40),
                           node->children.size()));
        return nullptr;
      }
      if (*index == node->children.size()) node->children.emplace_back();
      node = &node->children[*index];
    } else {
      if (node->kind != Kind::object) {
        *node = {.kind = Kind::object,
                 .begin = begin,
                 .end = begin,
                 .text = {},
                 .key = node->key,
                 .key_begin = begin,
                 .children = {}};
      }
      JsonNode* child = find(*node, step);
      if (child == nullptr) {
        child = &node->children.emplace_back();
        child->begin = child->end = child->key_begin = begin;
        child->key = step;
      }
      node = child;
    }
    pointer += "/" + pointer_step(step);
  }
  return node;
}

}  // namespace ringstorm
