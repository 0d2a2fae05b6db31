#include "codec/secure_random.h"

#include <bit>
#include <cstring>
#include <set>
#include <unordered_set>

#include <gtest/gtest.h>

#include "unit/codec/bytes.h"

namespace ringstorm {
namespace {

TEST(SecureRandom, NeverGivesTwoGeneratorsTheSameBytes) {
  SecureRandom a;
  SecureRandom b;
  test::Bytes from_a(16);
  test::Bytes from_b(16);
  a.fill(from_a);
  b.fill(from_b);
  EXPECT_NE(from_a, from_b);
}

// 65,536 keys of 32 bits collide about half a time; ten collisions have a chance of one in ten thousand
// million.
TEST(SecureRandom, GivesFreshKeys) {
  SecureRandom random;
  std::unordered_set<std::uint32_t> seen;
  for (int i = 0; i < 65'536; ++i) seen.insert(random.next_mask_key().wire);
  EXPECT_GT(seen.size(), 65'536U - 10);
}

TEST(SecureRandom, FillsEveryByteOfAnyLength) {
  SecureRandom random;
  for (const std::size_t bytes : {1U, 3U, 16U, 4095U, 4096U, 4097U, 20'000U}) {
    test::Bytes filled(bytes);
    test::Bytes ever_set(bytes);
    for (int round = 0; round < 12; ++round) {
      random.fill(filled);
      for (std::size_t i = 0; i < bytes; ++i) ever_set[i] |= filled[i];
    }
    for (std::size_t i = 0; i < bytes; ++i) ASSERT_NE(ever_set[i], std::byte{0}) << i << " of " << bytes;
  }
}

// 12 MiB cross two changes of key. No 16-byte block of the stream comes twice, and half of its bits are set.
TEST(SecureRandom, GoesOnUnpredictablyAcrossKeys) {
  SecureRandom random;
  std::set<std::uint64_t> blocks;
  std::uint64_t bits_set = 0;
  constexpr int kBlocks = 12 * 1024 * 1024 / 4096;
  test::Bytes batch(4096);
  for (int i = 0; i < kBlocks; ++i) {
    random.fill(batch);
    std::uint64_t first = 0;
    std::memcpy(&first, batch.data(), sizeof first);
    blocks.insert(first);
    bits_set += static_cast<std::uint64_t>(std::popcount(first));
  }
  EXPECT_EQ(blocks.size(), std::size_t{kBlocks});
  EXPECT_NEAR(static_cast<double>(bits_set) / kBlocks, 32.0, 1.0);
}

TEST(SecureRandom, TakesANewSeedEvery4MiB) {
  SecureRandom random;
  EXPECT_EQ(random.seeds(), 1U);
  test::Bytes bytes(SecureRandom::kBytesPerSeed);
  for (std::uint64_t seed = 1; seed < 5; ++seed) {
    random.fill(bytes);
    EXPECT_EQ(random.seeds(), seed);
    random.fill(std::span(bytes).first(1));
    EXPECT_EQ(random.seeds(), seed + 1);
    bytes.resize(SecureRandom::kBytesPerSeed - 1);
  }
}

TEST(SecureRandom, GivesTheFixedMaskKeyAndStillUnpredictableBytes) {
  SecureRandom random;
  constexpr MaskKey kFixed{0x12345678};
  random.fix_mask_key(kFixed);
  std::set<std::uint64_t> nonces;
  for (int i = 0; i < 3000; ++i) {
    ASSERT_EQ(random.next_mask_key(), kFixed);
    std::uint64_t nonce = 0;
    random.fill(std::as_writable_bytes(std::span(&nonce, 1)));
    nonces.insert(nonce);
  }
  EXPECT_EQ(nonces.size(), 3000U);
}

// fill may leave a batch with fewer bytes than a key has.
TEST(SecureRandom, MixesKeysAndBytes) {
  SecureRandom random;
  std::unordered_set<std::uint32_t> seen;
  test::Bytes odd(3);
  for (int i = 0; i < 10'000; ++i) {
    random.fill(odd);
    seen.insert(random.next_mask_key().wire);
  }
  EXPECT_GT(seen.size(), 10'000U - 5);
}

}  // namespace
}  // namespace ringstorm
