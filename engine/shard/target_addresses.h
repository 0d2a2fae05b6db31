// Where the connections of a run go: one address or several, and which of them is whose. Made before the
// start and never changed, so that every shard may read the same one.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "io/address.h"

namespace ringstorm {

class TargetAddresses {
 public:
  /// At least one.
  explicit TargetAddresses(std::vector<SocketAddress> addresses) : addresses_(std::move(addresses)) {
    RS_CHECK(!addresses_.empty());
  }

  /// The address of a connection by its number in the whole run, from 0: they take turns. A connection that
  /// takes the place of another goes where that one went.
  const SocketAddress& of(std::uint64_t connection) const {
    return addresses_[connection % addresses_.size()];
  }
  std::span<const SocketAddress> all() const { return addresses_; }

 private:
  std::vector<SocketAddress> addresses_;
};

}  // namespace ringstorm
