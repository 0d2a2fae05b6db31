#include "app/redirects.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <strings.h>

#include "plan/redirect_target.h"
#include "runner/destination.h"
#include "runner/upgrade_probe.h"

namespace ringstorm {
namespace {

bool stays_with_its_host(const std::string& header) {
  return std::ranges::any_of(std::initializer_list<const char*>{"authorization", "cookie", "host"},
                             [&](const char* name) { return ::strcasecmp(header.c_str(), name) == 0; });
}

/// The plan for where `from` points, or why there is none.
Result<Plan> plan_behind(const Plan& from, const std::string& url, const MachineLimits& limits) {
  Scenario scenario = from.scenario;
  scenario.url = url;
  const auto target = parse_target(url);
  const bool elsewhere = target && ::strcasecmp(target->host.c_str(), from.target.host.c_str()) != 0;
  if (elsewhere)
    std::erase_if(scenario.headers, [](const auto& header) { return stays_with_its_host(header.first); });
  auto plan = make_plan(scenario, limits);
  if (plan) {
    plan->passes_each = from.passes_each;
    return plan;
  }
  std::vector<Error> errors = plan.errors();
  for (Error& error : errors) error.what = fmt::format("{} points there: {}", from.scenario.url, error.what);
  return errors;
}

}  // namespace

Result<FollowedPlan> follow_redirects(const Plan& plan, const MachineLimits& limits, bool& interrupted) {
  FollowedPlan followed{plan, {}};
  const std::uint64_t allowed = plan.scenario.redirects;
  std::set<std::string> seen{plan.scenario.url};
  while (allowed > 0) {
    const Plan& here = followed.plan;
    const auto destination = find_destination(here, interrupted);
    if (!destination) return destination.errors();
    const auto answer = probe_upgrade(here, destination->addresses.of(0));
    if (!answer || !is_redirect(answer->status)) break;
    const auto url = redirect_target(here.scenario.url, answer->location);
    if (!url) return url.errors();
    if (followed.hops.size() == allowed)
      return Error{"/redirects",
                   fmt::format("{} is the limit, and {} points on to {}", allowed, here.scenario.url, *url),
                   "raise it, or name the last URL"};
    if (!seen.insert(*url).second)
      return Error{here.scenario.url, fmt::format("points back to {}: the redirects go in a circle", *url),
                   ""};
    auto next = plan_behind(here, *url, limits);
    if (!next) return next.errors();
    followed.hops.push_back(fmt::format("{} to {}", answer->status, *url));
    followed.plan = std::move(*next);
  }
  return followed;
}

}  // namespace ringstorm
