#include "base/compression_tally.h"

#include <gtest/gtest.h>

#include "base/reserved_memory.h"

namespace ringstorm {
namespace {

// A clock that moves by a microsecond whenever it is read.
Instant read_next(const void* clock) {
  auto& reads = *const_cast<int*>(static_cast<const int*>(clock));
  return Instant{} + microseconds(++reads);
}

TEST(Timed, ReadsTheClockForOneCallInSixteen) {
  int reads = 0;
  TimedCalls calls;
  int made = 0;
  for (int i = 0; i < 160; ++i) timed(calls, {&read_next, &reads}, [&] { return ++made; });
  EXPECT_EQ(made, 160);
  EXPECT_EQ(reads, 20);
  EXPECT_EQ(calls.timed, 10U);
  EXPECT_EQ(calls.taken, microseconds(10));
  EXPECT_EQ(calls.estimate(), microseconds(160));
}

TEST(Timed, WithoutAClockEverythingTakesNoTime) {
  TimedCalls calls;
  EXPECT_EQ(timed(calls, {}, [] { return 7; }), 7);
  EXPECT_EQ(calls.estimate(), Duration{0});
  EXPECT_EQ(TimedCalls{}.estimate(), Duration{0});
}

TEST(CompressionTallyTest, Adds) {
  CompressionTally sum{.messages = 1, .plain_bytes = 10, .compressed_bytes = 5, .work = {}};
  sum.add({.messages = 2,
           .plain_bytes = 30,
           .compressed_bytes = 7,
           .work = {.calls = 4, .timed = 1, .taken = Duration{9}}});
  EXPECT_EQ(sum.messages, 3U);
  EXPECT_EQ(sum.plain_bytes, 40U);
  EXPECT_EQ(sum.compressed_bytes, 12U);
  EXPECT_EQ(sum.work.estimate(), Duration{36});
}

// Far more than any machine that runs this has.
TEST(ReservedMemoryTest, CostsNothingUntilItIsTouched) {
  const ReservedMemory memory(std::size_t{1} << 40);
  ASSERT_EQ(memory.span().size(), std::size_t{1} << 40);
  memory.span()[std::size_t{1} << 39] = std::byte{1};
  EXPECT_EQ(memory.span().back(), std::byte{0});
  EXPECT_TRUE(ReservedMemory(0).span().empty());
}

}  // namespace
}  // namespace ringstorm
