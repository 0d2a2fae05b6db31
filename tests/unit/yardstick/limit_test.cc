#include "yardstick/limit.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace ringstorm::yardstick {
namespace {

constexpr std::uint32_t kConstant = 0x3d21fa37;

std::vector<std::byte> some_bytes(std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 256);
  return bytes;
}

// By words of the constant, up to the end of the last block that holds some of the `count` bytes.
std::vector<std::byte> by_definition(std::vector<std::byte> bytes, std::size_t count) {
  std::byte key[4];
  std::memcpy(key, &kConstant, sizeof key);
  const std::size_t end = (count + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  for (std::size_t i = 0; i < end; ++i) bytes[i] ^= key[i % 4];
  return bytes;
}

constexpr std::size_t kRoom = 2048;
const std::size_t kCounts[] = {0, 1, 63, 64, 65, 448, 511, 512, 513, 576, 1000, 1024, 1100, 1900};

TEST(Limit, InPlaceXorsWholeBlocksAndNothingElse) {
  for (const Limit& limit : limits()) {
    if (!limit.is_supported()) continue;
    for (const std::size_t count : kCounts) {
      std::vector<std::byte> data = some_bytes(kRoom);
      limit.in_place(data.data(), count, kConstant);
      EXPECT_EQ(data, by_definition(some_bytes(kRoom), count)) << limit.name << " " << count;
    }
  }
}

TEST(Limit, CopyXorsWholeBlocksAndNothingElse) {
  for (const Limit& limit : limits()) {
    if (!limit.is_supported()) continue;
    for (const std::size_t count : kCounts) {
      std::vector<std::byte> copy(kRoom);
      const std::vector<std::byte> source = some_bytes(kRoom);
      limit.copy(copy.data(), source.data(), count, kConstant);
      const std::size_t end = (count + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
      std::vector<std::byte> expected = by_definition(source, count);
      std::fill(expected.begin() + static_cast<std::ptrdiff_t>(end), expected.end(), std::byte{0});
      EXPECT_EQ(copy, expected) << limit.name << " " << count;
    }
  }
}

TEST(Limit, ReadSeesEveryWordOfItsBlocksAndNoOther) {
  constexpr std::size_t kCount = 1100, kEnd = 1152;
  for (const Limit& limit : limits()) {
    if (!limit.is_supported()) continue;
    for (std::size_t at = 0; at < kRoom; at += sizeof(std::uint32_t)) {
      std::vector<std::byte> data(kRoom);
      std::memcpy(&data[at], &kConstant, sizeof kConstant);
      EXPECT_EQ(limit.read(data.data(), kCount), at < kEnd ? kConstant : 0) << limit.name << " " << at;
    }
  }
}

TEST(Limit, AnyAddressWillDo) {
  for (const Limit& limit : limits()) {
    if (!limit.is_supported()) continue;
    std::vector<std::byte> data = some_bytes(kRoom), copy(kRoom);
    limit.copy(&copy[5], &data[3], 1024, kConstant);
    limit.in_place(&data[3], 1024, kConstant);
    EXPECT_TRUE(std::equal(&copy[5], &copy[5] + 1024, &data[3])) << limit.name;
    std::vector<std::byte> zeros(kRoom);
    zeros[3 + 1023] = std::byte{1};
    EXPECT_NE(limit.read(&zeros[3], 1024), 0U) << limit.name;
  }
}

TEST(Limit, TheWidestComesFirst) {
  EXPECT_TRUE(widest_limit().is_supported());
  for (const Limit& limit : limits()) {
    if (limit.name == widest_limit().name) break;
    EXPECT_FALSE(limit.is_supported()) << limit.name;
  }
  EXPECT_TRUE(limits().back().is_supported());
}

TEST(Yardsticks, MemcpyCopiesAndTheEmptyCallTouchesNothing) {
  const std::vector<std::byte> source = some_bytes(100);
  std::vector<std::byte> copy(100), untouched = source;
  copy_by_memcpy(copy.data(), source.data(), 77, kConstant);
  EXPECT_TRUE(std::equal(copy.begin(), copy.begin() + 77, source.begin()));
  EXPECT_TRUE(std::all_of(copy.begin() + 77, copy.end(), [](std::byte b) { return b == std::byte{0}; }));
  noop_in_place(untouched.data(), 100, kConstant);
  noop_copy(untouched.data(), copy.data(), 100, kConstant);
  noop_encode(untouched.data(), copy.data(), 100, 0x82, kConstant);
  EXPECT_EQ(untouched, source);
}

}  // namespace
}  // namespace ringstorm::yardstick
