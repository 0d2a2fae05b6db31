// A TLS client of OpenSSL's over a blocking socket. The records go through the test's hands, which can cut
// them into pieces, hold them back and spoil them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "transport/self_signed.h"
#include "unit/server/raw_client.h"

namespace ringstorm::testing {

/// What the client trusts and offers.
class TlsClientRules {
 public:
  explicit TlsClientRules(const Identity& trusted, int version = 0)
      : context_(SSL_CTX_new(TLS_client_method())) {
    BIO* bio = BIO_new_mem_buf(trusted.certificate.data(), static_cast<int>(trusted.certificate.size()));
    X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), certificate);
    X509_free(certificate);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
  }
  SSL_CTX* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
};

class TlsClient {
 public:
  TlsClient(std::uint16_t port, const TlsClientRules& rules)
      : socket(port), ssl_(SSL_new(rules.get())), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_connect_state(ssl_.get());
    SSL_set1_host(ssl_.get(), "localhost");
  }

  SSL* ssl() const { return ssl_.get(); }

  /// What the client would send now.
  std::string take_records() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(out_, &data);
    std::string records(data, static_cast<std::size_t>(size));
    BIO_reset(out_);
    return records;
  }
  /// The first flight.
  std::string hello() {
    SSL_do_handshake(ssl_.get());
    return take_records();
  }
  std::string records_of(std::string_view plain) {
    std::size_t written = 0;
    SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written);
    EXPECT_EQ(written, plain.size());
    return take_records();
  }
  /// Sends everything in pieces of `piece` bytes.
  bool handshake(std::size_t piece = 1U << 20) {
    for (;;) {
      const int done = SSL_do_handshake(ssl_.get());
      if (!socket.send_in_pieces(take_records(), piece)) return false;
      if (done == 1) return true;
      if (SSL_get_error(ssl_.get(), done) != SSL_ERROR_WANT_READ || !take_some(10'000)) {
        socket.send(take_records());
        return false;
      }
    }
  }
  bool send(std::string_view plain) { return socket.send(records_of(plain)); }
  /// Exactly so many bytes, or fewer when the stream ends or nothing comes for ten seconds.
  std::string receive(std::size_t bytes) {
    std::string all;
    while (all.size() < bytes) {
      char piece[16384];
      std::size_t got = 0;
      if (SSL_read_ex(ssl_.get(), piece, std::min(sizeof piece, bytes - all.size()), &got) == 1) {
        all.append(piece, got);
      } else if (SSL_get_error(ssl_.get(), 0) != SSL_ERROR_WANT_READ || !take_some(10'000)) {
        break;
      }
    }
    return all;
  }
  bool upgrade() { return send(kRequest) && receive(kResponse.size()) == kResponse; }
  /// Reads on until the server ends; true when it said so before it did (close_notify).
  bool is_told_the_end() {
    receive(std::string::npos);
    return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }
  bool is_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

  RawClient socket;

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  bool take_some(int patience_ms) {
    const std::string records = socket.receive_some(patience_ms);
    if (!records.empty()) BIO_write(in_, records.data(), static_cast<int>(records.size()));
    return !records.empty();
  }

  std::unique_ptr<SSL, Free> ssl_;
  BIO* in_;
  BIO* out_;
};

}  // namespace ringstorm::testing
