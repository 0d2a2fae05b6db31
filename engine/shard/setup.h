// What a shard is made of: the plan, which part of it is its own, and whom it answers to.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "plan/plan.h"
#include "shard/control.h"
#include "shard/mailbox.h"
#include "shard/target_addresses.h"

namespace ringstorm {

struct ShardSetup {
  const Plan& plan;
  std::uint32_t index = 0;  ///< into plan.segments
  const TargetAddresses& targets;
  Instant origin{};  ///< of the run: connections open at the plan's rate from here on
  const RunControl& control;
  ShardStatus& status;
  Mailbox& mailbox;
};

}  // namespace ringstorm
