#include "plan/csv.h"

#include <algorithm>
#include <utility>

namespace ringstorm {

bool CsvReader::fail(std::size_t line, std::string what) {
  mistake_ = RowMistake{line, std::move(what)};
  return false;
}

void CsvReader::pass_line_end() {
  if (rest_.empty()) return;
  rest_.remove_prefix(rest_.starts_with('\n') ? 1 : 2);
  ++next_line_;
}

void CsvReader::skip_empty_lines() {
  while (!rest_.empty() && at_line_end()) pass_line_end();
}

std::optional<std::vector<std::string>> CsvReader::next() {
  skip_empty_lines();
  if (rest_.empty() || mistake_) return std::nullopt;
  line_ = next_line_;
  std::vector<std::string> fields;
  while (true) {
    if (!take_field(fields.emplace_back())) return std::nullopt;
    if (at_line_end()) break;
    rest_.remove_prefix(1);  // the comma
  }
  pass_line_end();
  return fields;
}

bool CsvReader::take_field(std::string& field) {
  if (rest_.starts_with('"')) return take_quoted(field);
  std::size_t end = std::min(rest_.find_first_of(",\n\""), rest_.size());
  if (rest_.substr(end).starts_with('"'))
    return fail(next_line_, "a quotation mark in a field that does not begin with one");
  if (end > 0 && rest_[end - 1] == '\r' && rest_.substr(end).starts_with('\n')) --end;
  field = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return true;
}

bool CsvReader::take_quoted(std::string& field) {
  const std::size_t opened = next_line_;
  rest_.remove_prefix(1);
  while (true) {
    const std::size_t mark = rest_.find('"');
    if (mark == std::string_view::npos)
      return fail(opened, "a quotation mark opens a field and none closes it");
    const std::string_view piece = rest_.substr(0, mark);
    next_line_ += static_cast<std::size_t>(std::ranges::count(piece, '\n'));
    field += piece;
    rest_.remove_prefix(mark + 1);
    if (!rest_.starts_with('"')) break;
    field += '"';
    rest_.remove_prefix(1);
  }
  if (at_line_end() || rest_.starts_with(',')) return true;
  return fail(next_line_, "expected a comma or the end of the line after the closing quotation mark");
}

}  // namespace ringstorm
