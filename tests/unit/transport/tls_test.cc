// The TLS stage, a client's side against a server's: whatever the pieces are that bytes come in, what the one
// says the other hears, and whatever is wrong is named.
#include "transport/tls.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/transport/tls_pair.h"

namespace ringstorm {
namespace {

using test::CertificateWish;
using test::converse;
using test::TestAuthority;
using test::TestFile;
using test::TestIdentity;
using test::TlsEnd;

using Kind = std::shared_ptr<const TransportKind>;

Kind made(const Result<Kind>& kind) {
  if (!kind) throw std::runtime_error(to_string(kind.error()));
  return *kind;
}

/// A server with a good certificate and a client that trusts it, each to be made otherwise.
class Tls : public testing::Test {
 protected:
  Tls() {
    client_options_.host = "localhost";
    client_options_.ca_file = ca_file_.path();
    server_options_ = server_with(authority_.issue());
  }

  static TlsServerOptions server_with(const TestIdentity& identity) {
    return {.choices = {},
            .certificate = identity.certificate,
            .private_key = identity.private_key,
            .client_ca_file = {}};
  }
  void use(const CertificateWish& wish) { server_options_ = server_with(authority_.issue(wish)); }

  /// Makes both ends' factories from the options as they are now.
  void make() {
    client_factory_ = made(tls_client(client_options_))->for_shard();
    server_factory_ = made(tls_server(server_options_))->for_shard();
  }

  /// The failure of the client of one whole conversation.
  Failure client_failure() {
    make();
    TlsEnd client(*client_factory_), server(*server_factory_);
    converse(client, server);
    said_ = client.stage().said();
    server_failure_ = server.failure;
    return client.failure;
  }

  TestAuthority authority_;
  TestFile ca_file_{authority_.certificate()};
  TlsClientOptions client_options_;
  TlsServerOptions server_options_;
  std::unique_ptr<TransportFactory> client_factory_;
  std::unique_ptr<TransportFactory> server_factory_;
  std::string said_;
  Failure server_failure_;
};

struct VersionsAndPieces : Tls, testing::WithParamInterface<std::tuple<TlsVersion, std::size_t>> {};

TEST_P(VersionsAndPieces, BothHearWhatTheOtherSays) {
  const auto [version, piece] = GetParam();
  client_options_.choices.min_version = client_options_.choices.max_version = version;
  make();
  TlsEnd client(*client_factory_), server(*server_factory_);
  converse(client, server, piece);
  ASSERT_TRUE(client.ready) << to_string(client.failure) << " " << client.stage().said();
  ASSERT_TRUE(server.ready) << to_string(server.failure);
  const std::string long_text(50'000, 'x');
  std::string all;
  for (const std::string& text : {std::string("a"), std::string("second"), long_text}) {
    server.take(client.seal(text), piece);
    client.take(server.seal(text), piece);
    all += text;
  }
  EXPECT_EQ(server.heard, all);
  EXPECT_EQ(client.heard, all);
  client.stage().close();
  converse(client, server, piece);
  EXPECT_TRUE(server.closed);
  server.stage().close();
  converse(client, server, piece);
  EXPECT_TRUE(client.closed);
  EXPECT_EQ(client.failure, Failure{});
  EXPECT_EQ(server.failure, Failure{});
}

INSTANTIATE_TEST_SUITE_P(Every, VersionsAndPieces,
                         testing::Combine(testing::Values(TlsVersion::tls12, TlsVersion::tls13),
                                          testing::Values(1, 2, 3, 5, 7, 21, 100, 1'000, 16'384, 100'000)));

TEST_F(Tls, VerifiesAnAddressAsAnAddress) {
  client_options_.host = "::1";
  EXPECT_EQ(client_failure(), Failure{}) << said_;
  client_options_.host = "127.0.0.2";
  EXPECT_EQ(client_failure(), Failure{Cause::certificate_wrong_host});
}

TEST_F(Tls, NamesWhatIsWrongWithACertificate) {
  use({.valid_from_days = -10, .valid_until_days = -2});
  EXPECT_EQ(client_failure(), Failure{Cause::certificate_expired});
  EXPECT_EQ(said_, "certificate has expired: CN = localhost");
  EXPECT_EQ(server_failure_, (Failure{Cause::tls_alert, 45})) << "the server is told: certificate_expired";
  use({.valid_from_days = 2});
  EXPECT_EQ(client_failure(), Failure{Cause::certificate_expired}) << "not valid yet";
  use({.common_name = "elsewhere", .dns_names = {"elsewhere.example"}, .addresses = {}});
  EXPECT_EQ(client_failure(), Failure{Cause::certificate_wrong_host});
  server_options_ = server_with(test::self_signed());
  EXPECT_EQ(client_failure(), Failure{Cause::certificate_untrusted});
  server_options_ = server_with(TestAuthority("another").issue());
  EXPECT_EQ(client_failure(), Failure{Cause::certificate_untrusted});
}

TEST_F(Tls, TrustsTheSystemsStoreUnlessToldOtherwise) {
  client_options_.ca_file.clear();
  EXPECT_EQ(client_failure(), Failure{Cause::certificate_untrusted});
}

TEST_F(Tls, InsecureTakesAnyCertificate) {
  client_options_.insecure = true;
  client_options_.ca_file.clear();
  server_options_ = server_with(test::self_signed({.valid_from_days = -10, .valid_until_days = -2}));
  EXPECT_EQ(client_failure(), Failure{}) << said_;
}

TEST_F(Tls, AServerMayAskForACertificate) {
  server_options_.client_ca_file = ca_file_.path();
  make();
  TlsEnd nameless(*client_factory_), server(*server_factory_);
  converse(nameless, server);
  EXPECT_EQ(nameless.failure, (Failure{Cause::tls_alert, 116})) << "certificate_required, RFC 8446 6";
  const TestIdentity own = authority_.issue({.common_name = "a client"});
  const TestFile certificate(own.certificate), key(own.private_key);
  client_options_.certificate = certificate.path();
  client_options_.private_key = key.path();
  EXPECT_EQ(client_failure(), Failure{}) << said_;
  EXPECT_EQ(server_failure_, Failure{});
}

TEST_F(Tls, VersionsThatDoNotMeetAreTheServersAlert) {
  client_options_.choices.max_version = TlsVersion::tls12;
  server_options_.choices.min_version = TlsVersion::tls13;
  EXPECT_EQ(client_failure(), (Failure{Cause::tls_alert, 70})) << "protocol_version";
}

TEST_F(Tls, TheChosenCipherIsTheOnlyOneTaken) {
  client_options_.choices.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256";
  server_options_.choices.ciphersuites = "TLS_AES_128_GCM_SHA256";
  EXPECT_EQ(client_failure(), (Failure{Cause::tls_alert, 40})) << "handshake_failure";
  server_options_.choices.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256";
  EXPECT_EQ(client_failure(), Failure{});
  client_options_.choices = {.max_version = TlsVersion::tls12, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"};
  server_options_.choices = {.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"};
  EXPECT_EQ(client_failure(), (Failure{Cause::tls_alert, 40}));
  client_options_.choices = {.groups = "P-384"};
  server_options_.choices = {.groups = "X25519"};
  EXPECT_EQ(client_failure(), (Failure{Cause::tls_alert, 40}));
}

TEST_F(Tls, PlainHttpIsCalledThat) {
  make();
  for (std::size_t piece : {1U, 4U, 1'000U}) {
    TlsEnd client(*client_factory_);
    std::string answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    const auto bytes = std::as_bytes(std::span(answer));
    client.take({bytes.begin(), bytes.end()}, piece);
    EXPECT_EQ(client.failure, Failure{Cause::tls_not_spoken}) << piece;
    EXPECT_EQ(client.stage().said(), answer.substr(0, piece));
  }
}

TEST_F(Tls, ABrokenRecordIsAViolation) {
  make();
  TlsEnd client(*client_factory_), server(*server_factory_);
  converse(client, server);
  std::vector<std::byte> record = server.seal("hello");
  record.back() ^= std::byte{1};
  client.take(record);
  EXPECT_EQ(client.failure, Failure{Cause::tls_protocol_violation});
  EXPECT_EQ(client.heard, "");
  EXPECT_TRUE(client.stage().has_output()) << "the peer is told";
}

TEST_F(Tls, TheEndOfTcpMeansWhatItCutsShort) {
  make();
  const Failure tcp{Cause::connection_closed};
  TlsEnd client(*client_factory_), server(*server_factory_);
  EXPECT_EQ(client.stage().ended(tcp), Failure{Cause::tls_closed});
  EXPECT_EQ(client.stage().ended({Cause::connection_reset}), Failure{Cause::connection_reset});
  converse(client, server);
  EXPECT_EQ(client.stage().ended(tcp), Failure{Cause::ended_without_close_notify});
  server.stage().close();
  converse(client, server);
  EXPECT_TRUE(client.closed);
  EXPECT_EQ(client.stage().ended(tcp), tcp);
}

struct Versions : Tls, testing::WithParamInterface<TlsVersion> {};
INSTANTIATE_TEST_SUITE_P(Both, Versions, testing::Values(TlsVersion::tls12, TlsVersion::tls13));

TEST_P(Versions, LaterConnectionsResumeWhatEarlierOnesLeft) {
  client_options_.choices.max_version = GetParam();
  make();
  for (int connection = 0; connection < 4; ++connection) {
    TlsEnd client(*client_factory_), server(*server_factory_);
    converse(client, server);
    ASSERT_TRUE(client.ready && server.ready);
    EXPECT_EQ(client.resumed, connection > 0);
    EXPECT_EQ(server.resumed, connection > 0);
  }
}

TEST_P(Versions, NothingIsResumedWhenEitherEndWillNot) {
  for (const bool client_resumes : {false, true}) {
    client_options_.choices = {.max_version = GetParam(), .resumption = client_resumes};
    server_options_.choices.resumption = !client_resumes;
    make();
    for (int connection = 0; connection < 3; ++connection) {
      TlsEnd client(*client_factory_), server(*server_factory_);
      converse(client, server);
      ASSERT_TRUE(client.ready && server.ready);
      EXPECT_FALSE(client.resumed || server.resumed);
    }
  }
}

TEST_F(Tls, SecretsAreLoggedWhenAskedFor) {
  const TestFile log("");
  client_options_.choices.key_log = log.path();
  EXPECT_EQ(client_failure(), Failure{});
  std::ifstream file(log.path());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(text.find("CLIENT_HANDSHAKE_TRAFFIC_SECRET "), std::string::npos) << text;
  EXPECT_NE(text.find("SERVER_TRAFFIC_SECRET_0 "), std::string::npos) << text;
}

// Whatever the room of a send buffer is, what is said to fit does, with the last words behind it.
TEST_P(Versions, WhatFitsFits) {
  client_options_.choices.max_version = GetParam();
  make();
  TlsEnd client(*client_factory_), server(*server_factory_);
  converse(client, server);
  const std::string text(100'000, 'p');
  std::size_t said = 0;
  for (std::size_t room = 0; room < 66'000; room += room < 1'000 ? 1 : 977) {
    std::vector<std::byte> wire(room);
    const std::size_t fits = client.stage().plain_room(room);
    if (fits == 0) continue;
    const std::size_t used = client.stage().seal(std::as_bytes(std::span(text)).first(fits), wire);
    ASSERT_FALSE(client.stage().has_output()) << "all of it was written where it should go, room " << room;
    ASSERT_LE(used + 40, room) << "and a close_notify would still fit";
    wire.resize(used);
    server.take(wire);
    said += fits;
  }
  EXPECT_EQ(server.heard.size(), said);
}

TEST_P(Versions, SeveralFramesAreOneRecord) {
  client_options_.choices.max_version = GetParam();
  make();
  TlsEnd client(*client_factory_), server(*server_factory_);
  converse(client, server);
  const std::size_t small = client.seal("a").size();
  EXPECT_LE(client.seal(std::string(10'000, 'a')).size(), 10'000 + small);
}

TEST_F(Tls, WhatCannotBeMeantIsRefusedWithItsPlace) {
  const TestFile rubbish("no pem");
  const TestIdentity own = authority_.issue();
  const TestFile certificate(own.certificate), key(own.private_key), other(authority_.issue().private_key);
  const auto refusal = [&](auto change) {
    TlsClientOptions options = client_options_;
    change(options);
    const auto result = tls_client(options);
    std::string all;
    if (result) return all;
    for (const Error& error : result.errors()) all += to_string(error) + "\n";
    return all;
  };
  using Options = TlsClientOptions;
  EXPECT_EQ(refusal([](Options&) {}), "");
  EXPECT_EQ(refusal([](Options& o) { o.ca_file = "/nowhere/ca.pem"; }),
            "/tls/ca_file: /nowhere/ca.pem cannot be read: No such file or directory\n");
  EXPECT_THAT(refusal([&](Options& o) { o.ca_file = rubbish.path(); }),
              testing::StartsWith("/tls/ca_file: " + rubbish.path() + " holds no certificate"));
  EXPECT_THAT(
      refusal([](Options& o) { o.choices.ciphers = "ECDHE-RSA-AES128-GCM-SHA265:HIGH:!aNULL"; }),
      testing::AllOf(testing::StartsWith("/tls/ciphers: unknown cipher \"ECDHE-RSA-AES128-GCM-SHA265\""),
                     testing::HasSubstr("did you mean \"ECDHE-RSA-AES128-GCM-SHA256\"?")));
  EXPECT_THAT(refusal([](Options& o) { o.choices.ciphersuites = "TLS_AES_128_GCM_SHA265"; }),
              testing::AllOf(testing::StartsWith("/tls/ciphersuites: unknown cipher suite"),
                             testing::HasSubstr("did you mean \"TLS_AES_128_GCM_SHA256\"?")));
  EXPECT_THAT(refusal([](Options& o) { o.choices.groups = "X25519:nonsense"; }),
              testing::StartsWith("/tls/groups: unknown group \"nonsense\""));
  EXPECT_THAT(refusal([](Options& o) {
                o.choices.min_version = TlsVersion::tls13;
                o.choices.max_version = TlsVersion::tls12;
              }),
              testing::StartsWith("/tls/min_version: "));
  EXPECT_THAT(refusal([&](Options& o) { o.certificate = certificate.path(); }),
              testing::StartsWith("/tls/certificate: needs its private_key"));
  EXPECT_THAT(refusal([&](Options& o) { o.private_key = key.path(); }),
              testing::StartsWith("/tls/private_key: needs its certificate"));
  EXPECT_THAT(refusal([&](Options& o) {
                o.certificate = certificate.path();
                o.private_key = other.path();
              }),
              testing::StartsWith("/tls/private_key: is not the key of the certificate"));
  EXPECT_THAT(refusal([&](Options& o) {
                o.certificate = rubbish.path();
                o.private_key = rubbish.path();
              }),
              testing::AllOf(testing::HasSubstr("/tls/certificate: holds no certificate"),
                             testing::HasSubstr("/tls/private_key: holds no private key")));
  EXPECT_THAT(refusal([](Options& o) { o.choices.key_log = "/nowhere/keys"; }),
              testing::StartsWith("/tls/key_log: /nowhere/keys cannot be written"));
}

}  // namespace
}  // namespace ringstorm
