#include "load/stamp.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using Kind = StampReading::Kind;

constexpr StampKey kKey{0x0a5f, {1, 2}};
constexpr Stamp kStamp{(1U << 28) - 1, (1ULL << 40) - 1, Instant{nanoseconds(0x0123456789abcde)}};

std::string text_of(const Stamp& stamp, const StampKey& key = kKey) {
  std::string text(kStampBytes, '\0');
  write_stamp(std::span<std::byte, kStampBytes>(reinterpret_cast<std::byte*>(text.data()), kStampBytes),
              stamp, key);
  return text;
}

StampReading found_in(const std::string& text, const StampKey& key = kKey) {
  return find_stamp(std::as_bytes(std::span(text)), key);
}

StampReading found_in_pieces(StampScanner& scanner, const std::string& text, std::size_t first,
                             std::size_t step) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = std::min(at == 0 && first > 0 ? first : step, text.size() - at);
    scanner.feed(std::as_bytes(std::span(text)).subspan(at, bytes), kKey);
    at += bytes;
  }
  return scanner.take();
}

TEST(Stamp, IsWrittenAsItIsDescribed) {
  const std::string text = text_of({0xabc, 0x12, Instant{nanoseconds(0x77)}});
  EXPECT_EQ(text.substr(0, 43), "~rs00000a5f0000abc0000000012000000000000077");
  EXPECT_EQ(text.back(), '~');
}

TEST(Stamp, IsFoundAnywhere) {
  for (std::size_t before = 0; before < 60; ++before) {
    const StampReading found = found_in(std::string(before, '~') + text_of(kStamp) + "~rs");
    EXPECT_EQ(found.kind, Kind::ours) << before;
    EXPECT_EQ(found.stamp, kStamp) << before;
  }
}

TEST(Stamp, IsNotOursWhenAnyOfItsBytesIsWrong) {
  for (std::size_t i = 0; i < kStampBytes; ++i) {
    std::string wrong = text_of(kStamp);
    wrong[i] = 'X';
    EXPECT_EQ(found_in(wrong).kind, i < 3 ? Kind::none : Kind::malformed) << i;
    wrong[i] = text_of(kStamp)[i] == '0' ? '1' : '0';
    EXPECT_NE(found_in(wrong).kind, Kind::ours) << i;
    const std::string cut = text_of(kStamp).substr(0, i);
    EXPECT_EQ(found_in(cut).kind, i < 3 ? Kind::none : Kind::malformed) << i;
  }
}

// Whoever sees stamps can repeat them, and cannot make others.
TEST(Stamp, OfThisRunWithoutItsCheckIsForged) {
  EXPECT_EQ(found_in(text_of(kStamp, {kKey.run, {1, 3}})).kind, Kind::forged);
  std::string later = text_of(kStamp);
  later[42] = later[42] == '0' ? '1' : '0';  // another intended time under the same check
  EXPECT_EQ(found_in(later).kind, Kind::forged);
}

TEST(Stamp, OfAnotherRunIsForeign) {
  const std::string other = text_of(kStamp, {kKey.run + 1, kKey.secret});
  EXPECT_EQ(found_in(other).kind, Kind::foreign);
  EXPECT_EQ(found_in("~rs" + other + text_of(kStamp)).stamp, kStamp) << "the first of ours counts";
}

TEST(StampScanner, FindsItHoweverTheMessageIsCut) {
  const std::string payload = "~r~rs" + text_of(kStamp) + "tail" + text_of({2, 2, Instant{}});
  StampScanner scanner{};
  for (std::size_t first = 0; first <= payload.size(); ++first) {
    for (std::size_t step = 1; step <= 53; step += 3) {
      const StampReading found = found_in_pieces(scanner, payload, first, step);
      EXPECT_EQ(found.kind, Kind::ours) << first << ' ' << step;
      EXPECT_EQ(found.stamp, kStamp) << first << ' ' << step;
    }
  }
}

TEST(StampScanner, TellsTheOthersApartToo) {
  StampScanner scanner{};
  for (const std::string& payload :
       {std::string("nothing here"), "~rs" + std::string(60, 'x'), text_of(kStamp).substr(0, 20),
        text_of(kStamp, {1, {}}), "~rs" + text_of(kStamp, {kKey.run, {}}) + "."}) {
    for (std::size_t step = 1; step <= payload.size(); ++step)
      EXPECT_EQ(found_in_pieces(scanner, payload, 0, step).kind, found_in(payload).kind) << payload;
  }
}

TEST(StampScanner, TakesNothingOverIntoTheNextMessage) {
  StampScanner scanner{};
  EXPECT_EQ(found_in_pieces(scanner, text_of(kStamp).substr(0, 20), 0, 7).kind, Kind::malformed);
  EXPECT_EQ(found_in_pieces(scanner, text_of(kStamp).substr(20), 0, 7).kind, Kind::none);
  EXPECT_EQ(found_in_pieces(scanner, text_of(kStamp), 0, 7).stamp, kStamp);
}

}  // namespace
}  // namespace ringstorm
