#include "plan/gate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "load/words.h"

namespace ringstorm {
namespace {

// Tolerances: what a comparison of ten rounds can show on a machine that is not quiet. Trims: a rate of a
// slice is a sum and needs less of it than a quantile.
constexpr std::array kRows{
    GateMetricRow{"throughput", "per_s", true, true, 0.05, 0.02, 0.20,
                  "messages answered per second: with as many in flight as the scenario allows"},
    GateMetricRow{"latency.p50", "ns", false, false, 0.10, 0.05, 0.25,
                  "the median latency, from when a message was due until its reply"},
    GateMetricRow{"latency.p99", "ns", false, true, 0.10, 0.05, 0.25, "its 99th percentile"},
    GateMetricRow{"latency.p99.9", "ns", false, false, 0.20, 0.10, 0.25, "its 99.9th percentile"},
    GateMetricRow{
        "cpu_per_message", "ns", false, true, 0.05, 0.02, 0.20,
        "CPU time of the server's processes for each message answered; of servers that ringstorm starts"},
    GateMetricRow{"connection_rate", "per_s", true, false, 0.10, 0.05, 0.20,
                  "connections opened per second, upgrade included"},
};

constexpr std::string_view kExpectedShare = "a share above 0% and below 100%, such as 5%";

std::vector<std::string_view> names() {
  std::vector<std::string_view> list;
  for (const GateMetricRow& row : kRows) list.push_back(row.name);
  return list;
}

/// Above 0 and below 1, or an error that says so.
Result<double> take_share(Words& words) {
  const std::string_view word = words.take();
  const std::optional<double> share = parse_share(word);
  if (!share || *share >= 1) return unexpected(word, kExpectedShare);
  return *share;
}

Result<Gate> read_gate(Words words) {
  const std::string_view name = words.take();
  const GateMetricRow* row = find_gate_metric(name);
  if (row == nullptr) {
    const auto known = names();
    return unknown_name(name, fmt::format("one of {}", fmt::join(known, ", ")), known);
  }
  Gate gate{std::string(name), row->tolerance, row->minimum_effect};
  if (words.empty()) return gate;
  const Result<double> tolerance = take_share(words);
  if (!tolerance) return tolerance.errors();
  gate.tolerance = *tolerance;
  gate.minimum_effect = std::min(gate.minimum_effect, gate.tolerance);
  if (words.empty()) return gate;
  if (words.peek() != "from")
    return unexpected(words.rest(), "nothing more, or \"from\" and the minimum effect");
  words.take();
  const Result<double> minimum = take_share(words);
  if (!minimum) return minimum.errors();
  gate.minimum_effect = *minimum;
  if (gate.minimum_effect > gate.tolerance) {
    return unexpected(exact_share(*minimum), "a minimum effect that is no more than the tolerance");
  }
  if (!words.empty()) return unexpected(words.rest(), "nothing more");
  return gate;
}

}  // namespace

std::span<const GateMetricRow> gate_metrics() {
  return kRows;
}

const GateMetricRow* find_gate_metric(std::string_view name) {
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const auto& r) { return r.name == name; });
  return row == kRows.end() ? nullptr : &*row;
}

Result<Gate> parse_gate(std::string_view text) {
  Result<Gate> gate = read_gate(Words(text));
  if (gate) return gate;
  std::vector<Error> errors = gate.errors();
  for (Error& error : errors) error.where = quoted(text);
  return errors;
}

std::string gate_reference() {
  std::string out;
  for (const GateMetricRow& row : kRows) {
    out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", row.name,
                       row.higher_is_better ? "higher" : "lower", row.by_default ? "yes" : "no",
                       exact_share(row.tolerance), exact_share(row.minimum_effect), row.meaning);
  }
  return out;
}

}  // namespace ringstorm
