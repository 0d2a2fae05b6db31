// Where the connections of a run go, one address or several, and where they come from. Made before the start
// and never changed, so that every shard may read the same one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "io/address.h"
#include "plan/sources.h"

namespace ringstorm {

/// The source addresses and ports that a run's connections are given.
struct Sources {
  SourceAddresses addresses;
  SourcePorts ports;
};

class TargetAddresses {
 public:
  /// At least one. Without sources the kernel chooses address and port of each connection.
  explicit TargetAddresses(std::vector<SocketAddress> addresses, std::optional<Sources> sources = {})
      : addresses_(std::move(addresses)), sources_(std::move(sources)) {
    RS_CHECK(!addresses_.empty());
  }

  /// The address of a connection by its number in the whole run, from 0: they take turns. A connection that
  /// takes the place of another goes where that one went, as long as the kernel chooses the sources.
  const SocketAddress& of(std::uint64_t connection) const {
    return addresses_[connection % addresses_.size()];
  }
  std::span<const SocketAddress> all() const { return addresses_; }

  const std::optional<Sources>& sources() const { return sources_; }
  /// How many connections the sources tell apart.
  std::uint64_t endpoints() const {
    return addresses_.size() * sources_->addresses.count() * sources_->ports.count();
  }
  Endpoints endpoints_at(std::uint64_t number) const {
    return endpoints_of(number, addresses_.size(), sources_->addresses.count());
  }
  SocketAddress source_at(const Endpoints& ends) const {
    const IpAddress address = sources_->addresses.at(ends.source);
    return ip_address(std::span(address.octets).first(address.v6 ? 16 : 4), sources_->ports.at(ends.port));
  }

 private:
  std::vector<SocketAddress> addresses_;
  std::optional<Sources> sources_;
};

}  // namespace ringstorm
