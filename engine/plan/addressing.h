// Where connections go when a name has several addresses, and which addresses a name has by the scenario
// itself, without a resolver. Knows no socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace ringstorm {

struct JsonFindings;
struct JsonNode;
struct Plan;

/// Which of a name's addresses the connections of a run go to.
enum class AddressChoice : std::uint8_t {
  happy_eyeballs,  ///< all to the one that accepts first when they are tried as RFC 8305 says (the default)
  first,           ///< all to the first that the resolver names
  spread,          ///< to each in turn, connection by connection
};

/// A name and its addresses, in order: IPv4 or IPv6 literals, the latter with a zone where they need one
/// ("fe80::1%eth0") and without brackets.
struct HostAddresses {
  std::string host;
  std::vector<std::string> addresses;

  friend bool operator==(const HostAddresses&, const HostAddresses&) = default;
};

/// What became of a target: where the connections of a run went, and who said so.
struct Destination {
  enum class Source : std::uint8_t {
    literal,      ///< the URL holds the address
    scenario,     ///< /resolve
    resolver,     ///< the system's: files, DNS
    unix_socket,  ///< a file
    embedded,     ///< the server that ringstorm started said it
  };
  Source source = Source::literal;
  std::vector<std::string> found;      ///< "127.0.0.1:9001", every address the target has, in order
  std::vector<std::string> used;       ///< those that connections went to
  std::vector<std::string> redirects;  ///< "302 to ws://b.example/": the steps that led to this target
  std::optional<Duration> resolving;   ///< what the resolver took; nothing when it was not asked
};

std::string_view to_string(Destination::Source source);

/// True for a literal address: what a connection can go to without a resolver.
bool is_address(std::string_view text);

/// The entry for `host`, in any case; null when there is none.
const HostAddresses* find_host(const std::vector<HostAddresses>& hosts, std::string_view host);

/// How many addresses the connections of a run will go to, or nothing when only a resolver knows.
std::optional<std::uint64_t> addresses_known_before(const Plan& plan);

/// Reads {"host": "address", "other": ["address", "address"]}; brackets round an IPv6 literal are taken off.
std::vector<HostAddresses> read_host_addresses(const JsonNode& node, const std::string& pointer,
                                               std::string_view expected, const JsonFindings& findings);

/// "example.org=127.0.0.1,::1", as a flag gives it; nothing when it is not of that form.
std::optional<HostAddresses> parse_host_addresses(std::string_view text);

/// Names without an address, addresses that are none, names given twice. `where` is a JSON pointer.
std::vector<Error> find_host_mistakes(const std::vector<HostAddresses>& hosts);

}  // namespace ringstorm
