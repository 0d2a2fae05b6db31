#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "compare/comparison_rows.h"
#include "compare/comparison_sinks.h"
#include "report/printable.h"

namespace ringstorm {
namespace {

constexpr std::size_t kColumns = 7;
constexpr std::size_t kWidest = 400;
using Cells = std::array<std::string, kColumns>;

const Cells kHeads{"metric", "a", "b", "change", "95 % interval", "detectable", "verdict"};

Cells cells_of(const ComparisonRow& row) {
  return {printable(row.metric, 40), row.a, row.b, row.change, row.interval, row.detectable, row.verdict};
}

/// Names to the left, figures to the right.
std::string aligned(const Cells& cells, const std::array<std::size_t, kColumns>& widths) {
  std::string line;
  for (std::size_t i = 0; i < kColumns; ++i) {
    const bool left = i == 0 || i + 1 == kColumns;
    line += left ? fmt::format("{:<{}}", cells[i], widths[i]) : fmt::format("{:>{}}", cells[i], widths[i]);
    line += "  ";
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string table(const AbRecord& record, const AbJudgement& judgement) {
  std::vector<Cells> lines{kHeads};
  for (const ComparisonRow& row : rows_of(record, judgement)) lines.push_back(cells_of(row));
  std::array<std::size_t, kColumns> widths{};
  for (const Cells& cells : lines) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string text;
  for (const Cells& cells : lines) text += aligned(cells, widths);
  return text;
}

std::string line(std::string_view label, std::string_view text) {
  return fmt::format("{:<13}{}\n", label, printable(text, kWidest));
}

std::string differences(const AbRecord& record) {
  std::string text;
  const char* label = "unlike";
  for (const AbDifference& d : record.differences) {
    text += line(label, fmt::format("{}: {} -> {}", d.what, d.a, d.b));
    label = "";
  }
  return text;
}

}  // namespace

std::string comparison_text(const AbRecord& record, const AbJudgement& judgement) {
  std::string text = line("verdict", to_string(judgement.verdict));
  for (const std::string& reason : judgement.reasons) text += line("", reason);
  text += "\n";
  text += differences(record);
  text += line("a", subject_text(record.a));
  text += line("b", subject_text(record.b));
  if (!record.machine.empty()) text += line("machine", record.machine);
  text += line("judged", judged_text(record, judgement));
  if (const std::string stalls = stalls_text(record, judgement); !stalls.empty()) text += line("", stalls);
  if (!judgement.metrics.empty()) text += "\n" + table(record, judgement);
  return text;
}

}  // namespace ringstorm
