// How much memory a shard needs for its part, decided before the start.
#pragma once

#include <cstdint>
#include <optional>

#include "plan/plan.h"

namespace ringstorm {

/// What sessions add to it.
struct ScriptLoad {
  std::uint64_t longest_message_bytes = 0;
  std::uint64_t sends_in_a_row = 0;  ///< messages that a connection may send before it waits, about
  std::uint64_t bytes_per_connection = 0;
  std::uint64_t gathered_bytes = 0;  ///< of a received message that is looked at, at most; 0: none is
  std::uint64_t sessions = 0;
  std::uint64_t fan_out_bytes = 0;  ///< for what receivers have had of publishers
};

/// What the size of a shard depends on.
struct ShardLoad {
  std::uint64_t connections = 0;
  std::uint64_t turns = 1;          ///< shards that take turns on one core, and receive and complete by turns
  std::uint64_t in_flight = 0;      ///< per connection
  std::uint64_t most_waiting = 0;   ///< due messages that may wait for their connection, of all connections
  std::uint64_t payload_bytes = 0;  ///< of a message, and of its reply
  std::uint64_t upgrade_bytes = 0;  ///< of a whole upgrade request
  std::uint64_t compression_bytes = 0;  ///< see CompressionBudget
  std::optional<ScriptLoad> script = {};
  Route route = {};  ///< what each connection has beneath its WebSocket
};

/// No connection's upgrade request may be longer: it is sent from one send buffer.
inline constexpr std::uint64_t kMaxUpgradeBytes = 64 * 1024;

ShardBudget budget_for(const ShardLoad& load);

/// Client memory that each further connection costs, beside the buffers.
constexpr std::uint64_t bytes_per_connection(std::uint64_t in_flight) {
  return 400 + 16 * in_flight;
}

}  // namespace ringstorm
