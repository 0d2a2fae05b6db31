// A measured figure as a person reads it, with its range or its confidence interval. Printable ASCII.
#pragma once

#include <optional>
#include <string>

#include "plan/threshold_metrics.h"

namespace ringstorm {

/// Three significant digits and the unit: "3.21 ms", "0.42 %", "50,123/s", "1,234". `value` is in the unit of
/// threshold_metrics(): nanoseconds, a share of 1, per second, a count; and not negative.
std::string figure_text(MetricUnit unit, double value);

/// "3.1 to 3.4 ms": the unit once where both have it; one figure where both read the same.
std::string range_text(MetricUnit unit, double low, double high);

/// " (95 %: 3.1 to 3.4 ms)", " (95 %: above 3.1 ms)" where only one side is known, nothing where none is.
std::string confidence_text(MetricUnit unit, std::optional<double> low, std::optional<double> high);

}  // namespace ringstorm
