#include "shard/probe.h"

#include <utility>

namespace ringstorm {

ProbeCounters& ProbeCounters::operator+=(const ProbeCounters& other) {
  samples += other.samples;
  no_transmit_stamp += other.no_transmit_stamp;
  no_receive_stamp += other.no_receive_stamp;
  crowded += other.crowded;
  stepped += other.stepped;
  out_of_order += other.out_of_order;
  unanswered += other.unanswered;
  return *this;
}

void Probe::sent(Instant now, ProbeCounters& counters) {
  give_up(counters);
  phase_ = Phase::unanswered;
  awaited_key_ = sent_bytes_ - 1;
  sent_at_ = now;
  transmitted_ = {};
  received_ = {};
}

std::optional<ProbeSample> Probe::transmitted(std::uint32_t key, const KernelStamp& stamp,
                                              ProbeCounters& counters) {
  const bool awaited = phase_ != Phase::idle && key == awaited_key_;
  const bool first = transmitted_.quality == KernelStamp::Quality::missing;
  if (!awaited || !first) return std::nullopt;
  transmitted_ = stamp;
  if (phase_ == Phase::unanswered) return std::nullopt;
  return finish(counters);
}

// Once the reply has been handled, what comes is something else's.
void Probe::received(const KernelStamp& stamp) {
  if (phase_ == Phase::unanswered) received_ = stamp;
}

std::optional<ProbeSample> Probe::handled(Instant now, bool ends_receive, ProbeCounters& counters) {
  if (phase_ != Phase::unanswered) return std::nullopt;
  handled_at_ = now;
  phase_ = Phase::answered;
  if (received_.exact() && !ends_receive) received_.quality = KernelStamp::Quality::crowded;
  const bool hopeless = !received_.exact();
  const bool complete = transmitted_.quality != KernelStamp::Quality::missing;
  if (hopeless || complete) return finish(counters);
  return std::nullopt;
}

void Probe::give_up(ProbeCounters& counters) {
  counters.unanswered += phase_ == Phase::unanswered;
  counters.no_transmit_stamp += phase_ == Phase::answered;
  phase_ = Phase::idle;
}

std::optional<ProbeSample> Probe::finish(ProbeCounters& counters) {
  phase_ = Phase::idle;
  const auto without = [](std::uint64_t& reason) {
    ++reason;
    return std::nullopt;
  };
  switch (received_.quality) {
    case KernelStamp::Quality::missing: return without(counters.no_receive_stamp);
    case KernelStamp::Quality::crowded: return without(counters.crowded);
    case KernelStamp::Quality::stepped: return without(counters.stepped);
    case KernelStamp::Quality::exact: break;
  }
  if (!transmitted_.exact()) return without(counters.stepped);
  const bool in_order =
      sent_at_ <= transmitted_.at && transmitted_.at <= received_.at && received_.at <= handled_at_;
  if (!in_order) return without(counters.out_of_order);
  ++counters.samples;
  return ProbeSample{.network_and_server = received_.at - transmitted_.at,
                     .receive_queueing = handled_at_ - received_.at};
}

}  // namespace ringstorm
