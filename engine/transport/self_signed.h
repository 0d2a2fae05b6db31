// Certificates made on the spot: for a server that was given none, and for tests that need an expired one,
// one of another host, or an authority of their own. Keys are of P-256, so a full handshake costs little.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace ringstorm {

/// A certificate and the private key that belongs to it, both as PEM text (RFC 7468). The certificate may be
/// followed by those of its issuers.
struct Identity {
  std::string certificate;
  std::string key;
};

/// What a certificate is to say.
struct CertificateTerms {
  std::string common_name = "ringstorm";
  /// Whom it is good for: names and IP literals, the subject's alternative names (RFC 5280 section 4.2.1.6).
  std::vector<std::string> hosts = {};
  /// From when to when it is valid, counted from now.
  std::chrono::seconds begins = -std::chrono::hours(1);
  std::chrono::seconds ends = std::chrono::hours(24 * 30);
  bool authority = false;  ///< it signs others, and is no server's or client's own
};

/// Signed by `issuer`, or by itself when that is null. It serves at both ends of a connection. Fails when
/// OpenSSL cannot read the issuer, and for a host that is neither a name nor an address.
Result<Identity> make_certificate(const CertificateTerms& terms, const Identity* issuer = nullptr);

}  // namespace ringstorm
