#include "app/redirects.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <strings.h>

#include "codec/cookies.h"
#include "plan/redirect_target.h"
#include "runner/destination.h"
#include "runner/upgrade_probe.h"

namespace ringstorm {
namespace {

bool stays_with_its_host(const std::string& header) {
  return std::ranges::any_of(std::initializer_list<const char*>{"authorization", "cookie", "host"},
                             [&](const char* name) { return ::strcasecmp(header.c_str(), name) == 0; });
}

/// What goes with the requests to one host, and stays behind when the next one is another's.
struct Luggage {
  std::vector<std::pair<std::string, std::string>> headers;
  CookieJar cookies;

  void leave_host() {
    std::erase_if(headers, [](const auto& header) { return stays_with_its_host(header.first); });
    cookies = {};
  }
  /// The headers for `target`, with the cookies behind those that the scenario has itself.
  std::vector<std::pair<std::string, std::string>> headers_for(const Target& target) const {
    auto all = headers;
    const std::string kept = cookies.for_request(target.resource, target.tls);
    if (kept.empty()) return all;
    const auto own = std::ranges::find_if(
        all, [](const auto& header) { return ::strcasecmp(header.first.c_str(), "cookie") == 0; });
    if (own == all.end())
      all.emplace_back("Cookie", kept);
    else
      own->second += "; " + kept;
    return all;
  }
};

/// The plan for where `from` points, or why there is none.
Result<Plan> plan_behind(const Plan& from, const std::string& url, Luggage& luggage,
                         const MachineLimits& limits) {
  Scenario scenario = from.scenario;
  scenario.url = url;
  if (const auto target = parse_target(url)) {
    if (::strcasecmp(target->host.c_str(), from.target.host.c_str()) != 0) luggage.leave_host();
    scenario.headers = luggage.headers_for(*target);
  }
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
  Luggage luggage{plan.scenario.headers, {}};
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
    if (plan.scenario.cookies) {
      for (const std::string& cookie : answer->cookies) luggage.cookies.take(cookie, here.target.resource);
    }
    auto next = plan_behind(here, *url, luggage, limits);
    if (!next) return next.errors();
    followed.hops.push_back(fmt::format("{} to {}", answer->status, *url));
    followed.plan = std::move(*next);
  }
  return followed;
}

}  // namespace ringstorm
