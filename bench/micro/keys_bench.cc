// Where a frame's mask key comes from. RFC 6455 section 10.3 wants it unpredictable; this is what that costs.
#include <algorithm>
#include <memory>
#include <set>

#include <openssl/evp.h>
#include <sys/random.h>

#include "base/check.h"
#include "codec/secure_random.h"
#include "micro/check.h"

namespace ringstorm::bench {
namespace {

constexpr std::size_t kBatchBytes = 4096;

struct FixedKey {
  MaskKey next() { return {0x3d21fa37}; }
};

struct SystemCallForEach {
  MaskKey next() {
    MaskKey key;
    RS_CHECK(getrandom(&key.wire, sizeof key.wire, 0) == sizeof key.wire);
    return key;
  }
};

struct EngineGenerator {
  MaskKey next() { return random.next_mask_key(); }
  SecureRandom random;
};

/// Four bytes off a batch that `Source` fills.
template <class Source>
struct Pool {
  MaskKey next() {
    if (used == batch.size()) {
      source.fill(batch);
      used = 0;
    }
    MaskKey key;
    std::memcpy(&key.wire, &batch[used], sizeof key.wire);
    used += sizeof key.wire;
    return key;
  }
  Source source;
  std::array<unsigned char, kBatchBytes> batch{};
  std::size_t used = kBatchBytes;
};

struct SystemBatch {
  void fill(std::span<unsigned char> out) {
    RS_CHECK(getrandom(out.data(), out.size(), 0) == static_cast<ssize_t>(out.size()));
  }
};

/// The key stream of RFC 8439, from a key of zeros: only its speed is asked for.
struct ChaCha20 {
  ChaCha20() : cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free) {
    constexpr unsigned char kKey[32] = {}, kCounterAndNonce[16] = {};
    RS_CHECK(cipher != nullptr);
    RS_CHECK(EVP_EncryptInit_ex(cipher.get(), EVP_chacha20(), nullptr, kKey, kCounterAndNonce) == 1);
  }
  void fill(std::span<unsigned char> out) {
    static constexpr std::array<unsigned char, kBatchBytes> kZeros{};
    int written = 0;
    RS_CHECK(EVP_EncryptUpdate(cipher.get(), out.data(), &written, kZeros.data(),
                               static_cast<int>(out.size())) == 1);
  }
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher;
};

// Not a test of randomness: it catches a generator that is stuck or returns nothing.
template <class Source>
bool looks_alive(Source& source) {
  std::set<std::uint32_t> keys;
  for (int i = 0; i < 10'000; ++i) keys.insert(source.next().wire);
  return keys.size() > 9'990;
}

template <class Source>
bool is_right(Source& source) {
  return looks_alive(source);
}

template <>
bool is_right(FixedKey& source) {
  return source.next() == source.next();
}

// RFC 8439 appendix A.1, test vector 1.
template <>
bool is_right(Pool<ChaCha20>& source) {
  constexpr unsigned char kFirst[] = {0x76, 0xb8, 0xe0, 0xad};
  const MaskKey key = source.next();
  return std::memcmp(&key.wire, kFirst, sizeof kFirst) == 0 && looks_alive(source);
}

template <class Source>
void next_key(benchmark::State& state) {
  const auto source = std::make_unique<Source>();
  if (!checked(state, is_right(*source), "these are not the keys they should be")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(source->next().wire);
  }
  set_throughput(state, sizeof(MaskKey));
}
BENCHMARK(next_key<FixedKey>)->Name("key/fixed");
BENCHMARK(next_key<EngineGenerator>)->Name("key/engine_aes_ctr");
BENCHMARK(next_key<Pool<ChaCha20>>)->Name("key/chacha20");
BENCHMARK(next_key<Pool<SystemBatch>>)->Name("key/getrandom_pooled");
BENCHMARK(next_key<SystemCallForEach>)->Name("key/getrandom");

// The larger pieces: nonces, payloads.
void fill_random(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  SecureRandom random;
  std::vector<std::byte> out(size);
  random.fill(out);
  const bool filled = std::ranges::any_of(out, [](std::byte b) { return b != std::byte{0}; });
  if (!checked(state, filled, "fill() left zeros")) return;
  for (auto _ : state) {
    random.fill(out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  set_throughput(state, size);
}
BENCHMARK(fill_random)->ArgName("bytes")->Arg(16)->Arg(1024)->Arg(16 << 10);

}  // namespace
}  // namespace ringstorm::bench
