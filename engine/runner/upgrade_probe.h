// One upgrade ahead of a run, over a blocking socket, to see whether the server points elsewhere.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/address.h"
#include "plan/plan.h"

namespace ringstorm {

struct ProbeAnswer {
  int status = 0;
  std::string location;              ///< empty when the answer has none
  std::vector<std::string> cookies;  ///< the value of each Set-Cookie
};

/// Connects as the plan's connections will (its route, its upgrade request, its timeouts), hears the head of
/// the answer and ends the connection, with a close frame when it was upgraded. Nothing when it came to no
/// answer: the run itself will say why.
std::optional<ProbeAnswer> probe_upgrade(const Plan& plan, const SocketAddress& address);

}  // namespace ringstorm
