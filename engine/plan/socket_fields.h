// The options of sockets as a scenario has them: what they come to, and what is wrong with them before the
// kernel is asked.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/socket_tuning.h"
#include "plan/scenario.h"

namespace ringstorm {

SocketTuning socket_tuning(const Scenario& scenario);

/// Names longer than the kernel has, keepalive times that are no whole seconds, a TOS beside a DSCP. The
/// ranges of numbers are the field table's.
std::vector<Error> find_socket_mistakes(const Scenario& scenario);

/// What is asked for and a Unix socket does not have.
std::vector<Error> find_what_needs_tcp(const Scenario& scenario);

/// What is asked beyond the defaults, in words; empty when nothing is.
std::string socket_text(const Scenario& scenario);

}  // namespace ringstorm
