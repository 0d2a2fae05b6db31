// The codec allocates nothing per frame and nothing per upgrade that goes well: counted by an operator new of
// our own.
#include <cstdlib>
#include <cstring>
#include <new>

#include <gtest/gtest.h>

#include "codec/decoder.h"
#include "codec/handshake.h"
#include "codec/secure_random.h"
#include "unit/codec/bytes.h"

namespace {

std::size_t allocations = 0;

}  // namespace

// Not inlined, or GCC takes a malloc here and a delete there for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace ringstorm {
namespace {

template <class Doing>
std::size_t allocations_while(Doing doing) {
  const std::size_t before = allocations;
  doing();
  return allocations - before;
}

TEST(Allocation, IsSeenByThisTest) {
  EXPECT_GT(allocations_while([] { ::operator delete(::operator new(1)); }), 0U);
}

TEST(Allocation, NoneToJudgeAnUpgradeResponse) {
  const std::vector<std::string> offered = {"chat", "superchat"};
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  const AcceptKey expected = accept_key(key);
  const std::string head = upgrade_response(key, "superchat");
  const std::string folded = "HTTP/1.1 101 Ok\r\nUpgrade: websocket\r\nX: a\r\n b\r\n\r\n";
  UpgradeJudgement judgement;
  EXPECT_EQ(allocations_while([&] { judgement = judge_upgrade_response(head, expected, offered, 8192); }),
            0U);
  EXPECT_EQ(judgement.verdict, UpgradeJudgement::Verdict::accepted);
  const std::string_view part = std::string_view(head).substr(0, head.size() - 1);
  EXPECT_EQ(allocations_while([&] { judgement = judge_upgrade_response(part, expected, offered, 8192); }),
            0U);
  EXPECT_EQ(judgement.verdict, UpgradeJudgement::Verdict::need_more);
  EXPECT_EQ(allocations_while([&] { judgement = judge_upgrade_response(folded, expected, offered, 8192); }),
            0U);
  EXPECT_EQ(judgement.verdict, UpgradeJudgement::Verdict::failed);
}

TEST(Allocation, NoneToWriteARequestAndItsKeys) {
  const UpgradeRequestTemplate request({.host = "example.org"});
  SecureRandom random;
  test::Bytes out(request.size());
  Nonce nonce{};
  EXPECT_EQ(allocations_while([&] {
              random.fill(nonce);
              const NonceText key = encode_nonce(nonce);
              request.write(out, key);
              accept_key({key.data(), key.size()});
            }),
            0U);
}

TEST(Allocation, NoneForMaskKeysAcrossRefillsAndReseeds) {
  SecureRandom random;
  EXPECT_EQ(allocations_while([&] {
              for (int i = 0; i < 3 * 1024 * 1024; ++i) random.next_mask_key();
            }),
            0U);
}

TEST(Allocation, NoneToDecode) {
  test::Bytes stream =
      test::join({test::hex("81 05 48 65 6c 6c 6f 01 03 48 65 6c 89 02 01 02 80 02 6c 6f 82 7e 00 80"),
                  test::Bytes(128), test::hex("88 02 03 e8 83 00")});
  Decoder decoder;
  const DecoderRules rules;
  int events = 0;
  EXPECT_EQ(allocations_while([&] {
              for (std::size_t at = 0; at < stream.size(); ++at) {
                std::span<std::byte> input(&stream[at], 1);
                while (decoder.next(input, rules).kind != DecoderEvent::Kind::need_more && !input.empty())
                  ++events;
              }
            }),
            0U);
}

}  // namespace
}  // namespace ringstorm
