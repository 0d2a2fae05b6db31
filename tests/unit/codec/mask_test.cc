#include "codec/mask.h"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "base/prng.h"
#include "codec/mask_kernel.h"
#include "unit/codec/bytes.h"
#include "unit/codec/guarded.h"

namespace ringstorm {
namespace {

using test::Bytes;

constexpr std::size_t kLongest = 300;
constexpr std::size_t kOffsets = 65;
constexpr std::byte kSentinel{0xA5};

MaskKey key_of(std::array<std::uint8_t, 4> octets) {
  MaskKey key;
  std::memcpy(&key.wire, octets.data(), 4);
  return key;
}

const MaskKey kKey = key_of({0x37, 0xFA, 0x21, 0x3D});

Bytes random_bytes(std::size_t count) {
  Prng prng(7);
  Bytes bytes(count);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(prng.next());
  return bytes;
}

struct Named {
  const char* name;
  detail::MaskKernel kernel;
};

class MaskKernelTest : public testing::TestWithParam<Named> {};

TEST(MaskScalar, GivesTheExampleOfRfc6455Section57) {
  Bytes text = test::to_bytes("Hello");
  detail::mask_scalar(text.data(), text.data(), text.size(), kKey, 0);
  EXPECT_EQ(text, test::hex("7f 9f 4d 51 58"));
}

TEST(MaskScalar, ContinuesAtAPhase) {
  Bytes text = test::to_bytes("lo");
  detail::mask_scalar(text.data(), text.data(), text.size(), kKey, 3);
  EXPECT_EQ(text, test::hex("51 58"));
}

TEST(Mask, GivesTheExampleOfRfc6455Section57) {
  Bytes text = test::to_bytes("Hello");
  mask(text, kKey);
  EXPECT_EQ(text, test::hex("7f 9f 4d 51 58"));
  mask(std::span(text).first(1), kKey, 0);
  mask(std::span(text).subspan(1), kKey, 1);
  EXPECT_EQ(text, test::to_bytes("Hello"));
}

TEST(Mask, CopiesWhatItMasks) {
  const Bytes source = random_bytes(kLongest);
  for (std::size_t bytes = 0; bytes <= kLongest; ++bytes) {
    Bytes expected(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(bytes));
    detail::mask_scalar(expected.data(), expected.data(), bytes, kKey, bytes);
    Bytes copy(bytes);
    mask_copy(copy, std::span(source).first(bytes), kKey, bytes);
    ASSERT_EQ(copy, expected) << bytes;
  }
}

TEST_P(MaskKernelTest, AgreesWithTheScalarAtEveryLengthOffsetAndPhase) {
  const Bytes source = random_bytes(kLongest);
  Bytes actual(kLongest + kOffsets + 64);
  Bytes expected = actual;
  for (std::size_t bytes = 0; bytes <= kLongest; ++bytes) {
    for (std::size_t offset = 0; offset < kOffsets; ++offset) {
      for (std::size_t phase = 0; phase < 4; ++phase) {
        std::fill(actual.begin(), actual.end(), kSentinel);
        std::copy_n(source.begin(), bytes, actual.begin() + static_cast<std::ptrdiff_t>(offset));
        expected = actual;
        GetParam().kernel(&actual[offset], &actual[offset], bytes, kKey, phase);
        detail::mask_scalar(&expected[offset], &expected[offset], bytes, kKey, phase);
        ASSERT_TRUE(actual == expected) << bytes << " bytes at " << offset << ", phase " << phase;
      }
    }
  }
}

TEST_P(MaskKernelTest, TouchesNothingBeyondItsBytes) {
  const Bytes source = random_bytes(kLongest);
  test::GuardedBuffer from(kLongest);
  test::GuardedBuffer to(kLongest);
  for (std::size_t bytes = 0; bytes <= kLongest; ++bytes) {
    std::copy_n(source.begin(), bytes, from.last(bytes).begin());
    Bytes expected(bytes);
    detail::mask_scalar(expected.data(), source.data(), bytes, kKey, 1);
    GetParam().kernel(to.last(bytes).data(), from.last(bytes).data(), bytes, kKey, 1);
    ASSERT_TRUE(std::ranges::equal(to.last(bytes), expected)) << bytes;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, MaskKernelTest, testing::Values(Named{"vector16", detail::mask_vector16}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace ringstorm
