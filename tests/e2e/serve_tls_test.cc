// `ringstorm serve --tls` against clients that share no code with it, and what it says of certificates.
#include <csignal>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A server over TLS, with a certificate of its own unless the arguments give one.
class TlsServer {
 public:
  explicit TlsServer(std::vector<std::string> arguments = {}) : process_(line_with(std::move(arguments))) {
    EXPECT_TRUE(process_.wait_for_output("listening 127.0.0.1:")) << process_.err();
    certificate = word_after("certificate ");
    address = word_after("listening ");
  }
  std::string port() const { return address.substr(address.rfind(':') + 1); }

  /// Ends it; what it counted.
  nlohmann::json stop() {
    process_.signal(SIGTERM);
    EXPECT_EQ(process_.wait(), 0) << process_.err();
    const std::size_t line = process_.out().find("{\"connections\"");
    if (line == std::string::npos) return {};
    return nlohmann::json::parse(process_.out().substr(line));
  }

  std::string certificate;
  std::string address;

 private:
  static std::vector<std::string> line_with(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"serve", "--tls", "--listen", "127.0.0.1:0"});
    return command_line(std::move(arguments));
  }
  std::string word_after(const std::string& name) const {
    const std::size_t at = process_.out().find(name);
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size();
    return process_.out().substr(begin, process_.out().find('\n', begin) - begin);
  }

  Process process_;
};

std::string peer(const std::string& script) {
  return std::string{RINGSTORM_SOURCE_DIR} + "/tests/peers/" + script;
}

void expect_success(const std::vector<std::string>& argv) {
  Process client(argv);
  EXPECT_EQ(client.wait(), 0) << client.out() << client.err();
}

TEST(ServeTls, ServesPythonsWebsockets) {
  TlsServer server;
  expect_success({"/usr/bin/python3", "-B", peer("client_websockets.py"), "wss://" + server.address + "/",
                  "--ca", server.certificate});
  const auto counts = server.stop();
  EXPECT_EQ(counts["tls"]["full"], 1) << counts;
  EXPECT_EQ(counts["closes"]["1000"], 1) << counts;
}

TEST(ServeTls, ServesNpmsWs) {
  TlsServer server;
  expect_success({"node", peer("client_ws.js"), "wss://" + server.address + "/", server.certificate});
  const auto counts = server.stop();
  EXPECT_EQ(counts["tls"]["full"], 1) << counts;
  EXPECT_EQ(counts["closes"]["1000"], 1) << counts;
}

TEST(ServeTls, AClientThatDoesNotTrustItsCertificateIsCounted) {
  TlsServer server;
  Process client({"node", peer("client_ws.js"), "wss://" + server.address + "/"});
  EXPECT_EQ(client.wait(), 1);
  EXPECT_THAT(client.err(), HasSubstr("self-signed certificate"));
  const auto counts = server.stop();
  EXPECT_EQ(counts["connections"], 0) << counts;
  EXPECT_EQ(counts["upgrades_abandoned"], 1) << counts;
}

class ServeTlsVersions : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Versions, ServeTlsVersions, testing::Values("tls1_2", "tls1_3"),
                         [](const auto& version) { return std::string{version.param}; });

TEST_P(ServeTlsVersions, OpensslSClientVerifiesItAndSpeaksHttp11) {
  TlsServer server;
  const std::string ask =
      "printf 'GET /.counts HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' | openssl s_client -connect " +
      server.address + " -CAfile " + server.certificate +
      " -verify_return_error -verify_ip 127.0.0.1 -alpn h2,http/1.1 -ign_eof -" + GetParam();
  Process client({"sh", "-c", ask});
  EXPECT_EQ(client.wait(), 0) << client.err();
  EXPECT_THAT(client.out(), HasSubstr("Verification: OK"));
  EXPECT_THAT(client.out(), HasSubstr("ALPN protocol: http/1.1"));
  EXPECT_THAT(client.out(), HasSubstr("HTTP/1.1 200 OK"));
  EXPECT_THAT(client.out(), HasSubstr(R"("tls":{"full":1,"resumed":0)"));
}

TEST(ServeTls, PresentsTheCertificateItIsGiven) {
  const TemporaryFolder folder;
  const std::string certificate = folder.file("own.pem");
  const std::string key = folder.file("own.key");
  expect_success({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-subj", "/CN=given", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1", "-out",
                  certificate, "-keyout", key});
  TlsServer server({"--certificate", certificate, "--key", key});
  EXPECT_EQ(server.certificate, certificate);
  expect_success({"node", peer("client_ws.js"), "wss://" + server.address + "/", certificate});
  EXPECT_EQ(server.stop()["tls"]["full"], 1);
}

TEST(ServeTls, SaysWhatIsWrongWithACertificate) {
  const TemporaryFolder folder;
  const std::string text = folder.write("notes.txt", "no certificate at all\n");
  const Outcome absent =
      ringstorm({"serve", "--tls", "--certificate", "/nowhere/a.pem", "--key", "/nowhere/a.key"});
  EXPECT_EQ(absent.exit_code, 4);
  EXPECT_THAT(absent.err, HasSubstr("/nowhere/a.pem: it cannot be read: No such file or directory"));
  EXPECT_THAT(absent.err, HasSubstr("/nowhere/a.key: it cannot be read: No such file or directory"));
  const Outcome nonsense = ringstorm({"serve", "--tls", "--certificate", text, "--key", text});
  EXPECT_EQ(nonsense.exit_code, 4);
  EXPECT_THAT(nonsense.err, HasSubstr("--certificate " + text + ": holds no certificate that can be used"));
  EXPECT_THAT(nonsense.err, HasSubstr("--key " + text + ": holds no private key that can be used"));
  for (const std::vector<std::string>& half :
       {std::vector<std::string>{"serve", "--tls", "--certificate", text},
        std::vector<std::string>{"serve", "--certificate", text, "--key", text}})
    EXPECT_EQ(ringstorm(half).exit_code, 4);
}

/// Runs against the server that ringstorm starts itself.
class EmbeddedTls : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Modes, EmbeddedTls, testing::Values("echo", "sink"),
                         [](const auto& mode) { return std::string{mode.param}; });

TEST_P(EmbeddedTls, TrustsTheServersOwnCertificateAndAgreesWithItsCounts) {
  const Outcome outcome =
      run({std::string{"embedded:"} + GetParam(), "--tls", "-c", "20", "--messages", "500", "--verify"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(broken_sums(outcome), "");
  EXPECT_EQ(schema_violations(outcome.report), "");
  EXPECT_EQ(outcome.report["tls"]["verified"], true) << outcome.all();
  EXPECT_EQ(outcome.count("/phases/tls/count"), 20U);
  EXPECT_EQ(outcome.count("/server/tls/full"), outcome.count("/tls/handshakes_full"));
  EXPECT_EQ(outcome.count("/server/tls/resumed"), outcome.count("/tls/handshakes_resumed"));
  EXPECT_EQ(outcome.count("/server/tls/full") + outcome.count("/server/tls/resumed"), 20U);
  EXPECT_EQ(outcome.count("/server/tls/cut_short"), 0U);
  EXPECT_EQ(outcome.count("/server/messages"), 500U);
  EXPECT_EQ(outcome.count("/server/wrong_payloads"), 0U);
}

TEST(EmbeddedTlsScenario, ResumesUnlessItIsToldNotTo) {
  const TemporaryFolder folder;
  for (const bool resumes : {true, false}) {
    const std::string file = folder.write(
        "s.json",
        std::string{R"({"url": "embedded:echo", "server": {"tls": true}, "messages": 1,)"} +
            R"("connections": {"count": 10, "max_opening": 1}, "shards": 1, "tls": {"resumption": )" +
            (resumes ? "true" : "false") + "}}");
    const Outcome outcome = run({file});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
    EXPECT_EQ(outcome.count("/server/tls/full"), resumes ? 1U : 10U) << outcome.all();
    EXPECT_EQ(outcome.count("/server/tls/resumed"), resumes ? 9U : 0U);
  }
}

}  // namespace
}  // namespace ringstorm::e2e
