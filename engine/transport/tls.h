// TLS 1.2 and 1.3 as a transport stage, by OpenSSL over memory: a client's side and a server's side of the
// same stage. One context for all connections of a plan; sessions to resume are kept by each shard for
// itself.
#pragma once

#include <cstddef>
#include <memory>

#include "base/result.h"
#include "transport/route.h"
#include "transport/tls_options.h"

namespace ringstorm {

/// Memory of one open connection that is silent: OpenSSL's objects, without record buffers, which it has only
/// while it needs them. Measured with OpenSSL 3.0 and TLS 1.3: 26 KiB more memory for each further
/// connection.
inline constexpr std::size_t kTlsConnectionBytes = 28 * 1024;

/// Asks for ALPN http/1.1 and names the host (SNI) unless that is an address; verifies unless told not to;
/// never renegotiates. Errors: unreadable or unfit files, unknown ciphers, suites or groups, versions that
/// leave none; `where` is the scenario's field ("/tls/ca_file").
Result<std::shared_ptr<const TransportKind>> tls_client(const TlsClientOptions& options);

/// Takes ALPN http/1.1 when it is offered. Errors as above.
Result<std::shared_ptr<const TransportKind>> tls_server(const TlsServerOptions& options);

}  // namespace ringstorm
