// What an upgrade costs: the nonce's text, the accept key, and judging a server's answer.
#include <string>

#include "codec/handshake.h"
#include "micro/check.h"

namespace ringstorm::bench {
namespace {

// The example of RFC 6455 section 1.3.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

template <std::size_t N>
std::string_view text_of(const std::array<char, N>& text) {
  return {text.data(), N};
}

void compute_accept_key(benchmark::State& state) {
  if (!checked(state, text_of(accept_key(kKey)) == kAccept, "differs from RFC 6455 section 1.3")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(accept_key(kKey));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(compute_accept_key);

void encode_nonce_text(benchmark::State& state) {
  Nonce nonce;
  std::ranges::copy(std::as_bytes(std::span("the sample nonce", 16)), nonce.begin());
  if (!checked(state, text_of(encode_nonce(nonce)) == kKey, "differs from RFC 6455 section 1.3")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(nonce);
    benchmark::DoNotOptimize(encode_nonce(nonce));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encode_nonce_text);

void write_request(benchmark::State& state) {
  const UpgradeRequestTemplate request({.target = "/chat", .host = "example.org:9001"});
  NonceText key;
  std::ranges::copy(std::string_view(kKey), key.begin());
  std::vector<std::byte> out(request.size());
  request.write(out, key);
  const std::string_view text(reinterpret_cast<const char*>(out.data()), out.size());
  const bool right = parse_upgrade_request(text, 16 * 1024).key == kKey && text.starts_with("GET /chat ");
  if (!checked(state, right, "the request does not hold its key")) return;
  for (auto _ : state) {
    request.write(out, key);
    benchmark::ClobberMemory();
  }
  set_throughput(state, out.size());
}
BENCHMARK(write_request);

void judge_response(benchmark::State& state) {
  const std::string head =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  const AcceptKey expected = accept_key(kKey);
  const auto judge = [&] { return judge_upgrade_response(head, expected, {}, 16 * 1024); };
  const UpgradeJudgement judgement = judge();
  const bool right =
      judgement.verdict == UpgradeJudgement::Verdict::accepted && judgement.head_bytes == head.size();
  if (!checked(state, right, "a good answer was not accepted")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(judge());
  }
  set_throughput(state, head.size());
}
BENCHMARK(judge_response);

}  // namespace
}  // namespace ringstorm::bench
