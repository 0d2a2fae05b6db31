// The embedded WebSocket server: a peer for load runs that costs as little as it can, because it shares the
// machine with the client it serves. One thread, one ring and one listener per shard; the kernel spreads the
// connections.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "codec/deflate_negotiation.h"
#include "io/address.h"
#include "load/fault_plan.h"
#include "server/counts.h"
#include "transport/route.h"

namespace ringstorm {

enum class ServerMode : std::uint8_t {
  echo,  ///< every data frame comes back with the same opcode, FIN and payload
  sink,  ///< messages are counted, never answered; controls are
  /// Every message goes to everybody whose request had the same path, its sender included. Rooms are one
  /// shard's, so there is one shard.
  broadcast,
};

/// As many as a shard's table of direct descriptors can hold under this process's limit of open files, at
/// most 60,000.
std::uint32_t default_max_connections();

struct ServerOptions {
  ServerMode mode = ServerMode::echo;
  SocketAddress listen;
  std::vector<SocketAddress> also_listen = {};  ///< more of them; each has shards of its own, at least one
  unsigned shards = 1;
  std::vector<int> cores;  ///< shard i runs on cores[i mod size]; empty: wherever the scheduler likes
  std::uint64_t max_message_bytes = std::uint64_t{1} << 30;
  std::uint32_t max_connections_per_shard = default_max_connections();
  Duration goodbye = seconds(1);                     ///< for clients to answer our Close at the end
  int backlog = 65535;                               ///< the kernel clamps it to net.core.somaxconn
  FaultPlan faults = {};                             ///< what to do wrong on purpose
  std::uint64_t seed = 1;                            ///< reproduces every choice of the faults
  std::optional<std::string> expected_payload = {};  ///< what every message is to hold
  std::optional<DeflateTerms> deflate = {};          ///< permessage-deflate is agreed to within these
  std::shared_ptr<const TransportKind> stage = {};   ///< what each connection begins with; null: plain TCP
  Duration upgrade_timeout = seconds(10);            ///< for that to open and the upgrade request to come
};

/// Serves until `stop` is true (looked at every 50 ms, during a stall too), then says goodbye with close code
/// 1001, waits for the answers for as long as `goodbye`, and returns the counts. `on_listening` is called
/// for each address, on the calling thread, when every shard accepts. Fails before it accepts anything or not
/// at all: when it cannot listen, open a ring or pin a thread.
Result<ServerCounts> serve(const ServerOptions& options, const std::atomic<bool>& stop,
                           const std::function<void(const SocketAddress&)>& on_listening);

}  // namespace ringstorm
