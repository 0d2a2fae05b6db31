#include "app/mask_bench_report.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/units.h"

namespace ringstorm {
namespace {

constexpr yardstick::Lengths kSmallFrames{1, 125};
constexpr yardstick::Lengths kInCache = yardstick::Lengths::of(4096);

bool same_case(const MaskRow& a, const MaskRow& b) {
  return a.of.name() == b.of.name();
}

bool same_line(const MaskRow& a, const MaskRow& b) {
  return same_case(a, b) && a.of.lengths == b.of.lengths;
}

/// Three digits are what such a measurement holds.
std::string ns_text(double ns) {
  if (ns < 10) return fmt::format("{:.2f}", ns);
  if (ns < 100) return fmt::format("{:.1f}", ns);
  return fmt::format("{:.0f}", ns);
}

std::string title(const MaskCase& of) {
  const char* lengths = of.lengths.fixed() ? "of one length, aligned" : "of random lengths, anywhere";
  switch (of.work) {
    case MaskWork::in_place: return fmt::format("in place, {}", lengths);
    case MaskWork::copy: return fmt::format("copy, {}", lengths);
    case MaskWork::encode: return fmt::format("whole frame with a fresh key, {}", lengths);
  }
  return "";
}

/// The rows from `first` on for which `same` holds with the first of them.
template <class Same>
std::span<const MaskRow> group(std::span<const MaskRow> rows, Same same) {
  const auto end = std::ranges::find_if(rows, [&](const MaskRow& row) { return !same(rows.front(), row); });
  return rows.first(static_cast<std::size_t>(end - rows.begin()));
}

std::string heading(std::span<const MaskRow> line) {
  std::string names, columns;
  for (const MaskRow& row : line) {
    names += fmt::format("  | {:^20}", row.kernel);
    columns += fmt::format("  | {:>6} {:>6} {:>6}", "ns", "limit", "memcpy");
  }
  return fmt::format("{:32}{}\n{:>8} {:>7} {:>7} {:>7}{}\n", "", names, "bytes", "noop", "memcpy", "limit",
                     columns);
}

std::string render_line(std::span<const MaskRow> line) {
  const MaskRow& first = line.front();
  std::string text = fmt::format("{:>8} {:>7} {:>7} {:>7}", first.of.lengths.text(), ns_text(first.noop_ns),
                                 ns_text(first.memcpy_ns), ns_text(first.limit_ns));
  for (const MaskRow& row : line) {
    text += fmt::format("  | {:>6} {:>6.2f} {:>6.2f}", ns_text(row.ns), row.of_limit(), row.of_memcpy());
  }
  return text + "\n";
}

std::string render_case(std::span<const MaskRow> rows) {
  std::string text = title(rows.front().of) + "\n" + heading(group(rows, same_line));
  while (!rows.empty()) {
    const auto line = group(rows, same_line);
    text += render_line(line);
    rows = rows.subspan(line.size());
  }
  return text;
}

/// Picoseconds: what is beyond is noise, and would make every JSON look precise.
double rounded(double ns) {
  return std::round(ns * 1000) / 1000;
}

nlohmann::ordered_json json_row(const MaskRow& row) {
  nlohmann::ordered_json json{{"case", row.of.name()}, {"bytes", nullptr}, {"kernel", row.kernel}};
  if (row.of.lengths.fixed()) {
    json["bytes"] = row.of.lengths.most;
  } else {
    json["bytes"] = row.of.lengths.text();
  }
  json["ns"] = rounded(row.ns);
  json["noop_ns"] = rounded(row.noop_ns);
  json["memcpy_ns"] = rounded(row.memcpy_ns);
  json["limit_ns"] = rounded(row.limit_ns);
  return json;
}

const MaskRow* find(std::span<const MaskRow> rows, std::string_view kernel, MaskWork work,
                    const yardstick::Lengths& lengths) {
  const auto found = std::ranges::find_if(rows, [&](const MaskRow& row) {
    return row.kernel == kernel && row.of.work == work && row.of.lengths.text() == lengths.text();
  });
  return found == rows.end() ? nullptr : &*found;
}

const char* judgement(const MaskRow& small, const MaskRow& large) {
  if (small.over_noop() <= 1 && small.of_memcpy() >= 3 && large.of_limit() >= 0.95)
    return "at the machine's limit";
  if (small.of_memcpy() >= 1) return "no slower than memcpy on small frames";
  return "slower than memcpy on small frames";
}

}  // namespace

std::string render_mask_table(const MaskBenchReport& report) {
  std::string text;
  std::span<const MaskRow> rows = report.rows;
  while (!rows.empty()) {
    const auto block = group(rows, same_case);
    text += render_case(block) + "\n";
    rows = rows.subspan(block.size());
  }
  return text;
}

std::string render_mask_json(const MaskBenchReport& report) {
  const nlohmann::json cpu(report.cpu), kernel(report.kernel);
  std::string rows;
  for (const MaskRow& row : report.rows) {
    rows += fmt::format("{}\n  {}", rows.empty() ? "" : ",", json_row(row).dump());
  }
  return fmt::format(
      "{{\"schema\": \"ringstorm.bench_mask/1\",\n\"cpu\": {},\n\"kernel\": {},\n\"rows\": [{}\n]}}\n",
      cpu.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), kernel.dump(), rows);
}

std::string mask_verdict(std::span<const MaskRow> rows, std::string_view kernel) {
  const MaskRow* small = find(rows, kernel, MaskWork::in_place, kSmallFrames);
  const MaskRow* large = find(rows, kernel, MaskWork::in_place, kInCache);
  if (small == nullptr || large == nullptr) return fmt::format("{} was not measured", kernel);
  return fmt::format(
      "{} is {} here: random 1..125 B in {} ns, {} over an empty call and {:.1f}x memcpy's speed; "
      "4 KiB at {:.2f} of the limit, {:.0f} GB/s",
      kernel, judgement(*small, *large), ns_text(small->ns), ns_text(small->over_noop()), small->of_memcpy(),
      large->of_limit(), large->bytes_per_ns());
}

}  // namespace ringstorm
