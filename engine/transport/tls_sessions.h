// The TLS sessions of one shard's connections, for later ones to resume.
#pragma once

#include <cstddef>
#include <vector>

#include "transport/openssl.h"

namespace ringstorm {

class TlsSessions {
 public:
  /// Beyond it the oldest are dropped; a session takes a few kilobytes, its certificates included.
  static constexpr std::size_t kMost = 256;

  TlsSessions() { sessions_.reserve(kMost); }
  void keep(SslSession session);
  /// The newest. A ticket of TLS 1.3 is given out once (RFC 8446 C.4: else an observer could tell that two
  /// connections are of one client), a session of TLS 1.2 again and again. Null when there is none.
  SslSession take();

 private:
  std::vector<SslSession> sessions_;  ///< oldest first
};

}  // namespace ringstorm
