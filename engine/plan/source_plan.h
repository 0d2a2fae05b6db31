// Which source addresses and ports a plan's connections come from: those that the scenario names, those of
// 127.0.0.0/8 where one address has too few, or whatever the kernel chooses. Decided before anything is
// resolved or bound.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "plan/sources.h"

namespace ringstorm {

struct MachineLimits;
struct Plan;

struct SourcePlan {
  SourceAddresses addresses;
  std::uint16_t first_port = 0;
  std::uint16_t last_port = 0;
  bool automatic = false;  ///< the scenario names none

  /// The source ports of one address that no target on this machine may be listening on.
  std::uint64_t ports(std::uint64_t targets) const {
    const std::uint64_t all = std::uint64_t{last_port} - first_port + 1;
    return all - std::min(all, targets);
  }
  /// Connections that they can tell apart.
  std::uint64_t room(std::uint64_t targets) const { return targets * addresses.count() * ports(targets); }
};

/// Nothing when the kernel may choose: it does so well while no more than half of the ephemeral ports lead to
/// one target. The scenario's addresses are valid.
std::optional<SourcePlan> plan_sources(const Plan& plan, const MachineLimits& limits);

/// Whether they tell so many connections to so many addresses and ports apart.
std::optional<Error> too_few_sources(const SourcePlan& sources, std::uint64_t connections,
                                     std::uint64_t targets);

}  // namespace ringstorm
