// The certificate that `ringstorm serve --tls` presents: one that it was given, or one made on the spot.
#pragma once

#include <string>

#include "base/result.h"
#include "io/address.h"
#include "transport/self_signed.h"

namespace ringstorm {

struct ServeCertificate {
  Identity identity;
  /// Where a client finds the certificate that it is to trust. For one made on the spot that is a file in
  /// memory, "/proc/1234/fd/5": it goes with the process, however that ends.
  std::string path;
  Descriptor memory = {};
};

/// Reads both from PEM files.
Result<ServeCertificate> read_certificate(const std::string& certificate_path, const std::string& key_path);

/// For localhost, both loopback addresses, and the host of `listen` ("HOST:PORT").
Result<ServeCertificate> make_own_certificate(const std::string& listen);

}  // namespace ringstorm
