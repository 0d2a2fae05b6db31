// What TLS costs a message and its reply, the kernel left out: one record sealed, one opened.
#include <memory>
#include <vector>

#include "micro/check.h"
#include "transport/self_signed.h"
#include "transport/tls.h"

namespace ringstorm::bench {
namespace {

constexpr std::size_t kPairs = 64;  // connections take turns, as they do in a shard

/// A client's stage and a server's, with their handshake behind them.
class Pair {
 public:
  Pair(TransportFactory& client, TransportFactory& server) : client_(client.make()), server_(server.make()) {
    client_->begin();
    server_->begin();
    while (client_->has_output() || server_->has_output()) {
      carry(*client_, *server_);
      carry(*server_, *client_);
    }
  }

  /// Whether the server's end got what the client's said.
  bool says(std::span<const std::byte> plain) {
    const std::size_t sealed = client_->seal(plain, wire_);
    std::span<std::byte> input = std::span(wire_).first(sealed);
    const TransportEvent event = server_->next(input, scratch_);
    return event.kind == TransportEvent::Kind::plaintext && event.bytes.size() == plain.size() && !event.more;
  }

 private:
  void carry(TransportStage& from, TransportStage& to) {
    std::span<std::byte> input = std::span(wire_).first(from.write_output(wire_));
    while (!input.empty()) {
      const TransportEvent event = to.next(input, scratch_);
      if (event.kind == TransportEvent::Kind::need_more) break;
    }
  }

  std::unique_ptr<TransportStage> client_;
  std::unique_ptr<TransportStage> server_;
  std::vector<std::byte> wire_ = std::vector<std::byte>(64 * 1024);
  std::vector<std::byte> scratch_ = std::vector<std::byte>(TransportStage::kScratchBytes);
};

std::unique_ptr<TransportFactory> client_factory(const char* suite) {
  TlsClientOptions options;
  options.choices.min_version = TlsVersion::tls13;
  options.choices.ciphersuites = suite;
  options.host = "localhost";
  options.insecure = true;
  return (*tls_client(options))->for_shard();
}

std::unique_ptr<TransportFactory> server_factory() {
  CertificateTerms terms;
  terms.hosts = {"localhost"};
  const auto identity = make_certificate(terms);
  TlsServerOptions options;
  options.certificate = identity->certificate;
  options.private_key = identity->key;
  return (*tls_server(options))->for_shard();
}

void tls_seal_and_open(benchmark::State& state, const char* suite) {
  const auto client = client_factory(suite);
  const auto server = server_factory();
  std::vector<std::unique_ptr<Pair>> pairs;
  for (std::size_t i = 0; i < kPairs; ++i) pairs.push_back(std::make_unique<Pair>(*client, *server));
  const std::vector<std::byte> plain = noise(static_cast<std::size_t>(state.range(0)));
  for (const auto& pair : pairs) {
    if (!checked(state, pair->says(plain), "the server's end heard something else")) return;
  }
  std::size_t turn = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(pairs[turn]->says(plain));
    turn = (turn + 1) % kPairs;
  }
  set_throughput(state, plain.size());
}
BENCHMARK_CAPTURE(tls_seal_and_open, aes_128_gcm, "TLS_AES_128_GCM_SHA256")->Arg(26)->Arg(1032)->Arg(16384);
BENCHMARK_CAPTURE(tls_seal_and_open, chacha20_poly1305, "TLS_CHACHA20_POLY1305_SHA256")
    ->Arg(26)
    ->Arg(1032)
    ->Arg(16384);

}  // namespace
}  // namespace ringstorm::bench
