// The server over TLS, with OpenSSL's own client at the other end.
#include "transport/tls.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "server/server.h"
#include "transport/self_signed.h"
#include "unit/server/running_server.h"
#include "unit/server/tls_client.h"
#include "unit/server/wire.h"

namespace ringstorm {
namespace {

using namespace testing;
using ::testing::StartsWith;

Identity identity_for_localhost() {
  CertificateTerms terms;
  terms.hosts = {"localhost"};
  return *make_certificate(terms);
}

ServerOptions over_tls(const Identity& identity, ServerOptions options = {}) {
  TlsServerOptions tls;
  tls.certificate = identity.certificate;
  tls.private_key = identity.key;
  options.stage = *tls_server(tls);
  return options;
}

/// A server over TLS, and clients that trust it.
class Tls : public ::testing::Test {
 protected:
  void serve(const ServerOptions& options = {}) { server_.emplace(over_tls(identity_, options)); }
  std::uint16_t port() { return server_->port; }

  /// Every sum of the counts.
  const ServerCounts& stop() {
    const ServerCounts& counts = server_->stop();
    const TlsCounts& tls = counts.tls;
    EXPECT_EQ(counts.accepted, tls.full + tls.resumed + tls.refused + tls.plain_http + tls.abandoned);
    expect_sums_to_close(counts);
    return counts;
  }

  const Identity identity_ = identity_for_localhost();
  const TlsClientRules rules_{identity_};

 private:
  std::optional<RunningServer> server_;
};

class TlsVersions : public Tls, public ::testing::WithParamInterface<int> {
 protected:
  const TlsClientRules rules_{identity_, GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Versions, TlsVersions, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) {
                           return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

TEST_P(TlsVersions, EchoesEveryLengthEncoding) {
  serve();
  TlsClient client(port(), rules_);
  ASSERT_TRUE(client.handshake());
  EXPECT_EQ(SSL_version(client.ssl()), GetParam());
  ASSERT_TRUE(client.upgrade());
  for (const std::size_t size : {0U, 1U, 125U, 126U, 16'384U, 65'535U, 65'536U, 300'000U}) {
    SCOPED_TRACE(size);
    const std::string payload = pattern(size);
    const std::string records = client.records_of(client_frame(kBinary, payload));
    std::thread sender([&] { EXPECT_TRUE(client.socket.send(records)); });
    const std::string expected = server_frame(kBinary, payload);
    EXPECT_TRUE(client.receive(expected.size()) == expected);
    sender.join();
  }
}

TEST_P(TlsVersions, ByteByByteIsTheSame) {
  serve();
  TlsClient client(port(), rules_);
  ASSERT_TRUE(client.handshake(1));
  const std::string records = client.records_of(std::string(kRequest) + client_frame(kText, "Hello"));
  ASSERT_TRUE(client.socket.send_in_pieces(records, 1));
  const std::string expected = std::string(kResponse) + server_frame(kText, "Hello");
  EXPECT_EQ(client.receive(expected.size()), expected);
}

TEST_P(TlsVersions, AnswersACloseAndEndsInGoodOrder) {
  serve();
  TlsClient client(port(), rules_);
  ASSERT_TRUE(client.handshake() && client.upgrade());
  ASSERT_TRUE(client.send(client_frame(kClose, code_bytes(1000))));
  const std::string answer = server_frame(kClose, code_bytes(1000));
  EXPECT_EQ(client.receive(answer.size()), answer);
  EXPECT_TRUE(client.is_told_the_end());
  const ServerCounts& counts = stop();
  EXPECT_EQ(counts.tls.full, 1U);
  EXPECT_EQ(counts.closes, (std::map<std::uint16_t, std::uint64_t>{{1000, 1}}));
}

TEST_P(TlsVersions, ATicketResumesTheSession) {
  ServerOptions options;
  options.shards = 2;  // a ticket of one is good for the other
  serve(options);
  std::vector<SSL_SESSION*> sessions;
  for (int i = 0; i < 6; ++i) {
    TlsClient client(port(), rules_);
    if (!sessions.empty()) SSL_set_session(client.ssl(), sessions.back());
    ASSERT_TRUE(client.handshake());
    EXPECT_EQ(client.is_resumed(), i > 0);
    ASSERT_TRUE(client.upgrade()) << "its answer comes behind the ticket of TLS 1.3";
    sessions.push_back(SSL_get1_session(client.ssl()));
    SSL_shutdown(client.ssl());  // the session of one that ends otherwise is not resumed
  }
  for (SSL_SESSION* session : sessions) SSL_SESSION_free(session);
  const ServerCounts& counts = stop();
  EXPECT_EQ(counts.tls.full, 1U);
  EXPECT_EQ(counts.tls.resumed, 5U);
}

TEST_P(TlsVersions, ARenegotiationIsRefusedAndHarmsNobody) {
  serve();
  TlsClient client(port(), rules_);
  ASSERT_TRUE(client.handshake() && client.upgrade());
  SSL_set_options(client.ssl(), SSL_OP_LEGACY_SERVER_CONNECT);
  if (GetParam() == TLS1_2_VERSION) {
    ASSERT_EQ(SSL_renegotiate(client.ssl()), 1);
    SSL_do_handshake(client.ssl());
    ASSERT_TRUE(client.socket.send(client.take_records()));
    client.receive(1);
    EXPECT_EQ(SSL_session_reused(client.ssl()), 0);
  } else {
    ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1) << "what TLS 1.3 has in its place";
    ASSERT_TRUE(client.send(client_frame(kText, "after")));
    EXPECT_EQ(client.receive(7), server_frame(kText, "after"));
  }
  TlsClient another(port(), rules_);
  EXPECT_TRUE(another.handshake() && another.upgrade());
}

TEST_F(Tls, ChoosesHttp11AndNothingElse) {
  serve();
  const unsigned char offered[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  TlsClient client(port(), rules_);
  SSL_set_alpn_protos(client.ssl(), offered, sizeof offered);
  ASSERT_TRUE(client.handshake() && client.upgrade());
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(client.ssl(), &chosen, &length);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), length), "http/1.1");
  TlsClient only_h2(port(), rules_);
  SSL_set_alpn_protos(only_h2.ssl(), offered, 3);
  EXPECT_FALSE(only_h2.handshake());
  const ServerCounts& counts = stop();
  EXPECT_EQ(counts.tls.full, 1U);
  EXPECT_EQ(counts.tls.refused, 1U);
}

TEST_F(Tls, PlainHttpIsAnsweredInKindAndCounted) {
  serve();
  RawClient client(port());
  ASSERT_TRUE(client.send(kRequest));
  EXPECT_THAT(client.receive_to_end(), StartsWith("HTTP/1.1 400 "));
  EXPECT_TRUE(client.ended());
  EXPECT_FALSE(client.was_reset());
  const ServerCounts& counts = stop();
  EXPECT_EQ(counts.tls.plain_http, 1U);
  EXPECT_EQ(counts.upgrades_refused, 1U);
}

TEST_F(Tls, GarbageIsRefused) {
  serve();
  for (const std::string& garbage :
       {std::string(1000, '\0'), std::string("\x16\x03\x01\xff\xff") + std::string(70'000, 'x'),
        std::string("\x15\x03\x03\x00\x02\x02\x28", 7), std::string("\x80\x2e\x01"),
        std::string(5000, '\xff')}) {
    RawClient client(port());
    client.send(garbage);
    client.stop_sending();
    client.receive_to_end();
    EXPECT_TRUE(client.ended());
  }
  const ServerCounts& counts = stop();
  EXPECT_EQ(counts.accepted, 5U);
  EXPECT_EQ(counts.tls.refused + counts.tls.abandoned, 5U);
  EXPECT_GE(counts.tls.refused, 3U);
}

TEST_F(Tls, AnOlderVersionIsRefused) {
  serve();
  const TlsClientRules old(identity_, TLS1_1_VERSION);
  TlsClient client(port(), old);
  SSL_set_security_level(client.ssl(), 0);
  EXPECT_FALSE(client.handshake());
  EXPECT_EQ(stop().tls.refused, 1U);
}

TEST_F(Tls, ACertificateThatIsNotTrustedCountsAsRefused) {
  serve();
  const TlsClientRules trusts_another(identity_for_localhost(), TLS1_2_VERSION);
  TlsClient client(port(), trusts_another);
  EXPECT_FALSE(client.handshake());
  client.socket.receive_to_end();
  EXPECT_EQ(stop().tls.refused, 1U);
}

// A handshake that stands still at any of its bytes is given up in time.
TEST_F(Tls, AStalledHandshakeIsGivenUp) {
  ServerOptions options;
  options.upgrade_timeout = milliseconds(300);
  serve(options);
  const std::string hello = TlsClient(port(), rules_).hello();
  std::vector<std::unique_ptr<TlsClient>> stalled;
  for (std::size_t bytes = 0; bytes <= hello.size(); ++bytes) {
    stalled.push_back(std::make_unique<TlsClient>(port(), rules_));
    ASSERT_TRUE(stalled.back()->socket.send(stalled.back()->hello().substr(0, bytes)));
  }
  for (const auto& client : stalled) {
    client->socket.receive_to_end();
    EXPECT_TRUE(client->socket.ended());
  }
  const ServerCounts& counts = stop();
  EXPECT_EQ(counts.tls.abandoned, counts.accepted);
  EXPECT_EQ(counts.upgrades_abandoned, counts.accepted);
}

TEST_F(Tls, ARecordThatCannotBeOpenedEndsTheConnection) {
  serve();
  TlsClient client(port(), rules_);
  ASSERT_TRUE(client.handshake() && client.upgrade());
  std::string records = client.records_of(client_frame(kText, "spoiled"));
  records.back() = static_cast<char>(records.back() ^ 1);
  ASSERT_TRUE(client.socket.send(records));
  EXPECT_EQ(client.receive(1), "");
  const ServerCounts& counts = stop();
  EXPECT_EQ(counts.tls.broken, 1U);
  EXPECT_EQ(counts.messages, 0U);
  EXPECT_EQ(counts.closes, (std::map<std::uint16_t, std::uint64_t>{{1006, 1}}));
}

TEST_F(Tls, AnEndWithoutCloseNotifyIsCounted) {
  serve();
  for (const bool notifies : {true, false}) {
    TlsClient client(port(), rules_);
    ASSERT_TRUE(client.handshake() && client.upgrade());
    if (notifies) SSL_shutdown(client.ssl());
    ASSERT_TRUE(client.socket.send(client.take_records()));
    client.socket.stop_sending();
    client.socket.receive_to_end();
    EXPECT_TRUE(client.socket.ended());
  }
  const ServerCounts& counts = stop();
  EXPECT_EQ(counts.tls.cut_short, 1U);
  EXPECT_EQ(counts.closes, (std::map<std::uint16_t, std::uint64_t>{{1006, 2}}));
}

// What a client is owed that has ended in good order, it gets.
TEST_F(Tls, AHalfClosedClientGetsItsEchoes) {
  serve();
  TlsClient client(port(), rules_);
  ASSERT_TRUE(client.handshake() && client.upgrade());
  const std::string payload = pattern(200'000);
  std::string records = client.records_of(client_frame(kBinary, payload));
  SSL_shutdown(client.ssl());
  records += client.take_records();
  std::thread sender([&] {
    EXPECT_TRUE(client.socket.send(records));
    client.socket.stop_sending();
  });
  EXPECT_TRUE(client.receive(server_frame(kBinary, payload).size()) == server_frame(kBinary, payload));
  sender.join();
  EXPECT_TRUE(client.is_told_the_end());
}

// Sends what it is given until the kernel takes no more for half a second; what it did not take.
std::string_view left_of(std::string_view records, RawClient& client) {
  while (!records.empty()) {
    const std::size_t taken = client.send_some(records, 500);
    if (taken == 0) break;
    records.remove_prefix(taken);
  }
  return records;
}

TEST_F(Tls, AClientThatDoesNotReadIsNotReadFrom) {
  constexpr int kEnough = 100;
  serve();
  TlsClient client(port(), rules_);
  ASSERT_TRUE(client.handshake() && client.upgrade());
  const std::string frame = client_frame(kBinary, pattern(1 << 20));
  int messages = 0;
  std::string records;
  std::string_view left;
  for (; messages < kEnough && left.empty(); ++messages) {
    records = client.records_of(frame);
    left = left_of(records, client.socket);
  }
  EXPECT_LT(messages, kEnough) << "it would take everything";
  std::thread sender([&] { EXPECT_TRUE(client.socket.send(left)); });
  for (int i = 0; i < messages; ++i) {
    const std::string expected = server_frame(kBinary, pattern(1 << 20));
    EXPECT_TRUE(client.receive(expected.size()) == expected) << i;
  }
  sender.join();
  EXPECT_LT(stop().peak_output_bytes, std::uint64_t{32} << 20);
}

TEST_F(Tls, TellsItsCountsOverTls) {
  serve();
  TlsClient client(port(), rules_);
  ASSERT_TRUE(client.handshake());
  ASSERT_TRUE(client.send("GET /.counts HTTP/1.1\r\nHost: a\r\n\r\n"));
  const std::string answer = client.receive(std::string::npos);
  const std::size_t body = answer.find("\r\n\r\n");
  ASSERT_NE(body, std::string::npos) << answer;
  const auto counts = nlohmann::json::parse(answer.substr(body));
  EXPECT_EQ(counts["tls"]["full"], 1);
  EXPECT_EQ(counts["tls"]["resumed"], 0);
  EXPECT_TRUE(client.is_told_the_end());
}

TEST_F(Tls, FaultsAreTheSameOverTls) {
  ServerOptions options;
  options.faults = *parse_fault_plan(std::vector<std::string>{"reset 100%"}, [](std::size_t) { return ""; });
  serve(options);
  TlsClient client(port(), rules_);
  ASSERT_TRUE(client.handshake() && client.upgrade());
  ASSERT_TRUE(client.send(client_frame(kText, "x")));
  client.socket.receive_to_end();
  EXPECT_TRUE(client.socket.was_reset());
  EXPECT_EQ(stop().faults.resets, 1U);
}

}  // namespace
}  // namespace ringstorm
