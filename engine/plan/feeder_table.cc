#include "plan/feeder_table.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "codec/utf8.h"
#include "plan/json_tree.h"

namespace ringstorm {
namespace {

constexpr std::size_t kMostMistakes = 20;
constexpr std::size_t kShown = 40;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class TableReader {
 public:
  TableReading read(std::string_view text, TableFormat format) && {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    if (!is_utf8(text)) {
      complain(1, "the file is not valid UTF-8");
    } else if (format == TableFormat::csv) {
      read_csv(text);
    } else {
      read_json_lines(text);
    }
    if (reading_.mistakes.empty() && reading_.table.rows() == 0) complain(1, "the file holds no row");
    return std::move(reading_);
  }

 private:
  static bool is_utf8(std::string_view text) {
    Utf8Validator validator;
    return validator.feed(std::as_bytes(std::span(text))) && validator.complete();
  }

  bool full() const { return reading_.mistakes.size() == kMostMistakes; }
  void complain(std::size_t line, std::string what) {
    if (!full()) reading_.mistakes.push_back({line, std::move(what)});
  }

  void make_table(std::size_t line, std::vector<std::string> columns) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string& name = columns[i];
      const bool usable = !name.empty() && name.find_first_of("{}()\r\n\t") == std::string::npos &&
                          !name.starts_with(' ') && !name.ends_with(' ');
      if (!usable) {
        complain(line, fmt::format(
                           "\"{}\" is no name for a column: a hole such as {{{{users.name}}}} is to hold it",
                           shortened(name, kShown)));
      }
      if (std::find(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(i), name) !=
          columns.begin() + static_cast<std::ptrdiff_t>(i))
        complain(line, fmt::format("the column \"{}\" is there twice", shortened(name, kShown)));
    }
    reading_.table = FeederTable(std::move(columns));
  }

  void read_csv(std::string_view text) {
    CsvReader reader(text);
    auto header = reader.next();
    if (header) make_table(reader.line(), std::move(*header));
    const std::size_t columns = reading_.table.columns().size();
    while (const auto fields = reader.next()) {
      if (full()) return;
      if (fields->size() == columns) {
        reading_.table.add_row(*fields);
      } else {
        complain(reader.line(),
                 fmt::format("found {} fields, expected {} as in the first line", fields->size(), columns));
      }
    }
    if (reader.mistake()) complain(reader.mistake()->line, reader.mistake()->what);
  }

  void read_json_lines(std::string_view text) {
    for (std::size_t line = 1; !text.empty() && !full(); ++line) {
      const std::string_view record = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(record.size() + 1, text.size()));
      if (record.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      read_json_line(record, line);
    }
  }

  void read_json_line(std::string_view record, std::size_t line) {
    const JsonTree tree = read_json(record);
    if (!tree.problems.empty()) return complain(line, tree.problems.front().what);
    if (!tree.root || tree.root->kind != JsonNode::Kind::object)
      return complain(line, "expected an object with a value for each column");
    const JsonNode& object = *tree.root;
    if (reading_.table.columns().empty()) {
      std::vector<std::string> names;
      for (const JsonNode& child : object.children) names.push_back(child.key);
      make_table(line, std::move(names));
    }
    add_object(record, object, line);
  }

  void add_object(std::string_view record, const JsonNode& object, std::size_t line) {
    const std::vector<std::string_view> columns(reading_.table.columns().begin(),
                                                reading_.table.columns().end());
    std::vector<std::string> cells;
    for (const std::string_view column : columns) {
      if (const JsonNode* value = object.member(column)) {
        cells.push_back(text_of(record, *value));
      } else {
        complain(line, fmt::format("the column \"{}\" is missing", shortened(column, kShown)));
      }
    }
    for (const JsonNode& child : object.children) {
      if (std::ranges::find(columns, child.key) != columns.end()) continue;
      const std::string hint = did_you_mean(child.key, columns);
      complain(line, fmt::format("\"{}\" is no column of the first line{}", shortened(child.key, kShown),
                                 hint.empty() ? "" : " (" + hint + ")"));
    }
    if (cells.size() == columns.size()) reading_.table.add_row(cells);
  }

  /// A string's text; anything else as it is written.
  static std::string text_of(std::string_view record, const JsonNode& value) {
    if (value.kind == JsonNode::Kind::string) return value.text;
    return std::string(record.substr(value.begin, value.end - value.begin));
  }

  TableReading reading_;
};

}  // namespace

TableReading read_table(std::string_view text, TableFormat format) {
  return TableReader{}.read(text, format);
}

}  // namespace ringstorm
