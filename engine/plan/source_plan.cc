#include "plan/source_plan.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/units.h"
#include "plan/addressing.h"
#include "plan/plan.h"

namespace ringstorm {
namespace {

constexpr std::uint16_t kFirstUnprivileged = 1024;
constexpr std::uint16_t kLastPort = std::numeric_limits<std::uint16_t>::max();
// Fewer ephemeral ports than this, and every unprivileged one is taken.
constexpr std::uint64_t kWorthwhile = 8192;
// 127.0.0.1 stays with those who did not ask.
constexpr IpAddress kFirstLoopback{.v6 = false, .octets = {127, 0, 0, 2}};
constexpr std::uint64_t kMostLoopback = 65'536;

std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) {
  return a / b + (a % b != 0 ? 1 : 0);
}

std::uint64_t targets_of(const Plan& plan) {
  return addresses_known_before(plan).value_or(1);
}

/// 127.0.0.0/8: any of its addresses is this machine's.
bool is_on_loopback(const Plan& plan) {
  return plan.first_host().starts_with("127.") || plan.first_host() == "localhost";
}

void take_ephemeral_ports(SourcePlan& sources, const MachineLimits& limits) {
  const std::uint64_t last = std::uint64_t{limits.first_ephemeral_port} + limits.ephemeral_ports - 1;
  sources.first_port = static_cast<std::uint16_t>(limits.first_ephemeral_port);
  sources.last_port = static_cast<std::uint16_t>(std::min<std::uint64_t>(last, kLastPort));
}

void take_all_ports(SourcePlan& sources) {
  sources.first_port = kFirstUnprivileged;
  sources.last_port = kLastPort;
}

SourcePlan choose_loopback(const Plan& plan, const MachineLimits& limits) {
  SourcePlan sources;
  sources.automatic = true;
  take_all_ports(sources);
  if (limits.ephemeral_ports >= kWorthwhile) take_ephemeral_ports(sources, limits);
  const std::uint64_t targets = targets_of(plan);
  const std::uint64_t needed =
      divide_up(plan.load.most_connections, targets * std::max<std::uint64_t>(1, sources.ports(targets)));
  // One more than that: a connection that comes back need not wait for the port it had.
  sources.addresses =
      SourceAddresses({AddressRange{.first = kFirstLoopback, .count = std::min(needed + 1, kMostLoopback)}});
  return sources;
}

}  // namespace

std::optional<SourcePlan> plan_sources(const Plan& plan, const MachineLimits& limits) {
  if (plan.target.kind == Target::Kind::unix_socket) return std::nullopt;
  const std::uint64_t targets = targets_of(plan);
  const std::vector<std::string>& asked = plan.scenario.source_addresses;
  if (asked.empty()) {
    const bool enough = plan.load.most_connections <= targets * limits.ephemeral_ports / 2;
    if (enough || !is_on_loopback(plan)) return std::nullopt;
    return choose_loopback(plan, limits);
  }
  SourcePlan sources;
  sources.addresses = *parse_source_addresses(asked);
  take_all_ports(sources);
  if (limits.ephemeral_ports < kWorthwhile) return sources;
  SourcePlan ephemeral = sources;
  take_ephemeral_ports(ephemeral, limits);
  return ephemeral.room(targets) >= plan.load.most_connections ? ephemeral : sources;
}

std::optional<Error> too_few_sources(const SourcePlan& sources, std::uint64_t connections,
                                     std::uint64_t targets) {
  const std::uint64_t room = sources.room(targets);
  if (connections <= room) return std::nullopt;
  const std::uint64_t each = targets * sources.ports(targets);
  const std::uint64_t had = sources.addresses.count();
  return Error{
      "/source_addresses",
      fmt::format("{} connections from {} address{} of {} ports each towards {} target{}: {} would fit",
                  format_count(connections), format_count(had), had == 1 ? "" : "es",
                  format_count(sources.ports(targets)), format_count(targets), targets == 1 ? "" : "s",
                  format_count(room)),
      each == 0 ? "name other ports to go to"
                : fmt::format("name {} of this machine's addresses, or more targets in \"url\"",
                              format_count(divide_up(connections, each)))};
}

}  // namespace ringstorm
