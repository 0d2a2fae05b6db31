// What a scenario's sessions come to: their script, and which connection plays which of them. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "plan/budget.h"
#include "plan/scenario.h"
#include "session/script.h"

namespace ringstorm {

/// Compiles the sessions of the scenario, of which there are some; see compiler.h for what may be wrong, and
/// for `fills`.
Result<Script> compile_sessions(const Scenario& scenario, bool fills = true);

/// How many of `connections` play each session: the counts first, and of the rest each its share, exactly.
/// When the counts take more than there are, the last ones get what is left.
std::vector<std::uint64_t> connections_of(std::span<const SessionForm> sessions, std::uint64_t connections);

/// The session of each connection, so that any run of neighbours has its share of every session within one.
std::vector<std::uint16_t> cast_sessions(std::span<const std::uint64_t> connections_of_each);

/// What the script adds to a shard's memory. `max_message_bytes` is the longest message that is taken at all.
ScriptLoad script_load(const Script& script, std::uint64_t max_message_bytes);

/// What the sessions of a resolved scenario cannot be together with: its number of connections, a run bounded
/// by messages alone, and what looks at the single message.
std::vector<Error> find_session_contradictions(const Scenario& scenario, std::uint64_t connections);

}  // namespace ringstorm
