#include "shard/buffer_pool.h"

#include <algorithm>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

TEST(BufferPool, GivesEachBufferOnceAndThenNone) {
  BufferPool pool(5, 64);
  std::set<BufferPool::Index> held;
  for (std::uint32_t i = 0; i < 5; ++i) {
    EXPECT_EQ(pool.held(), i);
    const auto index = pool.acquire();
    ASSERT_TRUE(index);
    EXPECT_LT(*index, 5U);
    held.insert(*index);
  }
  EXPECT_EQ(held.size(), 5U);
  EXPECT_EQ(pool.held(), 5U);
  EXPECT_EQ(pool.acquire(), std::nullopt);
  EXPECT_EQ(pool.held(), 5U);
  pool.release(3);
  EXPECT_EQ(pool.acquire(), 3U);
  EXPECT_EQ(pool.acquire(), std::nullopt);
}

TEST(BufferPool, GivesTheOneGivenBackLastFirst) {
  BufferPool pool(4, 64);
  for (int i = 0; i < 4; ++i) (void)pool.acquire();
  for (const BufferPool::Index index : {2U, 0U, 3U, 1U}) pool.release(index);
  for (const BufferPool::Index index : {1U, 3U, 0U, 2U}) EXPECT_EQ(pool.acquire(), index);
}

TEST(BufferPool, KeepsBuffersApart) {
  constexpr std::uint32_t kBytes = 100;
  BufferPool pool(8, kBytes);
  for (BufferPool::Index index = 0; index < 8; ++index) {
    ASSERT_EQ(pool.at(index).size(), kBytes);
    std::ranges::fill(pool.at(index), static_cast<std::byte>(index + 1));
  }
  for (BufferPool::Index index = 0; index < 8; ++index) {
    EXPECT_EQ(std::ranges::count(pool.at(index), static_cast<std::byte>(index + 1)), kBytes);
  }
}

TEST(BufferPoolDeathTest, TakesNoMoreBackThanItGave) {
  BufferPool pool(2, 64);
  EXPECT_DEATH(pool.release(0), "free_ < count_");
}

}  // namespace
}  // namespace ringstorm
