// Options into an SSL_CTX, or everything that is wrong with them.
#pragma once

#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "transport/openssl.h"
#include "transport/tls_options.h"

namespace ringstorm {

/// A context and the key log that its connections write. Shared by threads; nothing but the log changes.
class TlsContext {
 public:
  explicit TlsContext(SslContext context);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* get() const { return context_.get(); }
  bool log_keys_to(const std::string& path);
  void log_key(const char* line);

 private:
  SslContext context_;
  std::mutex log_mutex_;
  std::FILE* log_ = nullptr;
};

Result<std::shared_ptr<TlsContext>> client_context(const TlsClientOptions& options);
Result<std::shared_ptr<TlsContext>> server_context(const TlsServerOptions& options);

/// True for an IPv4 or IPv6 address as text: a certificate names it as such, and SNI must not (RFC 6066 3).
bool is_address(const std::string& host);

}  // namespace ringstorm
