// Every kernel this machine can run, held against the scalar definition.
#include "codec/mask_kernels.h"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "base/prng.h"
#include "unit/codec/bytes.h"
#include "unit/codec/guarded.h"

namespace ringstorm {
namespace {

using detail::MaskKernel;
using test::Bytes;

constexpr std::size_t kLongest = 700;
constexpr std::size_t kOffsets = 65;
constexpr std::size_t kMargin = 128;  // wider than any register
constexpr std::byte kSentinel{0xA5};
constexpr MaskKey kKey{0x3d21fa37};

Bytes random_bytes(std::size_t count) {
  Prng prng(7);
  Bytes bytes(count);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(prng.next());
  return bytes;
}

std::vector<MaskKernel> supported_kernels() {
  std::vector<MaskKernel> supported;
  for (const MaskKernel& kernel : detail::mask_kernels()) {
    if (kernel.is_supported()) supported.push_back(kernel);
  }
  return supported;
}

/// The payload at each phase, masked by the definition.
struct Expected {
  Expected(const Bytes& source) {
    for (std::size_t phase = 0; phase < 4; ++phase) {
      masked[phase].resize(source.size());
      detail::mask_scalar(masked[phase].data(), source.data(), source.size(), kKey, phase);
    }
  }
  std::array<Bytes, 4> masked;
};

/// A window of memory around `bytes` bytes at `offset`, of which the rest must stay as it is.
struct Window {
  Window() : memory(kMargin + kOffsets + kLongest + kMargin) {}
  std::byte* at(std::size_t offset) { return aligned() + kMargin - 64 + offset; }
  std::byte* aligned() { return memory.data() + (-reinterpret_cast<std::uintptr_t>(memory.data()) & 63); }
  void fill(std::size_t offset, std::size_t bytes) {
    std::memset(at(offset) - 64, std::to_integer<int>(kSentinel), bytes + 128);
  }
  bool holds(std::size_t offset, std::span<const std::byte> expected) {
    static const Bytes sentinels(64, kSentinel);
    return std::memcmp(at(offset), expected.data(), expected.size()) == 0 &&
           std::memcmp(at(offset) - 64, sentinels.data(), 64) == 0 &&
           std::memcmp(at(offset) + expected.size(), sentinels.data(), 64) == 0;
  }
  Bytes memory;
};

class MaskKernelTest : public testing::TestWithParam<MaskKernel> {};

TEST_P(MaskKernelTest, InPlaceAgreesAtEveryLengthOffsetAndPhase) {
  const Bytes source = random_bytes(kLongest);
  const Expected expected(source);
  Window window;
  for (std::size_t bytes = 0; bytes <= kLongest; ++bytes) {
    for (std::size_t offset = 0; offset < kOffsets; ++offset) {
      for (std::size_t phase = 0; phase < 4; ++phase) {
        window.fill(offset, bytes);
        std::memcpy(window.at(offset), source.data(), bytes);
        GetParam().in_place(window.at(offset), bytes, detail::key_at(kKey, phase));
        ASSERT_TRUE(window.holds(offset, std::span(expected.masked[phase]).first(bytes)))
            << bytes << " bytes at " << offset << ", phase " << phase;
      }
    }
  }
}

TEST_P(MaskKernelTest, CopyAgreesAtEveryLengthOffsetAndPhase) {
  const Bytes source = random_bytes(kLongest + kOffsets);
  Window window;
  for (std::size_t from = 0; from < kOffsets; ++from) {
    // The two offsets meet in every combination modulo 4 and in some modulo 64.
    const std::size_t to = from * 23 % kOffsets;
    const Expected expected(Bytes(source.begin() + static_cast<std::ptrdiff_t>(from), source.end()));
    for (std::size_t bytes = 0; bytes <= kLongest; ++bytes) {
      for (std::size_t phase = 0; phase < 4; ++phase) {
        window.fill(to, bytes);
        GetParam().copy(window.at(to), source.data() + from, bytes, detail::key_at(kKey, phase));
        ASSERT_TRUE(window.holds(to, std::span(expected.masked[phase]).first(bytes)))
            << bytes << " bytes from " << from << " to " << to << ", phase " << phase;
      }
    }
  }
}

// As of RFC 6455 section 5.2, laid out by hand.
TEST_P(MaskKernelTest, EncodesEveryShortFrame) {
  const Bytes payload = random_bytes(kLongest);
  const Expected expected(payload);
  Window window;
  for (std::size_t bytes = 0; bytes <= 125; ++bytes) {
    Bytes frame = test::hex("82 00 37 fa 21 3d");
    frame[1] = static_cast<std::byte>(0x80 + bytes);
    frame.insert(frame.end(), expected.masked[0].begin(),
                 expected.masked[0].begin() + static_cast<std::ptrdiff_t>(bytes));
    for (std::size_t offset = 0; offset < kOffsets; ++offset) {
      window.fill(offset, frame.size());
      GetParam().encode_short(window.at(offset), payload.data(), bytes, 0x82, kKey.wire);
      ASSERT_TRUE(window.holds(offset, frame)) << bytes << " bytes at " << offset;
    }
  }
}

TEST_P(MaskKernelTest, TouchesNothingBeyondItsBytes) {
  const Bytes source = random_bytes(kLongest);
  const Expected expected(source);
  test::GuardedBuffer from(kLongest), to(kLongest);
  const auto check = [&](std::span<std::byte> input, std::span<std::byte> output) {
    for (std::size_t phase = 0; phase < 4; ++phase) {
      const auto wanted = std::span(expected.masked[phase]).first(input.size());
      const std::uint32_t key = detail::key_at(kKey, phase);
      std::ranges::copy(std::span(source).first(input.size()), input.begin());
      GetParam().copy(output.data(), input.data(), input.size(), key);
      ASSERT_TRUE(std::ranges::equal(output, wanted)) << input.size() << " bytes, phase " << phase;
      GetParam().in_place(input.data(), input.size(), key);
      ASSERT_TRUE(std::ranges::equal(input, wanted)) << input.size() << " bytes, phase " << phase;
    }
  };
  for (std::size_t bytes = 0; bytes <= kLongest; ++bytes) {
    check(from.first(bytes), to.first(bytes));
    check(from.last(bytes), to.last(bytes));
    check(from.first(bytes), to.last(bytes));
    check(from.last(bytes), to.first(bytes));
  }
}

TEST_P(MaskKernelTest, EncodesBetweenProtectedPages) {
  test::GuardedBuffer from(125), to(6 + 125);
  for (std::size_t bytes = 0; bytes <= 125; ++bytes) {
    GetParam().encode_short(to.first(6 + bytes).data(), from.first(bytes).data(), bytes, 0x81, kKey.wire);
    GetParam().encode_short(to.last(6 + bytes).data(), from.last(bytes).data(), bytes, 0x81, kKey.wire);
    ASSERT_EQ(to.last(6 + bytes)[1], static_cast<std::byte>(0x80 + bytes));
  }
}

// Long enough for every loop, at the offsets where a loop's count of rounds changes.
TEST_P(MaskKernelTest, AgreesOnLongDataCutAnywhere) {
  const Bytes source = random_bytes(300'000);
  Bytes expected(source.size());
  detail::mask_scalar(expected.data(), source.data(), source.size(), kKey, 0);
  Prng prng(3);
  for (const std::uint64_t longest : {9U, 101U, 1447U, 16'384U, 100'000U, 1'000'000U}) {
    Bytes streamed = source, copied(source.size());
    for (std::size_t at = 0; at < source.size();) {
      const std::size_t piece = std::min<std::size_t>(1 + prng.below(longest), source.size() - at);
      GetParam().in_place(&streamed[at], piece, detail::key_at(kKey, at));
      GetParam().copy(&copied[at], &source[at], piece, detail::key_at(kKey, at));
      at += piece;
    }
    ASSERT_TRUE(streamed == expected) << longest;
    ASSERT_TRUE(copied == expected) << longest;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, MaskKernelTest, testing::ValuesIn(supported_kernels()),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace ringstorm
