// The time series of a run: one row for about every second.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace ringstorm {

/// A slice of the run, about a second long, in every phase of it: opening, warm-up, the measured window,
/// draining.
struct IntervalRow {
  Duration start{0};  ///< after the start of the run
  Duration length{0};
  std::uint64_t messages_planned = 0;  ///< became due
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_answered = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t connections_up = 0;  ///< upgraded and not yet ended, at the end of the slice
  std::uint64_t errors = 0;          ///< failures of any cause
  // Of the messages recorded in the slice; nothing below the sample floor.
  std::optional<Duration> latency_p50;
  std::optional<Duration> latency_p99;
  std::optional<Duration> service_p50;
  std::optional<Duration> service_p99;
};

}  // namespace ringstorm
