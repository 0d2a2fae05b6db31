#include "stats/session_measurements.h"

namespace ringstorm {

void SessionMeasurements::merge(const SessionMeasurements& other) {
  passes += other.passes;
  sent += other.sent;
  answered += other.answered;
  received += other.received;
  latency.merge(other.latency);
  service.merge(other.service);
}

void SessionMeasurements::reset() {
  passes = sent = answered = received = 0;
  latency.reset();
  service.reset();
}

void StepCounts::add(const StepCounts& other) {
  timeouts += other.timeouts;
  checks_failed += other.checks_failed;
  captures_failed += other.captures_failed;
  unmatched += other.unmatched;
}

}  // namespace ringstorm
