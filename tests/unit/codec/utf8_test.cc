#include "codec/utf8.h"

#include <array>

#include <gtest/gtest.h>

#include "base/prng.h"
#include "property/oracles.h"
#include "unit/codec/bytes.h"
#include "unit/codec/guarded.h"

namespace ringstorm {
namespace {

using test::Bytes;
using test::hex;
using test::Utf8Verdict;

Utf8Verdict verdict(std::span<const std::byte> text) {
  Utf8Validator validator;
  const std::size_t prefix = validator.valid_prefix(text);
  return {prefix, validator.complete()};
}

bool is_valid(std::span<const std::byte> text) {
  return verdict(text) == Utf8Verdict{text.size(), true};
}

TEST(Utf8, KnowsTheEdgesOfTheCodeSpace) {
  EXPECT_TRUE(is_valid(hex("")));
  EXPECT_TRUE(is_valid(hex("00 7f")));
  EXPECT_TRUE(is_valid(hex("c2 80  df bf")));
  EXPECT_TRUE(is_valid(hex("e0 a0 80  ed 9f bf  ee 80 80  ef bf bf")));
  EXPECT_TRUE(is_valid(hex("f0 90 80 80  f4 8f bf bf")));
  EXPECT_FALSE(is_valid(hex("c0 80"))) << "overlong";
  EXPECT_FALSE(is_valid(hex("c1 bf"))) << "overlong";
  EXPECT_FALSE(is_valid(hex("e0 9f bf"))) << "overlong";
  EXPECT_FALSE(is_valid(hex("f0 8f bf bf"))) << "overlong";
  EXPECT_FALSE(is_valid(hex("ed a0 80"))) << "surrogate";
  EXPECT_FALSE(is_valid(hex("ed bf bf"))) << "surrogate";
  EXPECT_FALSE(is_valid(hex("f4 90 80 80"))) << "above U+10FFFF";
  EXPECT_FALSE(is_valid(hex("f5 80 80 80")));
  EXPECT_FALSE(is_valid(hex("80")));
  EXPECT_FALSE(is_valid(hex("ff")));
  EXPECT_FALSE(is_valid(hex("ce ba e1 bd b9 cf"))) << "ends inside a code point";
}

TEST(Utf8, StopsAtTheFirstBadByte) {
  EXPECT_EQ(verdict(hex("61 62 ff 63")).valid_prefix, 2U);
  EXPECT_EQ(verdict(hex("61 f0 9f 41")).valid_prefix, 3U);
  EXPECT_EQ(verdict(hex("61 61 61 61 61 61 61 61 61 80")).valid_prefix, 9U);
}

TEST(Utf8, AgreesWithTheNaiveDecoderOnAllShortSequences) {
  std::array<std::byte, 3> text{};
  for (unsigned value = 0; value < 1U << 24; ++value) {
    text = {static_cast<std::byte>(value >> 16), static_cast<std::byte>(value >> 8 & 0xFF),
            static_cast<std::byte>(value & 0xFF)};
    const std::span<const std::byte> one(text.data(), 1), two(text.data(), 2);
    if ((value & 0xFFFF) == 0 && verdict(one) != test::naive_utf8(one)) FAIL() << std::hex << value;
    if ((value & 0xFF) == 0 && verdict(two) != test::naive_utf8(two)) FAIL() << std::hex << value;
    // Text is judged as it streams: a third byte cannot mend the first two, nor mean more behind ASCII than
    // alone.
    if ((value & 0xFF) != 0 && (verdict(two).valid_prefix < 2 || value >> 23 == 0)) continue;
    if (verdict(text) != test::naive_utf8(text)) FAIL() << std::hex << value;
  }
}

TEST(Utf8, AgreesWithTheNaiveDecoderOnSampledLongSequences) {
  Prng prng(11);
  for (int round = 0; round < 300'000; ++round) {
    std::array<std::byte, 4> text{static_cast<std::byte>(0xE0 + prng.below(32))};
    for (std::size_t i = 1; i < text.size(); ++i) {
      text[i] = static_cast<std::byte>(prng.below(8) == 0 ? prng.next() & 0xFF : 0x80 + prng.below(64));
    }
    ASSERT_EQ(verdict(text), test::naive_utf8(text)) << round;
  }
}

// A mix of every length, with runs of ASCII on both sides of the eight bytes that are skipped at a time.
TEST(Utf8, GivesTheSameVerdictAtEverySplit) {
  for (const char* tail : {"", "\xFF", "\x80", "\xE2\x82", "\xF0\x9F\x98\x80!"}) {
    const Bytes text = test::to_bytes(
        std::string("plain ascii, \xC3\xA9t\xC3\xA9 \xE2\x82\xAC 1234567 \xF0\x9F\x98\x80 end ") + tail);
    const Utf8Verdict whole = verdict(text);
    EXPECT_EQ(whole, test::naive_utf8(text));
    for (std::size_t split = 0; split <= text.size(); ++split) {
      Utf8Validator validator;
      std::size_t prefix = validator.valid_prefix(std::span(text).first(split));
      if (prefix == split) prefix += validator.valid_prefix(std::span(text).subspan(split));
      EXPECT_EQ((Utf8Verdict{prefix, validator.complete()}), whole) << split;
    }
  }
}

TEST(Utf8, ReadsNothingBeyondItsBytes) {
  test::GuardedBuffer buffer(300);
  for (std::size_t bytes = 0; bytes <= 300; ++bytes) {
    for (std::byte& byte : buffer.last(bytes)) byte = std::byte{'x'};
    ASSERT_TRUE(is_valid(buffer.last(bytes)));
    if (bytes == 0) continue;
    buffer.last(1)[0] = std::byte{0xC3};
    ASSERT_EQ(verdict(buffer.last(bytes)), (Utf8Verdict{bytes, false}));
  }
}

TEST(Utf8, StartsAfreshAfterReset) {
  Utf8Validator validator;
  EXPECT_TRUE(validator.feed(hex("e2 82")));
  EXPECT_FALSE(validator.complete());
  validator.reset();
  EXPECT_TRUE(validator.complete());
  EXPECT_TRUE(validator.feed(hex("41")));
}

}  // namespace
}  // namespace ringstorm
