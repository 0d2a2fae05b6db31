// The way from a TCP socket to the WebSocket as a plan describes it: which stages, in which order. Immutable
// and shared by all shards.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "transport/stage.h"

namespace ringstorm {

/// A stage as the plan has it: what all connections of a run have in common is made once (a TLS context), and
/// is never changed by those that use it.
class TransportKind {
 public:
  virtual ~TransportKind() = default;
  /// For one shard.
  virtual std::unique_ptr<TransportFactory> for_shard() const = 0;
  /// Memory of one connection's stage once it is open.
  virtual std::size_t connection_bytes() const = 0;
  /// How much longer than `plain_bytes` a send buffer must be for them to fit, whatever else is to be said.
  virtual std::size_t overhead(std::size_t plain_bytes) const = 0;
};

/// From the socket outwards; empty for plain TCP. Only the last may change what passes through it once it is
/// open: those before it open and leave.
using Route = std::vector<std::shared_ptr<const TransportKind>>;

}  // namespace ringstorm
