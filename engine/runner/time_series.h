// Puts the shards' slices together: totals for the report, a row a second for the time series.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/clock.h"
#include "shard/mailbox.h"
#include "stats/histogram.h"
#include "stats/interval.h"
#include "stats/measurements.h"

namespace ringstorm {

class TimeSeries {
 public:
  TimeSeries(Instant origin, std::size_t shards, MeasuredParts parts = {})
      : origin_(origin), shards_(shards), total_(parts) {}

  /// Merges a copy of the slice; the slice stays its shard's.
  void add(const Slice& slice);
  /// Ends the rows that still wait for a shard's slice.
  void finish();

  const Measurements& total() const { return total_; }
  Measurements& total() { return total_; }
  /// The rows to which every shard has contributed, in order.
  const std::vector<IntervalRow>& rows() const { return rows_; }

 private:
  struct OpenRow {
    std::int64_t second = 0;
    std::size_t parts = 0;
    IntervalRow row;
    Histogram service;
    Histogram latency;
  };

  OpenRow& row_for(std::int64_t second);
  void close_front();

  Instant origin_;
  std::size_t shards_;
  Measurements total_;
  std::deque<OpenRow> open_;
  std::vector<IntervalRow> rows_;
};

}  // namespace ringstorm
