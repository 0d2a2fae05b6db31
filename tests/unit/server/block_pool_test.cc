#include "server/block_pool.h"

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

TEST(BlockPool, GivesABlockThatCameBackAgain) {
  BlockPool pool;
  Block* first = pool.take_small();
  first->end = 17;
  pool.give_back(first);
  Block* second = pool.take_small();
  EXPECT_EQ(second, first);
  EXPECT_EQ(second->size(), 0U) << "it comes back empty";
  pool.give_back(second);
}

TEST(BlockPool, KeepsTheTwoSizesApart) {
  BlockPool pool;
  pool.give_back(pool.take_small());
  Block* large = pool.take_large();
  EXPECT_EQ(large->room(), BlockPool::kLargeBytes);
  pool.give_back(large);
  Block* small = pool.take_small();
  EXPECT_EQ(small->room(), BlockPool::kSmallBytes);
  pool.give_back(small);
}

TEST(BlockPool, CountsWhatIsInUse) {
  BlockPool pool;
  Block* small = pool.take_small();
  Block* large = pool.take_large();
  EXPECT_EQ(pool.bytes_in_use(), BlockPool::kSmallBytes + BlockPool::kLargeBytes);
  pool.give_back(large);
  EXPECT_EQ(pool.bytes_in_use(), BlockPool::kSmallBytes);
  pool.give_back(small);
  EXPECT_EQ(pool.bytes_in_use(), 0U);
  EXPECT_EQ(pool.peak_bytes_in_use(), BlockPool::kSmallBytes + BlockPool::kLargeBytes);
}

}  // namespace
}  // namespace ringstorm
