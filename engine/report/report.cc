#include "report/report.h"

#include <algorithm>
#include <tuple>

namespace ringstorm {

std::optional<double> messages_per_cpu_second(const Report& report) {
  const double cpu = to_seconds(report.usage.cpu_user + report.usage.cpu_system);
  if (cpu <= 0) return std::nullopt;
  return static_cast<double>(report.measurements.counters.window_answered) / cpu;
}

double per_second(const Report& report, std::uint64_t count) {
  if (report.window <= Duration{0}) return 0;
  return static_cast<double>(count) / to_seconds(report.window);
}

std::vector<NamedFailure> by_name(const FailureTable& failures) {
  std::vector<NamedFailure> named;
  for (const FailureTable::Row& row : failures.rows()) {
    named.push_back(
        {row.failure ? to_string(row.failure) : "other", row.count, std::string(row.sample_text())});
  }
  std::ranges::sort(named, [](const NamedFailure& a, const NamedFailure& b) {
    return std::tie(b.count, a.cause) < std::tie(a.count, b.cause);
  });
  return named;
}

}  // namespace ringstorm
