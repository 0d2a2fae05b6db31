#include "plan/feeder_reader.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "load/template.h"
#include "plan/feeder_table.h"
#include "plan/json_members.h"

namespace ringstorm {
namespace {

constexpr std::array<std::string_view, 4> kNames{"file", "order", "share", "at_end"};
constexpr std::array<std::string_view, 3> kOrders{"in_order", "random", "shuffled"};
constexpr std::array<std::string_view, 2> kShares{"shared", "per_connection"};
constexpr std::array<std::string_view, 2> kEnds{"circular", "once"};
constexpr std::array<std::string_view, 3> kFormats{".csv", ".jsonl", ".ndjson"};
constexpr std::array<std::string_view, 3> kWordsWithADot{"time", "random",
                                                         "env"};  // a feeder would hide them
constexpr std::string_view kExpectedFile = "the name of a file that ends with .csv, .jsonl or .ndjson";

class FeederReader {
 public:
  FeederReader(const JsonFindings& findings, const std::function<NamedText(const JsonNode&)>& open)
      : findings_(findings), open_(open) {}

  std::optional<Feeder> read(const JsonNode& node, const std::string& pointer) {
    if (!is_name(node.key)) {
      findings_.complain(
          node.key_begin, pointer,
          fmt::format("\"{}\" is no name for a feeder: expected letters, digits, \"-\" and \"_\", and "
                      "none of time, random and env",
                      shortened(node.key, 40)),
          "");
    }
    if (node.kind != JsonNode::Kind::object) {
      findings_.refuse(node, pointer, "an object such as {\"file\": \"users.csv\"}");
      return std::nullopt;
    }
    const JsonMembers members(node, pointer, findings_, kNames);
    members.require("file", "it holds the rows");
    Feeder feeder{.name = node.key, .file = members.text("file").value_or(""), .rules = {}, .table = {}};
    feeder.rules.order = choose<FeederOrder>(members, "order", kOrders);
    feeder.rules.share = choose<FeederShare>(members, "share", kShares);
    feeder.rules.at_end = choose<FeederEnd>(members, "at_end", kEnds);
    const JsonNode* file = members.get("file");
    if (file == nullptr || file->kind != JsonNode::Kind::string) return std::nullopt;
    feeder.table = table_of(*file, members.pointer_of("file"));
    return feeder.table ? std::optional{std::move(feeder)} : std::nullopt;
  }

 private:
  static bool is_name(std::string_view name) {
    const bool right = std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
             c == '_';
    });
    return right && !name.empty() && std::ranges::find(kWordsWithADot, name) == kWordsWithADot.end();
  }

  /// The first of the names when the member is not there.
  template <class Enum>
  Enum choose(const JsonMembers& members, std::string_view name, std::span<const std::string_view> names) {
    const auto written = members.text(name);
    if (!written) return Enum{};
    const auto found = std::ranges::find(names, *written);
    if (found != names.end()) return static_cast<Enum>(found - names.begin());
    findings_.complain(
        members.get(name)->begin, members.pointer_of(name),
        fmt::format("found \"{}\", expected \"{}\"", shortened(*written, 40), fmt::join(names, "\" or \"")),
        did_you_mean(*written, names));
    return Enum{};
  }

  std::shared_ptr<const FeederTable> table_of(const JsonNode& file, const std::string& pointer) {
    const auto known =
        std::ranges::find_if(kFormats, [&](std::string_view end) { return file.text.ends_with(end); });
    if (known == kFormats.end()) {
      findings_.refuse(file, pointer, kExpectedFile);
      return nullptr;
    }
    const NamedText opened = open_(file);
    if (!opened.text) {
      findings_.complain(file.begin, pointer, to_string(opened.text.error()), "");
      return nullptr;
    }
    const auto format = known == kFormats.begin() ? TableFormat::csv : TableFormat::json_lines;
    TableReading reading = read_table(*opened.text, format);
    for (const RowMistake& mistake : reading.mistakes)
      findings_.complain(file.begin, pointer,
                         fmt::format("{}:{}: {}", opened.name, mistake.line, mistake.what), "");
    return reading.mistakes.empty() ? std::make_shared<const FeederTable>(std::move(reading.table)) : nullptr;
  }

  const JsonFindings& findings_;
  const std::function<NamedText(const JsonNode&)>& open_;
};

}  // namespace

std::vector<Feeder> read_feeders(const JsonNode& object, const std::string& pointer,
                                 const JsonFindings& findings,
                                 const std::function<NamedText(const JsonNode& file)>& open) {
  FeederReader reader(findings, open);
  std::vector<Feeder> feeders;
  for (const JsonNode& child : object.children) {
    if (auto feeder = reader.read(child, pointer + "/" + pointer_step(child.key)))
      feeders.push_back(std::move(*feeder));
  }
  return feeders;
}

}  // namespace ringstorm
