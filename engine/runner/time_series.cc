#include "runner/time_series.h"

#include <algorithm>

namespace ringstorm {

TimeSeries::OpenRow& TimeSeries::row_for(std::int64_t second) {
  const auto place =
      std::find_if(open_.begin(), open_.end(), [&](const OpenRow& row) { return row.second >= second; });
  if (place != open_.end() && place->second == second) return *place;
  OpenRow& row = *open_.emplace(place);
  row.second = second;
  return row;
}

void TimeSeries::add(const Slice& slice) {
  total_.merge(slice.measurements);
  const Duration start = slice.begin - origin_;
  OpenRow& open = row_for(start / seconds(1));
  IntervalRow& row = open.row;
  if (open.parts++ == 0) row.start = start;
  const Duration end = std::max(row.start + row.length, slice.end - origin_);
  row.start = std::min(row.start, start);
  row.length = end - row.start;
  const Counters& counts = slice.measurements.counters;
  row.messages_planned += counts.messages_planned;
  row.messages_sent += counts.messages_sent;
  row.messages_answered += counts.messages_answered;
  row.messages_received += counts.messages_received;
  row.connections_up += slice.connections_up;
  row.errors += slice.measurements.failures.total();
  open.service.merge(slice.measurements.service);
  open.latency.merge(slice.measurements.latency);
  if (open.parts < shards_) return;
  // Each shard's slices come in order, so for the rows before this one nothing more can come: a slice that
  // grew over several seconds left them out.
  const std::int64_t whole = open.second;
  while (!open_.empty() && open_.front().second <= whole) close_front();
}

void TimeSeries::finish() {
  while (!open_.empty()) close_front();
}

void TimeSeries::close_front() {
  OpenRow& open = open_.front();
  open.row.service_p50 = open.service.trusted_quantile(0.50);
  open.row.service_p99 = open.service.trusted_quantile(0.99);
  open.row.latency_p50 = open.latency.trusted_quantile(0.50);
  open.row.latency_p99 = open.latency.trusted_quantile(0.99);
  rows_.push_back(open.row);
  open_.pop_front();
}

}  // namespace ringstorm
