// wss against servers that share no code with ringstorm but OpenSSL, and against TLS that stalls, breaks off
// or lies: each end is counted by its cause, the sums hold, nothing hangs.
#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/peer.h"
#include "e2e/ringstorm.h"
#include "unit/transport/certificates.h"

namespace ringstorm::e2e {
namespace {

using test::CertificateWish;
using test::TestAuthority;
using test::TestFile;
using test::TestIdentity;
using testing::HasSubstr;

/// An authority, and a certificate of it in files.
class Secured {
 public:
  explicit Secured(const CertificateWish& wish = {}) : Secured(TestAuthority(), wish) {}

  std::vector<std::string> peer_arguments(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--certificate", certificate_.path(), "--key", key_.path()});
    return more;
  }
  const std::string& ca_file() const { return ca_.path(); }
  const std::string& certificate() const { return certificate_.path(); }
  const std::string& key() const { return key_.path(); }

 private:
  Secured(const TestAuthority& authority, const CertificateWish& wish)
      : ca_(authority.certificate()), identity_(authority.issue(wish)) {}

  TestFile ca_;
  TestIdentity identity_;
  TestFile certificate_{identity_.certificate};
  TestFile key_{identity_.private_key};
};

std::string wss(const Peer& peer) {
  return "wss" + peer.url().substr(2);
}

void expect_sound(const Outcome& outcome) {
  ASSERT_TRUE(outcome.report.is_object()) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "") << outcome.all();
  EXPECT_EQ(schema_violations(outcome.report), "");
  EXPECT_EQ(outcome.report["verdict"]["exit_code"], outcome.exit_code);
}

void expect_same_counts(const Outcome& outcome, const PeerCounts& peer) {
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  expect_sound(outcome);
  EXPECT_TRUE(outcome.report["errors"].empty()) << outcome.all();
  EXPECT_EQ(outcome.count("/messages/sent"), peer.messages);
  EXPECT_EQ(outcome.count("/messages/answered"), peer.messages);
  EXPECT_EQ(outcome.count("/bytes/received_payload"), peer.bytes);
  EXPECT_EQ(outcome.count("/connections/opened"), peer.connections);
  EXPECT_EQ(outcome.count("/connections/closed"), peer.connections);
  EXPECT_EQ(outcome.count("/tls/handshakes_full") + outcome.count("/tls/handshakes_resumed"),
            peer.connections);
  EXPECT_EQ(outcome.count("/phases/tls/count"), peer.connections);
}

class TlsIndependent : public testing::TestWithParam<const char*> {
 protected:
  Secured secured_;
  Peer peer_{GetParam(), secured_.peer_arguments()};
};

TEST_P(TlsIndependent, CountsTheSameOverTls) {
  const Outcome outcome =
      run({wss(peer_), "--ca-file", secured_.ca_file(), "-c", "20", "--in-flight", "4", "-d", "1s"});
  expect_same_counts(outcome, peer_.stop());
  EXPECT_EQ(outcome.report["tls"]["verified"], true);
}

TEST_P(TlsIndependent, EchoesWhatTakesManyRecords) {
  const Outcome outcome = run({wss(peer_), "--ca-file", secured_.ca_file(), "-c", "3", "--messages", "12",
                               "--size", "1MiB", "--binary", "--in-flight", "2"});
  expect_same_counts(outcome, peer_.stop());
}

TEST_P(TlsIndependent, IsNotTrustedUnlessItsAuthorityIs) {
  const Outcome outcome = run({wss(peer_), "-c", "4", "-d", "500ms"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  expect_sound(outcome);
  EXPECT_EQ(outcome.errors("certificate not trusted"), 4u) << outcome.all();
}

TEST_P(TlsIndependent, IsTakenUnseenWhenToldToAndTheReportSaysSo) {
  const Outcome outcome = run({wss(peer_), "--insecure", "-c", "4", "-d", "200ms"});
  expect_same_counts(outcome, peer_.stop());
  EXPECT_EQ(outcome.report["tls"]["verified"], false);
  EXPECT_THAT(outcome.out, HasSubstr("INSECURE"));
  EXPECT_THAT(outcome.err, HasSubstr("insecure"));
}

INSTANTIATE_TEST_SUITE_P(Servers, TlsIndependent, testing::Values("echo_websockets.py", "echo_ws.js"),
                         [](const auto& server) {
                           return std::string(server.param).ends_with("js") ? "Ws" : "Websockets";
                         });

TEST(TlsProxy, NginxInFrontOfAPlainServer) {
  const Secured secured;
  Peer plain("echo_ws.js");
  Peer nginx("tls_proxy.py", secured.peer_arguments({"--upstream", std::to_string(plain.port())}));
  // One after another, so that the later ones resume what the earlier ones left.
  const Outcome outcome = run({wss(nginx), "--ca-file", secured.ca_file(), "-c", "20", "--open-rate", "100/s",
                               "--in-flight", "4", "-d", "1s"});
  nginx.stop();
  expect_same_counts(outcome, plain.stop());
  EXPECT_GT(outcome.count("/tls/handshakes_resumed"), 0u) << outcome.all();
}

TEST(TlsProxy, NginxToldPlainHttpOnItsTlsPortSaysSo) {
  const Secured secured;
  Peer nginx("tls_proxy.py", secured.peer_arguments({"--upstream", "9"}));
  const Outcome outcome = run({nginx.url(), "-c", "4", "-d", "500ms"});
  nginx.stop();
  EXPECT_EQ(outcome.exit_code, 5);
  expect_sound(outcome);
  EXPECT_EQ(outcome.errors("http 400"), 4u) << outcome.all();
}

TEST(TlsRefused, AnExpiredCertificateAndOneForAnotherHost) {
  const Secured expired({.valid_from_days = -10, .valid_until_days = -1});
  Peer old("echo_websockets.py", expired.peer_arguments());
  const Outcome late = run({wss(old), "--ca-file", expired.ca_file(), "-c", "4", "-d", "500ms"});
  expect_sound(late);
  EXPECT_EQ(late.errors("certificate expired"), 4u) << late.all();

  const Secured elsewhere(
      {.common_name = "elsewhere", .dns_names = {"elsewhere.example"}, .addresses = {"127.0.0.2"}});
  Peer other("echo_websockets.py", elsewhere.peer_arguments());
  const Outcome wrong = run({wss(other), "--ca-file", elsewhere.ca_file(), "-c", "4", "-d", "500ms"});
  expect_sound(wrong);
  EXPECT_EQ(wrong.errors("certificate for another host"), 4u) << wrong.all();
}

// Whether the server's alert gets through before its end is up to the server.
TEST(TlsRefused, AClientWithoutTheCertificateItIsAskedForAndTakenWithIt) {
  const Secured secured;
  Peer peer("echo_websockets.py", secured.peer_arguments({"--client-ca", secured.ca_file()}));
  const Outcome without = run({wss(peer), "--ca-file", secured.ca_file(), "-c", "4", "-d", "500ms"});
  EXPECT_EQ(without.exit_code, 5);
  expect_sound(without);
  EXPECT_EQ(without.count("/connections/failed"), 4u) << without.all();

  const TestFile scenario(R"({"name": "ours", "tls": {"certificate": ")" + secured.certificate() +
                          R"(", "private_key": ")" + secured.key() + R"("}})");
  const Outcome with =
      run({scenario.path(), "--url", wss(peer), "--ca-file", secured.ca_file(), "-c", "4", "-d", "500ms"});
  EXPECT_EQ(with.exit_code, 0) << with.all();
  expect_sound(with);
  EXPECT_EQ(with.count("/connections/opened"), 4u);
}

TEST(TlsRefused, APlainServerOnAWssUrl) {
  const Secured secured;
  Peer peer("tls_hostile.py", secured.peer_arguments({"--behaviour", "plain-http"}));
  const Outcome outcome = run({wss(peer), "--insecure", "-c", "4", "-d", "500ms"});
  EXPECT_EQ(outcome.exit_code, 5);
  expect_sound(outcome);
  EXPECT_EQ(outcome.errors("no tls spoken here"), 4u) << outcome.all();
  EXPECT_THAT(outcome.out, HasSubstr("HTTP/1.1 400 Bad Request"));
}

struct Broken {
  const char* behaviour;
  int after;
};

void PrintTo(const Broken& value, std::ostream* out) {
  *out << value.behaviour << " " << value.after;
}

class BrokenHandshake : public testing::TestWithParam<Broken> {};

// Whatever byte it stalls or ends at, no connection opens, each has one cause, and the run ends.
TEST_P(BrokenHandshake, EndsAndIsCounted) {
  const Secured secured;
  const TestFile scenario(
      R"({"name": "broken", "connections": {"count": 4, "tls_timeout": "300ms"}, "duration": "200ms"})");
  Peer peer("tls_hostile.py", secured.peer_arguments({"--behaviour", GetParam().behaviour, "--after",
                                                      std::to_string(GetParam().after)}));
  const Outcome outcome = run({scenario.path(), "--url", wss(peer), "--ca-file", secured.ca_file()});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  expect_sound(outcome);
  EXPECT_EQ(outcome.count("/connections/failed"), 4u) << outcome.all();
  const std::string behaviour = GetParam().behaviour;
  if (behaviour == "stall") {
    EXPECT_EQ(outcome.errors("tls handshake timed out"), 4u) << outcome.all();
  }
  if (behaviour == "cut" || behaviour == "close-at-once") {
    EXPECT_EQ(outcome.errors("closed during the tls handshake") + outcome.errors("connection reset"), 4u)
        << outcome.all();
  }
}

INSTANTIATE_TEST_SUITE_P(Tls, BrokenHandshake,
                         testing::Values(Broken{"stall", 0}, Broken{"stall", 1}, Broken{"stall", 5},
                                         Broken{"stall", 60}, Broken{"stall", 133}, Broken{"stall", 500},
                                         Broken{"cut", 1}, Broken{"cut", 5}, Broken{"cut", 200},
                                         Broken{"close-at-once", 0}, Broken{"flip", 1}, Broken{"flip", 5},
                                         Broken{"flip", 40}, Broken{"flip", 300}));

TEST(TlsEnds, WithoutCloseNotifyAreCounted) {
  const Secured secured;
  Peer peer("tls_hostile.py", secured.peer_arguments({"--behaviour", "no-close-notify"}));
  const Outcome outcome = run({wss(peer), "--ca-file", secured.ca_file(), "-c", "4", "-d", "500ms"});
  expect_sound(outcome);
  EXPECT_EQ(outcome.count("/connections/lost"), 4u) << outcome.all();
  EXPECT_EQ(outcome.errors("ended without close_notify"), 4u) << outcome.all();
  EXPECT_EQ(outcome.count("/tls/ended_without_close_notify"), 4u);
}

}  // namespace
}  // namespace ringstorm::e2e
