// OpenSSL's word on why a connection failed, as a cause that can be counted and a sentence that can be read.
#pragma once

#include <string>

#include "base/cause.h"
#include "transport/openssl.h"

namespace ringstorm {

struct TlsVerdict {
  Failure failure;
  std::string said;  ///< "self-signed certificate"
};

/// After a call that failed; reads OpenSSL's queue of errors.
TlsVerdict verdict_of(const SSL* ssl);

/// "CN = example.org".
std::string subject_of(const X509* certificate);

/// OpenSSL's last error in words, for messages about what was asked of it; empties its queue.
std::string last_openssl_error();

}  // namespace ringstorm
