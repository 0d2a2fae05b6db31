// What `ringstorm bench mask` prints: pure functions of the rows that were measured.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/mask_bench.h"

namespace ringstorm {

struct MaskBenchReport {
  std::string cpu;     ///< the model's name, empty when the machine does not say
  std::string kernel;  ///< the one that ringstorm uses on this machine
  std::vector<MaskRow> rows;
};

/// Six blocks of lines, one line a length: the yardsticks, and for each kernel its time with its ratios to
/// the limit and to memcpy.
std::string render_mask_table(const MaskBenchReport& report);

/// {"schema": "ringstorm.bench_mask/1", "cpu", "kernel", "rows": [{"case", "bytes", "kernel", "ns",
/// "noop_ns", "memcpy_ns", "limit_ns"}]}; "bytes" is a number, or a range such as "1..125". A line of its own
/// for each row.
std::string render_mask_json(const MaskBenchReport& report);

/// One line on this CPU, by the rows of `kernel`.
std::string mask_verdict(std::span<const MaskRow> rows, std::string_view kernel);

}  // namespace ringstorm
