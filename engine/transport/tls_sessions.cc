#include "transport/tls_sessions.h"

#include <utility>

namespace ringstorm {

void TlsSessions::keep(SslSession session) {
  if (sessions_.size() == kMost) sessions_.erase(sessions_.begin());
  sessions_.push_back(std::move(session));
}

SslSession TlsSessions::take() {
  if (sessions_.empty()) return nullptr;
  if (SSL_SESSION_get_protocol_version(sessions_.back().get()) < TLS1_3_VERSION) {
    SSL_SESSION_up_ref(sessions_.back().get());
    return SslSession{sessions_.back().get()};
  }
  SslSession session = std::move(sessions_.back());
  sessions_.pop_back();
  return session;
}

}  // namespace ringstorm
