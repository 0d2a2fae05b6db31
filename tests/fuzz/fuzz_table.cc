// Any bytes as a feeder's file, as comma-separated values and as JSON Lines: never a crash, and a table that
// is accepted has a cell in every column of every row. The same is read with a stamp looked for in every
// piece.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "load/stamp.h"
#include "plan/feeder_table.h"

namespace {

using namespace ringstorm;

void read(std::string_view text, TableFormat format) {
  const TableReading reading = read_table(text, format);
  RS_CHECK(reading.mistakes.size() <= 20);
  for (const RowMistake& mistake : reading.mistakes) {
    RS_CHECK(mistake.line >= 1 && mistake.line <= text.size() + 1);
    RS_CHECK(!mistake.what.empty() && mistake.what.size() < 500);
  }
  if (!reading.mistakes.empty()) return;
  const FeederTable& table = reading.table;
  RS_CHECK(table.rows() > 0);
  std::size_t bytes = 0;
  for (std::uint64_t row = 0; row < table.rows(); ++row) {
    for (std::size_t column = 0; column < table.columns().size(); ++column) {
      RS_CHECK(table.cell(row, column).size() <= table.longest(column));
      bytes += table.cell(row, column).size();
    }
  }
  RS_CHECK(bytes <= text.size());
}

void scan_in_pieces(std::span<const std::byte> bytes) {
  const StampReading whole = find_stamp(bytes, {});
  StampScanner scanner{};
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t piece = std::min(bytes.size() - at, 1 + static_cast<std::size_t>(bytes[at]) % 50);
    scanner.feed(bytes.subspan(at, piece), {});
    at += piece;
  }
  const StampReading found = scanner.take();
  RS_CHECK(found.kind == whole.kind && found.stamp == whole.stamp);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  read(text, TableFormat::csv);
  read(text, TableFormat::json_lines);
  scan_in_pieces(std::as_bytes(std::span(text)));
  return 0;
}
