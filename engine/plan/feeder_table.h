// A feeder's table out of its file: comma-separated values whose first record names the columns, or JSON
// Lines, whose first object does.
#pragma once

#include <string_view>
#include <vector>

#include "load/feeder.h"
#include "plan/csv.h"

namespace ringstorm {

struct TableReading {
  FeederTable table;  ///< of use only when there are no mistakes
  std::vector<RowMistake> mistakes;
};

enum class TableFormat : std::uint8_t { csv, json_lines };

/// Mistakes, 20 at most: no row, columns without a name or with one that no hole can hold, rows with more or
/// fewer cells than there are columns, text that is not UTF-8, malformed CSV or JSON (the first one of CSV).
TableReading read_table(std::string_view text, TableFormat format);

}  // namespace ringstorm
