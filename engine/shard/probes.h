// The probe connections of a shard: which they are, and what the kernel's stamps say of their messages.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "io/ring.h"
#include "shard/probe.h"
#include "shard/slices.h"
#include "shard/window.h"

namespace ringstorm {

class Probes {
 public:
  /// `share` of `slots` connections, spread over them; none when `share` is 0.
  Probes(double share, std::uint32_t slots, Slices& slices, const Window& window)
      : stride_(share > 0 ? std::max(1U, static_cast<std::uint32_t>(std::lround(1 / share))) : 0),
        probes_(stride_ > 0 ? (slots + stride_ - 1) / stride_ : 0),
        slices_(slices),
        window_(window) {}

  bool is_probe(Slot slot) const { return stride_ > 0 && slot % stride_ == 0; }

  /// Its connection begins anew.
  void begin(Slot slot) { at(slot) = Probe{}; }
  void sends(Slot slot, std::size_t bytes) { at(slot).sends(bytes); }
  void sent(Slot slot, Instant now) {
    ++slices_.measured().counters.probe_messages;
    at(slot).sent(now, counters_);
  }
  void transmitted(Slot slot, std::uint32_t key, const KernelStamp& stamp) {
    record(at(slot).transmitted(key, stamp, counters_));
  }
  void received(Slot slot, const KernelStamp& stamp) { at(slot).received(stamp); }
  void handled(Slot slot, Instant now, bool ends_receive) {
    record(at(slot).handled(now, ends_receive, counters_));
  }
  void give_up(Slot slot) { at(slot).give_up(counters_); }

  const ProbeCounters& counters() const { return counters_; }

 private:
  Probe& at(Slot slot) { return probes_[slot / stride_]; }

  void record(const std::optional<ProbeSample>& sample) {
    if (!sample || window_.begin() == kNever) return;
    Measurements& measured = slices_.measured();
    ++measured.counters.probe_samples;
    measured.network_and_server.record(sample->network_and_server);
    measured.receive_queueing.record(sample->receive_queueing);
  }

  std::uint32_t stride_;
  std::vector<Probe> probes_;
  Slices& slices_;
  const Window& window_;
  ProbeCounters counters_;
};

}  // namespace ringstorm
