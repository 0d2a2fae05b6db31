// OpenSSL's things as things that are owned. For the .cc files of this module alone.
#pragma once

#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace ringstorm {

template <auto Free>
struct OpensslFree {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};

using SslContext = std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, OpensslFree<SSL_free>>;
using SslSession = std::unique_ptr<SSL_SESSION, OpensslFree<SSL_SESSION_free>>;
using Bio = std::unique_ptr<BIO, OpensslFree<BIO_free>>;
using Certificate = std::unique_ptr<X509, OpensslFree<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;

}  // namespace ringstorm
