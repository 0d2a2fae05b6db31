// What a shard is made of: the plan, which part of it is its own, and whom it answers to.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/compression_tally.h"
#include "plan/plan.h"
#include "shard/control.h"
#include "shard/frame_trace.h"
#include "shard/mailbox.h"
#include "shard/target_addresses.h"

namespace ringstorm {

/// What of the plan's run is measured by itself.
inline MeasuredParts parts_of(const Plan& plan) {
  return {plan.load.stages.size(), plan.script.sessions.size(), plan.script.steps.size()};
}

/// Of the clock whose now() it is, which must outlive it.
template <class Clock>
ClockReader reader_of(const Clock& clock) {
  return {[](const void* read) { return static_cast<const Clock*>(read)->now(); }, &clock};
}

struct ShardSetup {
  const Plan& plan;
  std::uint32_t index = 0;  ///< into plan.segments
  const TargetAddresses& targets;
  Instant origin{};  ///< of the run: connections open at the plan's rate from here on
  const RunControl& control;
  ShardStatus& status;
  Mailbox& mailbox;
  const TraceSink* trace = nullptr;  ///< who is shown every frame; needed for TracedTraffic alone
};

}  // namespace ringstorm
