// From a plan's target to the addresses its connections go to: asks the resolver, within a time, and tries
// several addresses where the plan says so. Before the start, on the control thread.
#pragma once

#include "base/result.h"
#include "plan/addressing.h"
#include "plan/plan.h"
#include "shard/target_addresses.h"

namespace ringstorm {

struct FoundDestination {
  TargetAddresses addresses;
  Destination record;  ///< for the report
};

/// Of a target that is on the network or a Unix socket. Errors: a name that does not resolve, or not in time
/// (Scenario::resolve_timeout), or none of whose addresses the plan's sources can reach. When none of several
/// addresses accepts a connection, the first is the one, and the run will say why. SIGINT and SIGTERM, held
/// back, end the wait for the resolver: `interrupted` is then true, and the error says nothing of interest.
Result<FoundDestination> find_destination(const Plan& plan, bool& interrupted);

/// That of a server that ringstorm started itself.
FoundDestination destination_of_embedded(const Plan& plan, const SocketAddress& address);

}  // namespace ringstorm
