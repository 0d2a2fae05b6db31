// A stage that asks an HTTP proxy for the way to the server (CONNECT, RFC 9110 section 9.3.6), and then lets
// everything pass.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "transport/route.h"

namespace ringstorm {

struct HttpProxyRules {
  std::string authority;                   ///< of the server: "example.org:443", "[::1]:80"
  std::string credentials;                 ///< the value of Proxy-Authorization; none when empty
  std::size_t max_head_bytes = 16 * 1024;  ///< of the proxy's answer
};

/// For a plan's route, before any other stage: it knows nothing of TLS.
std::shared_ptr<const TransportKind> http_proxy(const HttpProxyRules& rules);

}  // namespace ringstorm
