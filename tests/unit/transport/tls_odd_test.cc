// A client's TLS stage against a server that OpenSSL itself is, without our stage: what our server never
// does, a peer may.
#include <optional>

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "unit/transport/tls_pair.h"

namespace ringstorm {
namespace {

/// A server over two memories, to be told to do odd things.
class OddServer {
 public:
  OddServer(const test::TestIdentity& identity, int version) : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_set_max_proto_version(context_.get(), version);
    const Bio certificate{BIO_new_mem_buf(identity.certificate.data(), -1)};
    const Bio key{BIO_new_mem_buf(identity.private_key.data(), -1)};
    const Certificate own{PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr)};
    const PrivateKey own_key{PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr)};
    SSL_CTX_use_certificate(context_.get(), own.get());
    SSL_CTX_use_PrivateKey(context_.get(), own_key.get());
    ssl_.reset(SSL_new(context_.get()));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_accept_state(ssl_.get());
  }

  SSL* ssl() { return ssl_.get(); }
  void take(const std::vector<std::byte>& bytes) {
    if (!bytes.empty()) BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
    char heard[1'000];
    for (int count; (count = SSL_read(ssl(), heard, sizeof heard)) > 0;)
      heard_.append(heard, static_cast<std::size_t>(count));
  }
  std::vector<std::byte> output() {
    std::vector<std::byte> bytes(BIO_ctrl_pending(out_));
    if (!bytes.empty()) BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  const std::string& heard() const { return heard_; }

 private:
  SslContext context_;
  Ssl ssl_;
  BIO* in_;
  BIO* out_;
  std::string heard_;
};

class OddTls : public testing::Test {
 protected:
  void begin(int version) {
    server_.emplace(authority_.issue(), version);
    TlsClientOptions options;
    options.host = "localhost";
    options.ca_file = ca_file_.path();
    factory_ = (*tls_client(options))->for_shard();
    client_.emplace(*factory_);
    converse();
    ASSERT_TRUE(client_->ready) << to_string(client_->failure);
  }
  void converse() {
    for (int turns = 0; turns < 10; ++turns) {
      server_->take(client_->output());
      client_->take(server_->output());
    }
  }

  test::TestAuthority authority_;
  test::TestFile ca_file_{authority_.certificate()};
  std::unique_ptr<TransportFactory> factory_;
  std::optional<OddServer> server_;
  std::optional<test::TlsEnd> client_;
};

TEST_F(OddTls, ARenegotiationIsRefusedAndCountedAndTheConnectionLives) {
  begin(TLS1_2_VERSION);
  ASSERT_EQ(SSL_renegotiate(server_->ssl()), 1);
  SSL_do_handshake(server_->ssl());
  client_->take(server_->output());
  EXPECT_EQ(factory_->refused_renegotiations(), 1u);
  EXPECT_EQ(client_->failure, Failure{});
  // What the client says after its refusal is still said with the old keys.
  EXPECT_GT(client_->seal("hello").size(), 0u);
}

TEST_F(OddTls, NewKeysAreTakenAndAnsweredWithTheNextRecord) {
  begin(TLS1_3_VERSION);
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(SSL_key_update(server_->ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_EQ(SSL_write(server_->ssl(), "abc", 3), 3);
    client_->take(server_->output());
    server_->take(client_->seal("xyz"));
    converse();
  }
  EXPECT_EQ(client_->failure, Failure{});
  EXPECT_EQ(client_->heard, "abcabcabc");
  EXPECT_EQ(server_->heard(), "xyzxyzxyz");
}

// Whatever the room is, the answer to a KeyUpdate fits in front of what is said.
TEST_F(OddTls, TheAnswerToNewKeysFits) {
  begin(TLS1_3_VERSION);
  SSL_key_update(server_->ssl(), SSL_KEY_UPDATE_REQUESTED);
  SSL_write(server_->ssl(), "abc", 3);
  client_->take(server_->output());
  std::vector<std::byte> room(400);
  const std::string text(client_->stage().plain_room(room.size()), 'p');
  const std::size_t used = client_->stage().seal(std::as_bytes(std::span(text)), room);
  EXPECT_FALSE(client_->stage().has_output()) << "nothing is left over";
  room.resize(used);
  server_->take(room);
  EXPECT_EQ(server_->heard(), text);
}

}  // namespace
}  // namespace ringstorm
