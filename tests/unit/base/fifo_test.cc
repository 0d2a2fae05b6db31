#include "base/fifo.h"

#include <deque>

#include <gtest/gtest.h>

#include "base/prng.h"

namespace ringstorm {
namespace {

TEST(Fifo, StartsEmpty) {
  const Fifo<int> fifo(3);
  EXPECT_TRUE(fifo.empty());
  EXPECT_FALSE(fifo.full());
  EXPECT_EQ(fifo.size(), 0U);
  EXPECT_EQ(fifo.capacity(), 3U);
}

TEST(Fifo, LetsItsFrontBeChanged) {
  Fifo<int> fifo(2);
  fifo.push(1);
  fifo.push(2);
  fifo.front() = 7;
  EXPECT_EQ(fifo.pop(), 7);
  EXPECT_EQ(fifo.pop(), 2);
}

TEST(Fifo, WithoutCapacityIsBothEmptyAndFull) {
  const Fifo<int> fifo(0);
  EXPECT_TRUE(fifo.empty());
  EXPECT_TRUE(fifo.full());
}

TEST(Fifo, DoesAsAQueueDoesInAnyOrderOfPushesAndPops) {
  for (std::size_t capacity = 1; capacity <= 9; ++capacity) {
    Fifo<int> fifo(capacity);
    std::deque<int> oracle;
    Prng random{capacity};
    for (int i = 0; i < 1'000; ++i) {
      ASSERT_EQ(fifo.size(), oracle.size());
      ASSERT_EQ(fifo.empty(), oracle.empty());
      ASSERT_EQ(fifo.full(), oracle.size() == capacity);
      if (random.below(2) == 0 && !fifo.full()) {
        fifo.push(i);
        oracle.push_back(i);
      } else if (!oracle.empty()) {
        ASSERT_EQ(fifo.front(), oracle.front());
        ASSERT_EQ(fifo.pop(), oracle.front());
        oracle.pop_front();
      }
    }
  }
}

}  // namespace
}  // namespace ringstorm
