#include "load/payload.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

TEST(Payload, HasTheSizeAskedFor) {
  for (std::size_t bytes = 0; bytes <= 300; ++bytes) {
    EXPECT_EQ(make_payload(Filler::text, bytes, 1).size(), bytes);
    EXPECT_EQ(make_payload(Filler::binary, bytes, 1).size(), bytes);
  }
}

TEST(Payload, IsAFunctionOfItsSeed) {
  for (const Filler filler : {Filler::text, Filler::binary}) {
    EXPECT_EQ(make_payload(filler, 1000, 42), make_payload(filler, 1000, 42));
    EXPECT_NE(make_payload(filler, 1000, 42), make_payload(filler, 1000, 43));
  }
}

TEST(Payload, BinaryIsTheGeneratorsBytesInOrder) {
  // The first two outputs of SplitMix64 for the seed 1234567, least significant byte first.
  constexpr std::array<unsigned char, 12> kExpected{0x85, 0xFC, 0x08, 0xFB, 0x17, 0xD0,
                                                    0x9E, 0x59, 0xA5, 0x0F, 0x54, 0x58};
  const std::string bytes = make_payload(Filler::binary, kExpected.size(), 1234567);
  for (std::size_t i = 0; i < kExpected.size(); ++i)
    EXPECT_EQ(static_cast<unsigned char>(bytes[i]), kExpected[i]) << i;
}

TEST(Payload, AShorterOneIsThePrefixOfALongerOne) {
  EXPECT_TRUE(make_payload(Filler::text, 1000, 7).starts_with(make_payload(Filler::text, 123, 7)));
}

TEST(Payload, TextIsLettersDigitsAndSpaces) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ";
  const std::string text = make_payload(Filler::text, 100'000, 3);
  EXPECT_EQ(text.find_first_not_of(kAllowed), std::string::npos);
  for (const char c : kAllowed) EXPECT_NE(text.find(c), std::string::npos) << c;
}

TEST(Payload, BinaryUsesEveryByteAboutEquallyOften) {
  const std::string bytes = make_payload(Filler::binary, 256 * 1000, 3);
  std::array<int, 256> seen{};
  for (const char c : bytes) ++seen[static_cast<unsigned char>(c)];
  const auto [least, most] = std::minmax_element(seen.begin(), seen.end());
  EXPECT_GT(*least, 800);  // six standard deviations
  EXPECT_LT(*most, 1200);
}

}  // namespace
}  // namespace ringstorm
