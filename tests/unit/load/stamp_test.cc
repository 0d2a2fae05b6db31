#include "load/stamp.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

constexpr std::uint16_t kTag = 0x0a5f;
constexpr Stamp kStamp{(1U << 28) - 1, (1ULL << 40) - 1, Instant{nanoseconds(0x0123456789abcde)}};

std::string text_of(const Stamp& stamp, std::uint16_t tag = kTag) {
  std::string text(kStampBytes, '\0');
  write_stamp(std::span<std::byte, kStampBytes>(reinterpret_cast<std::byte*>(text.data()), kStampBytes),
              stamp, tag);
  return text;
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(Stamp, IsWrittenAsItIsDescribed) {
  EXPECT_EQ(text_of({0xabc, 0x12, Instant{nanoseconds(0x77)}}), "~rs0a5f0000abc0000000012000000000000077~");
}

TEST(Stamp, IsFoundAnywhere) {
  for (std::size_t before = 0; before < 50; ++before) {
    const std::string payload = std::string(before, '~') + text_of(kStamp) + "~rs";
    EXPECT_EQ(find_stamp(bytes_of(payload), kTag), kStamp) << before;
  }
}

TEST(Stamp, IsNotFoundWhenAnyOfItsBytesIsWrong) {
  for (std::size_t i = 0; i < kStampBytes; ++i) {
    std::string wrong = text_of(kStamp);
    wrong[i] = 'X';
    EXPECT_FALSE(find_stamp(bytes_of(wrong), kTag).has_value()) << i;
    EXPECT_FALSE(find_stamp(bytes_of(text_of(kStamp)).first(i), kTag).has_value()) << i;
  }
}

TEST(Stamp, OfAnotherRunIsPassedOver) {
  const std::string payload = text_of({1, 1, Instant{}}, kTag + 1) + text_of(kStamp);
  EXPECT_EQ(find_stamp(bytes_of(payload), kTag), kStamp);
  EXPECT_NE(stamp_tag(1), stamp_tag(2));
}

TEST(StampScanner, FindsItHoweverTheMessageIsCut) {
  const std::string payload = "~r~rs" + text_of(kStamp) + "tail" + text_of({2, 2, Instant{}});
  for (std::size_t first = 0; first <= payload.size(); ++first) {
    for (std::size_t step = 1; step <= 41; step += 3) {
      StampScanner scanner{};
      std::vector<Stamp> found;
      for (std::size_t at = 0; at < payload.size();) {
        const std::size_t bytes = std::min(at == 0 && first > 0 ? first : step, payload.size() - at);
        if (const auto stamp = scanner.feed(bytes_of(payload).subspan(at, bytes), kTag))
          found.push_back(*stamp);
        at += bytes;
      }
      EXPECT_EQ(found, std::vector{kStamp}) << first << ' ' << step;
    }
  }
}

TEST(StampScanner, TakesNothingOverIntoTheNextMessage) {
  const std::string payload = text_of(kStamp);
  StampScanner scanner{};
  EXPECT_FALSE(scanner.feed(bytes_of(payload).first(20), kTag).has_value());
  scanner.end_message();
  EXPECT_FALSE(scanner.feed(bytes_of(payload).subspan(20), kTag).has_value());
  scanner.end_message();
  EXPECT_EQ(scanner.feed(bytes_of(payload), kTag), kStamp);
}

}  // namespace
}  // namespace ringstorm
