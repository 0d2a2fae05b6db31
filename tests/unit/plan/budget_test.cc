#include "plan/budget.h"

#include <bit>

#include <gtest/gtest.h>

#include "base/prng.h"

namespace ringstorm {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;

struct BudgetCase {
  ShardLoad load;
  std::uint32_t receive_buffers;
  std::uint32_t receive_buffer_bytes;
  std::uint32_t send_buffers;
  std::uint32_t send_buffer_bytes;
  std::uint32_t completion_entries;
};
class Budget : public testing::TestWithParam<BudgetCase> {};
TEST_P(Budget, FollowsTheLoad) {
  const BudgetCase& expected = GetParam();
  const ShardBudget budget = budget_for(expected.load);
  EXPECT_EQ(budget.receive_buffers, expected.receive_buffers);
  EXPECT_EQ(budget.receive_buffer_bytes, expected.receive_buffer_bytes);
  EXPECT_EQ(budget.send_buffers, expected.send_buffers);
  EXPECT_EQ(budget.send_buffer_bytes, expected.send_buffer_bytes);
  EXPECT_EQ(budget.ring_entries, 1024U);
  EXPECT_EQ(budget.completion_entries, expected.completion_entries);
}
INSTANTIATE_TEST_SUITE_P(
    Loads, Budget,
    testing::Values(
        // One connection: the least of everything.
        BudgetCase{{.connections = 1, .in_flight = 1, .payload_bytes = 125, .upgrade_bytes = 200},
                   64,
                   4096,
                   64,
                   512,
                   4096},
        // 1,000 connections: the most receive buffers that ever paid, one send buffer each.
        BudgetCase{{.connections = 1000, .in_flight = 1, .payload_bytes = 125, .upgrade_bytes = 200},
                   1024,
                   4096,
                   1000,
                   512,
                   4096},
        // 64 frames of 20 + 6 bytes in flight: 1,664 bytes out.
        BudgetCase{{.connections = 100, .in_flight = 64, .payload_bytes = 20, .upgrade_bytes = 200},
                   256,
                   4096,
                   100,
                   1664,
                   4096},
        // 64 frames of 125 bytes: 64 * 131 = 8,384 out, 64 * 127 = 8,128 in.
        BudgetCase{{.connections = 100, .in_flight = 64, .payload_bytes = 125, .upgrade_bytes = 200},
                   256,
                   8192,
                   100,
                   8384,
                   4096},
        // 1 MiB messages: 64 KiB at a time.
        BudgetCase{{.connections = 1000, .in_flight = 1, .payload_bytes = kMebibyte, .upgrade_bytes = 200},
                   256,
                   65536,
                   256,
                   65536,
                   4096},
        // Many connections: the count of buffers is bounded, the completions follow.
        BudgetCase{{.connections = 10'000, .in_flight = 1, .payload_bytes = 20, .upgrade_bytes = 200},
                   1024,
                   4096,
                   4096,
                   512,
                   32768},
        BudgetCase{{.connections = 1'000'000, .in_flight = 1, .payload_bytes = 20, .upgrade_bytes = 200},
                   1024,
                   4096,
                   4096,
                   512,
                   65536},
        // A long upgrade request must fit into one send buffer.
        BudgetCase{{.connections = 1, .in_flight = 1, .payload_bytes = 20, .upgrade_bytes = 5001},
                   64,
                   4096,
                   64,
                   5056,
                   4096}));

TEST(BudgetTotal, CountsEveryPart) {
  const ShardBudget budget =
      budget_for({.connections = 1000, .in_flight = 4, .payload_bytes = 125, .upgrade_bytes = 200});
  // 4 * 131 = 524 bytes in flight take a send buffer of 576.
  EXPECT_EQ(budget.total_bytes,
            1024U * 4096 + 1000 * 576 + 1024 * 64 + 4096 * 16 + 1000 * (400 + 16 * 4) + 4 * kMebibyte);
}

TEST(BudgetTotal, HoldsItsPromisesForAnyLoad) {
  Prng random{7};
  for (int i = 0; i < 20'000; ++i) {
    const ShardLoad load{.connections = 1 + random.below(10'000'000) / (1 + random.below(100'000)),
                         .in_flight = 1 + random.below(65'536) / (1 + random.below(1000)),
                         .payload_bytes = random.below(1U << 30) >> random.below(31),
                         .upgrade_bytes = 100 + random.below(kMaxUpgradeBytes - 100)};
    const ShardBudget b = budget_for(load);
    ASSERT_TRUE(std::has_single_bit(b.receive_buffers) && std::has_single_bit(b.receive_buffer_bytes));
    ASSERT_TRUE(std::has_single_bit(b.ring_entries) && std::has_single_bit(b.completion_entries));
    ASSERT_GE(b.receive_buffers, 64U);
    ASSERT_LE(b.receive_buffers, 1024U);
    ASSERT_GE(b.receive_buffer_bytes, 4096U);
    ASSERT_LE(b.receive_buffer_bytes, 65'536U);
    ASSERT_LE(std::uint64_t{b.receive_buffers} * b.receive_buffer_bytes, 16 * kMebibyte);
    ASSERT_GE(b.send_buffers, 64U);
    ASSERT_EQ(b.send_buffer_bytes % 64, 0U);
    ASSERT_GE(b.send_buffer_bytes, load.upgrade_bytes);
    ASSERT_LE(b.send_buffer_bytes, 65'536U);
    ASSERT_LE(std::uint64_t{b.send_buffers} * b.send_buffer_bytes, 16 * kMebibyte);
    ASSERT_GE(b.completion_entries, 4 * b.ring_entries);
  }
}

}  // namespace
}  // namespace ringstorm
