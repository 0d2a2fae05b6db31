// A scenario as it was written: a file, the files it includes and the settings laid over them, merged into
// one tree whose every value still knows where it stands. It knows no field but "include", and what a group
// of fields is short for.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/files.h"
#include "plan/json_tree.h"

namespace ringstorm {

inline constexpr std::size_t kMostScenarioBytes = 16 * 1024 * 1024;

class ScenarioText {
 public:
  /// `settings` are written "connections.count=5000", or with a JSON pointer, "/connections/count=5000"; a
  /// value that is no JSON is a string.
  ///
  /// Objects are merged member by member; of anything else that is given twice, the later one stands: a
  /// file's own over what it includes, of several included files the later, a setting over all.
  ScenarioText(std::string_view json, std::string_view file_name, const std::vector<std::string>& settings,
               ReadFile read);

  /// Nothing when a file is malformed or cannot be read; problems() says why.
  const std::optional<JsonNode>& root() const { return root_; }
  const std::vector<JsonProblem>& problems() const { return problems_; }

  /// All texts one after the other, which the places of nodes and problems count in.
  std::string_view all() const { return all_; }
  /// "scenario.json:3:7", or the setting that it is in.
  std::string place(std::size_t offset) const;
  /// The name of the file that it is in; that of the first for a setting.
  const std::string& file_of(std::size_t offset) const;

 private:
  struct Part {
    std::size_t begin = 0;
    std::string name;
    bool is_setting = false;
  };

  std::size_t add_part(std::string_view text, std::string name, bool is_setting);
  const Part& part_of(std::size_t offset) const;
  void report(std::size_t offset, std::string pointer, std::string what);

  std::optional<JsonNode> load(std::string_view text, const std::string& name);
  void include(std::optional<JsonNode>& into, const JsonNode& file, const std::string& pointer,
               const std::string& included_from);
  std::optional<JsonNode> with_includes(JsonNode root, const std::string& name);
  void set(const std::string& setting);
  JsonNode* make_place(std::string_view path, std::size_t begin);

  ReadFile read_;
  std::string all_;
  std::vector<Part> parts_;
  std::vector<std::string> chain_;  ///< the files that are being read, each included by the one before it
  std::optional<JsonNode> root_;
  std::vector<JsonProblem> problems_;
};

}  // namespace ringstorm
