#include "runner/destination.h"

#include <algorithm>
#include <iterator>

#include "base/units.h"
#include "io/happy_eyeballs.h"
#include "io/resolution.h"
#include "runner/runner.h"

namespace ringstorm {
namespace {

using Addresses = std::vector<SocketAddress>;

// Between two looks at whether the resolver has answered.
constexpr Duration kLook = milliseconds(1);

std::vector<std::string> texts_of(const Addresses& addresses) {
  std::vector<std::string> texts;
  std::ranges::transform(addresses, std::back_inserter(texts), &SocketAddress::to_string);
  return texts;
}

/// Literals need no resolver and do not block.
Result<Addresses> parse_literals(const std::vector<std::string>& literals, std::uint16_t port) {
  Addresses addresses;
  for (const std::string& literal : literals) {
    const auto parsed = resolve(literal, port);
    if (!parsed) return parsed.errors();
    addresses.insert(addresses.end(), parsed->begin(), parsed->end());
  }
  return addresses;
}

Result<Addresses> ask_resolver(const Plan& plan, bool& interrupted) {
  const std::string& host = plan.first_host();
  const Resolution resolution(host, plan.first_port());
  const Instant deadline = MonotonicClock::now() + plan.scenario.resolve_timeout;
  while (!resolution.done()) {
    const Instant now = MonotonicClock::now();
    if (now >= deadline) {
      return Error{host, "the name was not resolved within " + format_duration(plan.scenario.resolve_timeout),
                   "name its address in /resolve, or raise /connections/resolve_timeout"};
    }
    interrupted = sleep_or_signal(std::min(now + kLook, deadline));
    if (interrupted) return Error{host, "interrupted while its name was being resolved", ""};
  }
  return resolution.addresses();
}

Result<Addresses> find_addresses(const Plan& plan, Destination& record, bool& interrupted) {
  const Target& target = plan.target;
  if (target.kind == Target::Kind::unix_socket) {
    record.source = Destination::Source::unix_socket;
    const auto address = unix_address(target.socket_path);
    if (!address) return address.errors();
    return Addresses{*address};
  }
  if (is_address(plan.first_host())) {
    record.source = Destination::Source::literal;
    return parse_literals({plan.first_host()}, plan.first_port());
  }
  if (const HostAddresses* entry = find_host(plan.scenario.resolve, plan.first_host())) {
    record.source = Destination::Source::scenario;
    return parse_literals(entry->addresses, plan.first_port());
  }
  record.source = Destination::Source::resolver;
  const Instant asked = MonotonicClock::now();
  auto addresses = ask_resolver(plan, interrupted);
  record.resolving = MonotonicClock::now() - asked;
  return addresses;
}

Addresses choose(const Plan& plan, const Addresses& found) {
  switch (plan.scenario.addresses) {
    case AddressChoice::spread: return found;
    case AddressChoice::first: break;
    case AddressChoice::happy_eyeballs:
      if (found.size() > 1) return {found[first_to_accept(found, plan.scenario.connect_timeout).value_or(0)]};
      break;
  }
  return {found.front()};
}

/// An IPv4 source reaches IPv4 targets only.
Addresses reachable(const Plan& plan, Addresses found) {
  if (!plan.sources) return found;
  const int family = plan.sources->addresses.v6() ? AF_INET6 : AF_INET;
  std::erase_if(found, [&](const SocketAddress& address) { return address.family() != family; });
  return found;
}

std::optional<Sources> sources_for(const Plan& plan, const Addresses& targets) {
  if (!plan.sources) return std::nullopt;
  std::vector<std::uint16_t> taken;
  std::ranges::transform(targets, std::back_inserter(taken), &SocketAddress::port);
  return Sources{plan.sources->addresses,
                 SourcePorts(plan.sources->first_port, plan.sources->last_port, std::move(taken))};
}

}  // namespace

Result<FoundDestination> find_destination(const Plan& plan, bool& interrupted) {
  Destination record;
  const auto found = find_addresses(plan, record, interrupted);
  if (!found) return found.errors();
  const Addresses candidates = reachable(plan, *found);
  if (candidates.empty())
    return Error{plan.first_host(),
                 "none of its addresses is of the family of " + plan.sources->addresses.text(),
                 "name source_addresses of the other family"};
  const Addresses used = choose(plan, candidates);
  record.found = texts_of(*found);
  record.used = texts_of(used);
  return FoundDestination{TargetAddresses(used, sources_for(plan, used)), std::move(record)};
}

FoundDestination destination_of_embedded(const Plan& plan, const SocketAddress& address) {
  return {.addresses = TargetAddresses({address}, sources_for(plan, {address})),
          .record = {.source = Destination::Source::embedded,
                     .found = {address.to_string()},
                     .used = {address.to_string()},
                     .redirects = {},
                     .resolving = {}}};
}

}  // namespace ringstorm
