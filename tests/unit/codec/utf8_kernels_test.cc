// Every UTF-8 kernel this machine can run, held against the scalar definition: what it says of a text, where
// it stops, and in which state.
#include "codec/utf8_kernels.h"

#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/prng.h"
#include "unit/codec/bytes.h"
#include "unit/codec/guarded.h"

namespace ringstorm {
namespace {

using detail::Utf8Kernel;
using test::Bytes;

std::vector<Utf8Kernel> supported_kernels() {
  std::vector<Utf8Kernel> supported;
  for (const Utf8Kernel& kernel : detail::utf8_kernels()) {
    if (kernel.is_supported()) supported.push_back(kernel);
  }
  return supported;
}

struct Verdict {
  std::size_t prefix = 0;
  unsigned state = 0;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

Verdict verdict(detail::Utf8Prefix valid_prefix, std::span<const std::byte> text) {
  std::uint8_t state = 0;
  const std::size_t prefix = valid_prefix(text.data(), text.size(), state);
  return {prefix, state};
}

Verdict by_definition(std::span<const std::byte> text) {
  return verdict(detail::utf8_scalar, text);
}

/// In pieces of these sizes, used in turn, until one is not valid.
Verdict in_pieces(detail::Utf8Prefix valid_prefix, std::span<const std::byte> text,
                  std::initializer_list<std::size_t> sizes) {
  std::uint8_t state = 0;
  std::size_t at = 0;
  for (auto size = sizes.begin(); at < text.size(); ++size) {
    if (size == sizes.end()) size = sizes.begin();
    const std::span<const std::byte> piece = text.subspan(at, std::min(*size, text.size() - at));
    const std::size_t prefix = valid_prefix(piece.data(), piece.size(), state);
    at += prefix;
    if (prefix < piece.size()) break;
  }
  return {at, state};
}

Bytes filled(std::string_view unit, std::size_t bytes) {
  Bytes text;
  while (text.size() < bytes) text.push_back(static_cast<std::byte>(unit[text.size() % unit.size()]));
  return text;
}

constexpr std::string_view kUnits[] = {"plain ", "\u00e9", "\u4f60", "\U0001F600",
                                       "a\u00e9 \u4f60\U0001F600 plain text between"};

// One of each way to be wrong, and what stands right beside it.
constexpr std::string_view kSequences[] = {"\x80",
                                           "\xBF",
                                           "\xC0",
                                           "\xC0\x80",
                                           "\xC1\xBF",
                                           "\xC2",
                                           "\xC2\x80",
                                           "\xC2\xC2",
                                           "\xDF\xBF\x80",
                                           "\xE0\x80\x80",
                                           "\xE0\x9F\xBF",
                                           "\xE0\xA0\x80",
                                           "\xE2\x82",
                                           "\xE2\x41\x82",
                                           "\xE2\x82\x41",
                                           "\xE2\x82\xAC\x80",
                                           "\xED\x9F\xBF",
                                           "\xED\xA0\x80",
                                           "\xED\xBF\xBF",
                                           "\xEF\xBF\xBF",
                                           "\xF0\x80\x80\x80",
                                           "\xF0\x8F\xBF\xBF",
                                           "\xF0\x90\x80\x80",
                                           "\xF0\x9F\x98",
                                           "\xF0\x9F\x98\x41",
                                           "\xF0\x9F\x98\x80\x80",
                                           "\xF4\x8F\xBF\xBF",
                                           "\xF4\x90\x80\x80",
                                           "\xF5\x80\x80\x80",
                                           "\xF8\x88\x80\x80\x80",
                                           "\xFF",
                                           "\xFE\x80"};

class Utf8KernelTest : public testing::TestWithParam<Utf8Kernel> {};

TEST_P(Utf8KernelTest, AgreesOnEverySequenceAtEveryPlaceOfEveryLength) {
  for (const std::string_view unit : kUnits) {
    for (const std::size_t bytes : {5U, 15U, 31U, 33U, 64U, 97U, 127U, 129U, 200U, 300U}) {
      const Bytes background = filled(unit, bytes);
      for (const std::string_view sequence : kSequences) {
        for (std::size_t at = 0; at < bytes; ++at) {
          Bytes text = background;
          const std::size_t fits = std::min(sequence.size(), bytes - at);
          std::ranges::copy(test::to_bytes(sequence.substr(0, fits)),
                            text.begin() + static_cast<std::ptrdiff_t>(at));
          ASSERT_EQ(verdict(GetParam().valid_prefix, text), by_definition(text))
              << bytes << " bytes of " << unit << ", at " << at << " " << testing::PrintToString(sequence);
        }
      }
    }
  }
}

// The grammar tells bytes apart by these only.
TEST_P(Utf8KernelTest, AgreesOnAllFourBytesAcrossTheEdgesOfBlocks) {
  constexpr std::array<unsigned, 25> kBytes{0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                            0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
                                            0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
  for (const std::size_t at : {0U, 14U, 29U, 61U, 130U}) {
    Bytes text = filled("x", at + 4 + at % 3);
    for (unsigned number = 0; number < 25 * 25 * 25 * 25; ++number) {
      unsigned digits = number;
      for (std::size_t i = 0; i < 4; ++i, digits /= 25)
        text[at + i] = static_cast<std::byte>(kBytes[digits % 25]);
      if (verdict(GetParam().valid_prefix, text) != by_definition(text)) FAIL() << number << " at " << at;
    }
  }
}

TEST_P(Utf8KernelTest, GivesTheSameVerdictAtEveryCut) {
  for (const std::string_view unit : kUnits) {
    for (const std::string_view sequence : kSequences) {
      Bytes text = filled(unit, 120);
      text.resize(by_definition(text).prefix);
      const Bytes more = test::to_bytes(sequence);
      text.insert(text.end(), more.begin(), more.end());
      const Bytes after = filled(unit, 50);
      text.insert(text.end(), after.begin(), after.end());
      const Verdict expected = by_definition(text);
      for (std::size_t cut = 1; cut < text.size(); ++cut) {
        ASSERT_EQ(in_pieces(GetParam().valid_prefix, text, {cut, text.size()}), expected) << cut;
        ASSERT_EQ(in_pieces(GetParam().valid_prefix, text, {cut}), expected) << cut;
      }
    }
  }
}

// Good and bad text of every kind, long enough for every loop, in pieces of every size.
TEST_P(Utf8KernelTest, AgreesOnLongRandomText) {
  Prng prng(5);
  for (int round = 0; round < 2'000; ++round) {
    Bytes text;
    const std::size_t bytes = 1 + prng.below(round % 10 == 0 ? 5'000 : 400);
    while (text.size() < bytes) {
      const Bytes unit = test::to_bytes(kUnits[prng.below(std::size(kUnits))]);
      for (std::uint64_t times = prng.below(20); times > 0; --times)
        text.insert(text.end(), unit.begin(), unit.end());
    }
    if (prng.below(3) != 0) text[prng.below(text.size())] = static_cast<std::byte>(prng.next());
    const Verdict expected = by_definition(text);
    ASSERT_EQ(verdict(GetParam().valid_prefix, text), expected) << round;
    const std::size_t a = 1 + prng.below(300), b = 1 + prng.below(20);
    ASSERT_EQ(in_pieces(GetParam().valid_prefix, text, {a, b}), expected) << round << ": " << a << ", " << b;
  }
}

TEST_P(Utf8KernelTest, GoesOnWhereAnotherKernelStopped) {
  const Bytes text = filled("\U0001F600\u4f60\u00e9", 300);
  const Verdict expected = by_definition(text);
  for (const Utf8Kernel& other : supported_kernels()) {
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      std::uint8_t state = 0;
      std::size_t prefix = other.valid_prefix(text.data(), cut, state);
      prefix += GetParam().valid_prefix(text.data() + cut, text.size() - cut, state);
      ASSERT_EQ((Verdict{prefix, state}), expected) << other.name << ", " << cut;
    }
  }
}

TEST_P(Utf8KernelTest, ReadsNothingBeyondItsBytes) {
  test::GuardedBuffer buffer(400);
  for (const std::string_view unit : kUnits) {
    for (std::size_t bytes = 0; bytes <= 400; ++bytes) {
      const Bytes text = filled(unit, bytes);
      const Verdict expected = by_definition(text);
      std::ranges::copy(text, buffer.last(bytes).begin());
      ASSERT_EQ(verdict(GetParam().valid_prefix, buffer.last(bytes)), expected) << bytes;
      std::ranges::copy(text, buffer.first(bytes).begin());
      ASSERT_EQ(verdict(GetParam().valid_prefix, buffer.first(bytes)), expected) << bytes;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, Utf8KernelTest, testing::ValuesIn(supported_kernels()),
                         [](const auto& tested) { return std::string(tested.param.name); });

// Whether a kernel is the one that ran shows in the function that was called.
TEST(Utf8Choice, RunsTheForcedKernel) {
  const std::string_view before = active_utf8_kernel();
  for (const Utf8Kernel& kernel : detail::utf8_kernels()) {
    EXPECT_EQ(force_utf8_kernel(kernel.name), kernel.is_supported()) << kernel.name;
    if (!kernel.is_supported()) continue;
    EXPECT_EQ(active_utf8_kernel(), kernel.name);
    EXPECT_EQ(detail::chosen_utf8_prefix.load(), kernel.valid_prefix);
  }
  EXPECT_TRUE(force_utf8_kernel(before));
}

TEST(Utf8Choice, KeepsItsKernelWhenTheNameIsUnknown) {
  const std::string_view before = active_utf8_kernel();
  EXPECT_FALSE(force_utf8_kernel("mmx"));
  EXPECT_FALSE(force_utf8_kernel(""));
  EXPECT_EQ(active_utf8_kernel(), before);
}

TEST(Utf8Choice, TheLastRunsEverywhere) {
  EXPECT_EQ(detail::utf8_kernels().back().name, "scalar");
  EXPECT_TRUE(detail::utf8_kernels().back().is_supported());
}

/// Each choice by the environment is made in a process of its own, whose exit tells what it was.
void exit_after_validating(const char* wanted, std::string_view expected, bool refused) {
  setenv("RINGSTORM_UTF8", wanted, 1);
  Utf8Validator validator;
  const bool valid = validator.feed(test::to_bytes("\u4f60"));
  const bool right = active_utf8_kernel() == expected && valid && validator.complete() &&
                     refused_utf8_kernel().has_value() == refused &&
                     refused_utf8_kernel().value_or(wanted) == wanted;
  std::_Exit(right ? 0 : 1);
}

class Utf8ChoiceDeathTest : public testing::Test {
 protected:
  // A process that starts from the beginning has not yet chosen.
  void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(Utf8ChoiceDeathTest, TheEnvironmentChoosesByName) {
  for (const Utf8Kernel& kernel : supported_kernels()) {
    EXPECT_EXIT(exit_after_validating(kernel.name.data(), kernel.name, false), testing::ExitedWithCode(0),
                "");
  }
}

TEST_F(Utf8ChoiceDeathTest, AnUnknownNameIsReportedAndTheBestRuns) {
  EXPECT_EXIT(exit_after_validating("mmx", supported_kernels().front().name, true),
              testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace ringstorm
