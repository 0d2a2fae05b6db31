// Following a server that points elsewhere: before the start, by one upgrade of the control thread for each
// step, so that a run has one plan, one target and one set of addresses throughout.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"

namespace ringstorm {

struct FollowedPlan {
  Plan plan;                      ///< for the URL that redirects no more
  std::vector<std::string> hops;  ///< "302 to ws://b.example/", in order; empty without a redirect
};

/// As far as Scenario::redirects allows; the plan unchanged when that is 0 or the server accepts at once. The
/// new plan is that of the same scenario with another URL; where the host changes, the headers Authorization,
/// Cookie and Host stay behind. Errors: a circle, more steps than allowed, a Location that leads nowhere or
/// to what cannot be run. `interrupted` as in find_destination.
Result<FollowedPlan> follow_redirects(const Plan& plan, const MachineLimits& limits, bool& interrupted);

}  // namespace ringstorm
