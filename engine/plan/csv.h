// Comma-separated values as RFC 4180 has them, one record after the other. It knows nothing of what they
// mean.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringstorm {

/// Something wrong with a file of rows.
struct RowMistake {
  std::size_t line = 1;  ///< from 1
  std::string what;
};

/// Takes records off the front of a text. Lines end with LF or CRLF; empty ones are passed over. A field in
/// quotation marks may hold commas, line ends and, doubled, quotation marks.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : rest_(text) {}

  /// The next record's fields, at least one; nothing at the end, or after a mistake.
  std::optional<std::vector<std::string>> next();
  /// Where the record begins that was taken last.
  std::size_t line() const { return line_; }
  const std::optional<RowMistake>& mistake() const { return mistake_; }

 private:
  void skip_empty_lines();
  bool take_field(std::string& field);
  bool take_quoted(std::string& field);
  bool at_line_end() const { return rest_.empty() || rest_.starts_with('\n') || rest_.starts_with("\r\n"); }
  void pass_line_end();
  bool fail(std::size_t line, std::string what);

  std::string_view rest_;
  std::size_t line_ = 1;
  std::size_t next_line_ = 1;
  std::optional<RowMistake> mistake_;
};

}  // namespace ringstorm
