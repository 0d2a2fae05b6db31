// Which HTTP proxy leads to the target: as a URL in the scenario or in the usual environment variables. Its
// password is never shown.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ringstorm {

/// In place of a URL: to be looked up by whoever reads the environment, before a plan is made.
inline constexpr std::string_view kProxyFromEnvironment = "environment";

struct Proxy {
  std::string host;  ///< name or literal, without brackets
  std::uint16_t port = 80;
  std::string credentials;  ///< the value of Proxy-Authorization; empty when it asks for none. Secret

  /// "http://proxy.example:3128, with a password".
  std::string shown() const;
};

/// "http://[user[:password]@]host[:port]", the scheme and port 80 when left out; user and password
/// percent-encoded. Errors name "/proxy/url" and what is wrong, without the password: another scheme (no
/// proxy is spoken to over TLS or by SOCKS), no host, a path.
Result<Proxy> parse_proxy(std::string_view url);

/// The value of an environment variable, null when it is not set.
using EnvironmentReader = std::function<const char*(const char* name)>;

/// What curl would use for `url`: http_proxy for ws, https_proxy for wss, else all_proxy, each in small
/// letters first and then in capitals; nothing when the host is among no_proxy ("*", names with all that ends
/// in them, literals; with a port or without) or is no network's. An empty variable is none.
std::optional<std::string> proxy_from_environment(std::string_view url, const EnvironmentReader& variable);

}  // namespace ringstorm
