// Where a URL points: parsed by uriparser, not yet resolved.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ringstorm {

struct Target {
  enum class Kind : std::uint8_t { network, unix_socket, embedded };
  Kind kind = Kind::network;
  std::string embedded_mode;  ///< embedded: "echo" or "sink"
  std::string socket_path;    ///< unix_socket: of its file, absolute
  std::string host;           ///< name or literal, without brackets; embedded: "127.0.0.1"
  std::uint16_t port =
      80;            ///< 443 by default for wss; embedded: 0, the server takes a free one; unix_socket: 0
  bool tls = false;  ///< wss
  std::string resource = "/";  ///< path and query, as sent in the request line
  std::string host_header;  ///< "host", or "host:port" when that is not the default, with brackets round an
                            ///< IPv6 literal
};

/// "ws://host[:port][/path][?query]", wss likewise,
/// "ws+unix:/socket[:/path][?query]" or "embedded:echo|sink". Errors name the URL and what is
/// wrong: no host, another scheme, a port out of range, credentials, a fragment (RFC
/// 6455 section 3 forbids one).
Result<Target> parse_target(std::string_view url);

/// True when the server shares this machine with the load: embedded, a Unix socket, 127.0.0.0/8, ::1 or
/// localhost.
bool is_local(const Target& target);

}  // namespace ringstorm
