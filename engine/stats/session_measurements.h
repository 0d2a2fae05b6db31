// What is counted and timed of sessions: of each by itself, and of each step. Plain data with an exact merge.
#pragma once

#include <cstdint>

#include "stats/histogram.h"

namespace ringstorm {

/// The messages of the connections that play one session, over the whole run; the histograms hold those of
/// the measured window.
struct SessionMeasurements {
  std::uint64_t passes = 0;  ///< through its steps, that came to their end
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::uint64_t received = 0;
  Histogram latency;  ///< from when a message was due until its reply
  Histogram service;  ///< from sending a message until its reply

  void merge(const SessionMeasurements& other);
  void reset();
};

/// What became of one step, whatever connection played it.
struct StepCounts {
  std::uint64_t timeouts = 0;         ///< nothing that it waited for came in time
  std::uint64_t checks_failed = 0;    ///< what came was meant, and was not right
  std::uint64_t captures_failed = 0;  ///< the value for a variable was not in it
  std::uint64_t unmatched = 0;        ///< other messages came while it waited

  void add(const StepCounts& other);
  bool any() const { return timeouts + checks_failed + captures_failed + unmatched > 0; }
};

}  // namespace ringstorm
