#include "stats/measurements.h"

#include <algorithm>

#include "base/check.h"

namespace ringstorm {

void Counters::add(const Counters& other) {
  messages_planned += other.messages_planned;
  messages_shed += other.messages_shed;
  messages_due += other.messages_due;
  messages_overdue += other.messages_overdue;
  messages_held += other.messages_held;
  messages_sent += other.messages_sent;
  messages_answered += other.messages_answered;
  messages_failed += other.messages_failed;
  messages_received += other.messages_received;
  messages_listened += other.messages_listened;
  messages_pushed += other.messages_pushed;
  messages_unmatched += other.messages_unmatched;
  messages_unawaited += other.messages_unawaited;
  messages_recorded += other.messages_recorded;
  window_sent += other.window_sent;
  window_answered += other.window_answered;
  window_received += other.window_received;
  sent_payload_bytes += other.sent_payload_bytes;
  sent_wire_bytes += other.sent_wire_bytes;
  received_payload_bytes += other.received_payload_bytes;
  received_wire_bytes += other.received_wire_bytes;
  connections_opened += other.connections_opened;
  connections_failed += other.connections_failed;
  connections_lost += other.connections_lost;
  connections_closed += other.connections_closed;
  connects_retried += other.connects_retried;
  connections_reopened += other.connections_reopened;
  pings_answered += other.pings_answered;
  pings_sent += other.pings_sent;
  pongs_received += other.pongs_received;
  probe_messages += other.probe_messages;
  probe_samples += other.probe_samples;
  tls_full += other.tls_full;
  tls_resumed += other.tls_resumed;
  tls_renegotiations_refused += other.tls_renegotiations_refused;
  tls_unclosed_ends += other.tls_unclosed_ends;
  ring_turns += other.ring_turns;
  ring_completions += other.ring_completions;
  receive_rearms += other.receive_rearms;
  out_of_buffers += other.out_of_buffers;
  short_sends += other.short_sends;
  completion_overflows += other.completion_overflows;
}

FailureTable::Row& FailureTable::row_for(Failure failure) {
  for (std::size_t i = 0; i < size_; ++i) {
    if (rows_[i].failure == failure) return rows_[i];
  }
  // The last row is kept for "other", so that there is always one to count under.
  const bool room = failure.cause == Cause::none ? size_ < kCapacity : size_ < kCapacity - 1;
  if (!room) return row_for(Failure{});
  Row& row = rows_[size_++];
  row.failure = failure;
  row.count = 0;
  row.sample_bytes = 0;
  return row;
}

void FailureTable::add(Failure failure, std::uint64_t count, std::string_view sample) {
  // Every failure of no cause is "other", whatever number came with it.
  Row& row = row_for(failure.cause == Cause::none ? Failure{} : failure);
  row.count += count;
  if (row.sample_bytes != 0) return;
  row.sample_bytes = static_cast<std::uint16_t>(std::min(sample.size(), kSampleBytes));
  std::copy_n(sample.data(), row.sample_bytes, row.sample.data());
}

void FailureTable::count(Failure failure, std::string_view sample) {
  add(failure, 1, sample);
}

void FailureTable::merge(const FailureTable& other) {
  for (const Row& row : other.rows()) add(row.failure, row.count, row.sample_text());
}

std::uint64_t FailureTable::total() const {
  std::uint64_t sum = 0;
  for (const Row& row : rows()) sum += row.count;
  return sum;
}

void CompressionCounts::add(const CompressionCounts& other) {
  sent.add(other.sent);
  received.add(other.received);
  declined += other.declined;
  for (std::size_t i = 0; i < agreements.size(); ++i) agreements[i] += other.agreements[i];
}

void StageMeasurements::merge(const StageMeasurements& other) {
  planned += other.planned;
  sent += other.sent;
  shed += other.shed;
  answered += other.answered;
  answered_within += other.answered_within;
  failed += other.failed;
  longest_pause = std::max(longest_pause, other.longest_pause);
  latency.merge(other.latency);
  service.merge(other.service);
  send_lag.merge(other.send_lag);
  censored.merge(other.censored);
}

void StageMeasurements::reset() {
  planned = sent = shed = answered = answered_within = failed = 0;
  longest_pause = Duration{0};
  latency.reset();
  service.reset();
  send_lag.reset();
  censored.reset();
}

void Measurements::merge(const Measurements& other) {
  RS_CHECK(stages.size() == other.stages.size());
  RS_CHECK(sessions.size() == other.sessions.size());
  RS_CHECK(steps.size() == other.steps.size());
  counters.add(other.counters);
  connect.merge(other.connect);
  proxy.merge(other.proxy);
  tls.merge(other.tls);
  upgrade.merge(other.upgrade);
  first_message.merge(other.first_message);
  latency.merge(other.latency);
  service.merge(other.service);
  send_lag.merge(other.send_lag);
  censored.merge(other.censored);
  receive_queueing.merge(other.receive_queueing);
  network_and_server.merge(other.network_and_server);
  close.merge(other.close);
  failures.merge(other.failures);
  compression.add(other.compression);
  ping.merge(other.ping);
  delivery.merge(other.delivery);
  last_receiver.merge(other.last_receiver);
  deliveries.add(other.deliveries);
  for (std::size_t i = 0; i < stages.size(); ++i) stages[i].merge(other.stages[i]);
  for (std::size_t i = 0; i < sessions.size(); ++i) sessions[i].merge(other.sessions[i]);
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i].add(other.steps[i]);
}

void Measurements::reset() {
  counters = {};
  connect.reset();
  proxy.reset();
  tls.reset();
  upgrade.reset();
  first_message.reset();
  latency.reset();
  service.reset();
  send_lag.reset();
  censored.reset();
  receive_queueing.reset();
  network_and_server.reset();
  close.reset();
  failures.reset();
  compression = {};
  ping.reset();
  delivery.reset();
  last_receiver.reset();
  deliveries = {};
  for (StageMeasurements& stage : stages) stage.reset();
  for (SessionMeasurements& session : sessions) session.reset();
  for (StepCounts& step : steps) step = {};
}

}  // namespace ringstorm
