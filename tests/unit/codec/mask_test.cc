#include "codec/mask.h"

#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>

#include "codec/frame.h"
#include "codec/mask_kernels.h"
#include "unit/codec/bytes.h"

namespace ringstorm {
namespace {

using test::Bytes;

MaskKey key_of(std::array<std::uint8_t, 4> octets) {
  MaskKey key;
  std::memcpy(&key.wire, octets.data(), 4);
  return key;
}

const MaskKey kKey = key_of({0x37, 0xFA, 0x21, 0x3D});

std::string_view best_supported() {
  for (const detail::MaskKernel& kernel : detail::mask_kernels()) {
    if (kernel.is_supported()) return kernel.name;
  }
  return "none";
}

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
  const Bytes source = test::to_bytes("Hello");
  Bytes copy(5);
  mask_copy(std::span(copy).first(2), std::span(source).first(2), kKey);
  mask_copy(std::span(copy).subspan(2), std::span(source).subspan(2), kKey, 2);
  EXPECT_EQ(copy, test::hex("7f 9f 4d 51 58"));
}

TEST(Mask, EncodesTheMaskedFrameOfRfc6455Section57) {
  Bytes frame(11);
  EXPECT_EQ(encode_client_frame(frame, Opcode::text, test::to_bytes("Hello"), kKey), 11U);
  EXPECT_EQ(frame, test::hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"));
}

TEST(Mask, EncodesLongFramesToo) {
  const Bytes payload(126, std::byte{0});
  Bytes frame(8 + payload.size());
  EXPECT_EQ(encode_client_frame(frame, Opcode::binary, payload, kKey), frame.size());
  frame.resize(14);
  EXPECT_EQ(frame, test::hex("82 fe 00 7e 37 fa 21 3d 37 fa 21 3d 37 fa"));
}

TEST(MaskDeathTest, RefusesACopyThatOverlaps) {
  Bytes data(100);
  const std::span<std::byte> all = data;
  EXPECT_DEATH(mask_copy(all.subspan(1), all.first(99), kKey), "overlap");
  EXPECT_DEATH(mask_copy(all.first(99), all.subspan(1), kKey), "overlap");
  EXPECT_DEATH(mask_copy(all, all, kKey), "overlap");
  Bytes frame(300);
  const std::span<std::byte> out = frame;
  EXPECT_DEATH(encode_client_frame(out, Opcode::binary, out.subspan(10, 200), kKey), "overlap");
}

#ifndef NDEBUG
TEST(MaskDeathTest, RefusesAShortFrameThatOverlaps) {
  Bytes data(100);
  const std::span<std::byte> all = data;
  EXPECT_DEATH(encode_client_frame(all, Opcode::binary, all.subspan(15, 10), kKey), "overlap");
  EXPECT_DEATH(encode_client_frame(all.subspan(9), Opcode::binary, all.first(10), kKey), "overlap");
  EXPECT_DEATH(encode_client_frame(all, Opcode::binary, all.first(10), kKey), "overlap");
}
#endif

TEST(Mask, CopiesBetweenNeighbours) {
  Bytes data(100);
  const std::span<std::byte> all = data;
  mask_copy(all.first(50), all.last(50), kKey);
  mask_copy(all.last(50), all.first(50), kKey);
  EXPECT_EQ(data[50], std::byte{0}) << "masked twice";
  mask_copy(all, all.subspan(50, 0), kKey);
  EXPECT_EQ(encode_client_frame(all, Opcode::binary, all.subspan(16, 10), kKey), 16U);
  EXPECT_EQ(encode_client_frame(all.subspan(10), Opcode::binary, all.first(10), kKey), 16U);
  EXPECT_EQ(encode_client_frame(all, Opcode::binary, {}, kKey), 6U);
}

// Whether a kernel is the one that ran shows in the function that was called.
TEST(MaskChoice, RunsTheForcedKernel) {
  const std::string_view before = active_mask_kernel();
  for (const detail::MaskKernel& kernel : detail::mask_kernels()) {
    EXPECT_EQ(force_mask_kernel(kernel.name), kernel.is_supported()) << kernel.name;
    if (!kernel.is_supported()) continue;
    EXPECT_EQ(active_mask_kernel(), kernel.name);
    EXPECT_EQ(detail::chosen_in_place.load(), kernel.in_place);
    EXPECT_EQ(detail::chosen_copy.load(), kernel.copy);
    EXPECT_EQ(detail::chosen_encode_short.load(), kernel.encode_short);
  }
  EXPECT_TRUE(force_mask_kernel(before));
}

TEST(MaskChoice, KeepsItsKernelWhenTheNameIsUnknown) {
  const std::string_view before = active_mask_kernel();
  EXPECT_FALSE(force_mask_kernel("mmx"));
  EXPECT_FALSE(force_mask_kernel(""));
  EXPECT_EQ(active_mask_kernel(), before);
}

TEST(MaskChoice, KernelsAreOrderedAndEndWithTheOneThatRunsEverywhere) {
  EXPECT_EQ(detail::mask_kernels().back().name, "scalar");
  EXPECT_TRUE(detail::mask_kernels().back().is_supported());
}

/// Each choice by the environment is made in a process of its own, whose exit tells what it was.
void exit_after_masking(const char* wanted, std::string_view expected, bool refused) {
  setenv("RINGSTORM_MASK", wanted, 1);
  Bytes text = test::to_bytes("Hello");
  mask(text, kKey);
  const bool right = active_mask_kernel() == expected && text == test::hex("7f 9f 4d 51 58") &&
                     refused_mask_kernel().has_value() == refused &&
                     refused_mask_kernel().value_or(wanted) == wanted;
  std::_Exit(right ? 0 : 1);
}

class MaskChoiceDeathTest : public testing::Test {
 protected:
  // A process that starts from the beginning has not yet chosen.
  void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(MaskChoiceDeathTest, TheEnvironmentChoosesByName) {
  for (const detail::MaskKernel& kernel : detail::mask_kernels()) {
    if (!kernel.is_supported()) continue;
    EXPECT_EXIT(exit_after_masking(kernel.name.data(), kernel.name, false), testing::ExitedWithCode(0), "");
  }
}

TEST_F(MaskChoiceDeathTest, AnUnknownNameIsReportedAndTheBestRuns) {
  EXPECT_EXIT(exit_after_masking("mmx", best_supported(), true), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace ringstorm
