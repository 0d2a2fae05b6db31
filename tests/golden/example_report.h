// Three runs that never happened, with round numbers: what every sink's golden file shows.
#pragma once

#include "report/report.h"

namespace ringstorm::example {

/// A run that went well but for three connections, with enough samples for every quantile but p99.99.
Report good_run();

/// An open loop in two stages that a server could not keep up with: messages shed, due and unanswered at the
/// end, and one threshold each that held, failed and could not be judged.
Report open_run();

/// A server that refuses every upgrade with 403.
Report refused_run();

}  // namespace ringstorm::example
