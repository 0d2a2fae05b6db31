// Where a run's connections come from and go to: the addresses that source_addresses names, and which source
// address, source port and target each connection has. Pure: whether this machine has the addresses, only
// binding to them tells.
//
// A TCP connection is told from others by source address, source port, target address and target port. The
// kernel searches for a free port on every connect, and the search grows with the ports that are taken; here
// each connection is given one, in order, so that the last connect costs what the first one did.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace ringstorm {

/// An IPv4 or IPv6 address in network byte order; of an IPv4 one the first four octets.
struct IpAddress {
  bool v6 = false;
  std::array<std::uint8_t, 16> octets{};
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

/// "127.0.0.2", "::1".
std::string to_string(const IpAddress& address);

/// A number of addresses that follow one another.
struct AddressRange {
  IpAddress first;
  std::uint64_t count = 1;
  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

class SourceAddresses {
 public:
  SourceAddresses() = default;
  explicit SourceAddresses(std::vector<AddressRange> ranges);

  std::uint64_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  bool v6() const { return !ranges_.empty() && ranges_.front().first.v6; }
  /// The i-th, i < count().
  IpAddress at(std::uint64_t i) const;
  const std::vector<AddressRange>& ranges() const { return ranges_; }
  /// "127.0.0.2 to 127.0.0.60".
  std::string text() const;

 private:
  std::vector<AddressRange> ranges_;
  std::uint64_t count_ = 0;
};

/// Each of `texts` is an address ("10.0.0.5"), a range ("127.0.0.2-127.0.0.60") or a block
/// ("127.0.0.0/26"; of an IPv4 block outside 127.0.0.0/8, the network's own and its broadcast address are
/// left out). All of one family, none twice, at most 65,536 in all. Errors are placed at /source_addresses
/// or, for several texts, at /source_addresses/N.
Result<SourceAddresses> parse_source_addresses(std::span<const std::string> texts);

/// Ports that connections may come from, both ends included, but for a few.
class SourcePorts {
 public:
  /// `taken`: ports something here listens on, which a source port must not be.
  SourcePorts(std::uint16_t first, std::uint16_t last, std::vector<std::uint16_t> taken);

  std::uint64_t count() const { return count_; }
  /// The i-th, i < count().
  std::uint16_t at(std::uint64_t i) const;

 private:
  std::uint32_t first_;
  std::vector<std::uint16_t> taken_;  ///< inside the range, in order
  std::uint64_t count_;
};

/// A connection's place among `targets` x `sources` x `ports`.
struct Endpoints {
  std::uint64_t target = 0;
  std::uint64_t source = 0;
  std::uint64_t port = 0;
  friend bool operator==(const Endpoints&, const Endpoints&) = default;
};

/// Spreads connections evenly over the targets, then over the source addresses; the ports are taken in order.
/// No two connections below targets * sources * ports have the same, so none has another's four.
/// `targets` and `sources` are not 0.
constexpr Endpoints endpoints_of(std::uint64_t connection, std::uint64_t targets, std::uint64_t sources) {
  return {connection % targets, connection / targets % sources, connection / targets / sources};
}

}  // namespace ringstorm
