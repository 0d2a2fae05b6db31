#include "app/mask_bench.h"

#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using detail::MaskKernel;
using testing::HasSubstr;

constexpr yardstick::RaceRules kShort{.rounds = 1, .slice = nanoseconds(1)};

const MaskKernel& scalar() {
  return detail::mask_kernels().back();
}

Result<std::vector<MaskRow>> measure(const std::vector<MaskKernel>& kernels) {
  return measure_masks(kernels, kShort, thread_cpu_time);
}

/// The message with which a kernel is refused.
std::string refusal_of(const MaskKernel& kernel) {
  const auto rows = measure({kernel});
  return rows ? "it was measured" : to_string(rows.error());
}

TEST(MaskCases, AreThoseOfTheSixNames) {
  std::map<std::string, std::set<std::string>> lengths;
  for (const MaskCase& of : mask_cases()) {
    EXPECT_TRUE(lengths[of.name()].insert(of.lengths.text()).second) << of.name() << of.lengths.text();
  }
  EXPECT_EQ(lengths.size(), 6U);
  for (const char* name : {"in_place_fixed", "copy_fixed"}) {
    for (const char* bytes : {"20", "64", "125", "1000", "4096", "16384", "1048576"}) {
      EXPECT_TRUE(lengths[name].contains(bytes)) << name << bytes;
    }
  }
  for (const char* name : {"in_place_random", "copy_random"}) {
    EXPECT_EQ(lengths[name], (std::set<std::string>{"1..32", "16..64", "1..125", "126..1500", "1..65536"}));
  }
  EXPECT_TRUE(lengths["encode_fixed"].contains("20"));
  EXPECT_TRUE(lengths["encode_random"].contains("1..125"));
}

TEST(MaskRow, RatiosAreThoseOfOneRow) {
  const MaskRow row{{MaskWork::in_place, yardstick::Lengths::of(1000)}, "avx2", 10, 1.5, 40, 5};
  EXPECT_DOUBLE_EQ(row.over_noop(), 8.5);
  EXPECT_DOUBLE_EQ(row.of_limit(), 0.5);
  EXPECT_DOUBLE_EQ(row.of_memcpy(), 4);
  EXPECT_DOUBLE_EQ(row.bytes_per_ns(), 100);
}

TEST(MeasureMasks, GivesARowForEachCaseAndKernel) {
  MaskKernel again = scalar();
  again.name = "again";
  const auto rows = measure({scalar(), again});
  ASSERT_TRUE(rows);
  const std::vector<MaskCase> cases = mask_cases();
  ASSERT_EQ(rows->size(), 2 * cases.size());
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const MaskRow& row = (*rows)[i];
    EXPECT_EQ(row.of.name(), cases[i / 2].name());
    EXPECT_EQ(row.of.lengths, cases[i / 2].lengths);
    EXPECT_EQ(row.kernel, i % 2 == 0 ? "scalar" : "again");
    for (const double ns : {row.ns, row.noop_ns, row.memcpy_ns, row.limit_ns}) EXPECT_GT(ns, 0);
  }
}

TEST(MeasureMasks, EveryKernelOfThisMachineIsRight) {
  for (const MaskKernel& kernel : detail::mask_kernels()) {
    if (!kernel.is_supported()) continue;
    EXPECT_EQ(refusal_of(kernel), "it was measured") << kernel.name;
  }
}

TEST(MeasureMasks, RefusesAKernelThatForgetsTheTail) {
  MaskKernel wrong = scalar();
  wrong.in_place = [](std::byte* data, std::size_t bytes, std::uint32_t key) {
    scalar().in_place(data, bytes - bytes % 64, key);
  };
  EXPECT_THAT(refusal_of(wrong), HasSubstr("mask kernel scalar, in_place_fixed of 1 bytes"));
}

TEST(MeasureMasks, RefusesAKernelThatWritesBesideItsData) {
  MaskKernel wrong = scalar();
  wrong.copy = [](std::byte* destination, const std::byte* source, std::size_t bytes, std::uint32_t key) {
    scalar().copy(destination, source, bytes, key);
    destination[bytes] ^= std::byte{1};
  };
  EXPECT_THAT(refusal_of(wrong), HasSubstr("copy_fixed"));
}

// What only a length among the random ones brings to light.
TEST(MeasureMasks, RefusesAKernelThatIsWrongAtOneLength) {
  MaskKernel wrong = scalar();
  wrong.in_place = [](std::byte* data, std::size_t bytes, std::uint32_t key) {
    scalar().in_place(data, bytes == 97 ? 96 : bytes, key);
  };
  EXPECT_THAT(refusal_of(wrong), HasSubstr("in_place_random of 97 bytes"));
}

TEST(MeasureMasks, RefusesAFrameWithAWrongHeader) {
  MaskKernel wrong = scalar();
  wrong.encode_short = [](std::byte* out, const std::byte* payload, std::size_t bytes, unsigned first_byte,
                          std::uint32_t key) {
    scalar().encode_short(out, payload, bytes, first_byte, key);
    out[1] = static_cast<std::byte>(bytes);  // without the mask bit
  };
  EXPECT_THAT(refusal_of(wrong), HasSubstr("encode_fixed of 1 bytes"));
}

}  // namespace
}  // namespace ringstorm
