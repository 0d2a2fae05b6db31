#include "server/output_queue.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "unit/server/wire.h"

namespace ringstorm {
namespace {

using testing::pattern;

class OutputQueueTest : public ::testing::Test {
 protected:
  ~OutputQueueTest() override {
    queue_.clear(pool_);
    EXPECT_EQ(pool_.bytes_in_use(), 0U);
  }
  void append(std::string_view text) { queue_.append(std::as_bytes(std::span(text)), pool_); }
  std::string start(std::uint64_t held_back = 0) {
    const auto bytes = queue_.start_send(held_back);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::string send_all() {
    std::string all;
    while (!queue_.empty()) {
      all += start();
      queue_.finish_send(pool_);
    }
    return all;
  }

  BlockPool pool_;
  OutputQueue queue_;
};

TEST_F(OutputQueueTest, EverythingWrittenBetweenTwoSendsLeavesWithOne) {
  append("one ");
  append("two ");
  append("three");
  EXPECT_EQ(start(), "one two three");
  append("four ");
  append("five");
  EXPECT_EQ(start(), "") << "one send at a time";
  EXPECT_EQ(queue_.finish_send(pool_), 13U);
  EXPECT_EQ(start(), "four five");
  queue_.finish_send(pool_);
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(pool_.bytes_in_use(), 0U);
}

TEST_F(OutputQueueTest, OutgrownSmallBlockBecomesALargeOneAndStillOneSend) {
  const std::string small = pattern(BlockPool::kSmallBytes - 1);
  append(small);
  append("xyz");
  EXPECT_EQ(start(), small + "xyz");
  queue_.finish_send(pool_);
}

TEST_F(OutputQueueTest, BehindASendASmallBlockGrowsToo) {
  append("first");
  EXPECT_EQ(start(), "first");
  const std::string second = pattern(BlockPool::kSmallBytes);
  append(second);
  append("third");
  queue_.finish_send(pool_);
  EXPECT_EQ(start(), second + "third");
  queue_.finish_send(pool_);
}

TEST_F(OutputQueueTest, HeldBackBytesStay) {
  append("goes");
  append("stays");
  EXPECT_EQ(start(5), "goes");
  queue_.finish_send(pool_);
  EXPECT_EQ(start(5), "");
  append(" no longer");
  EXPECT_EQ(start(), "stays no longer");
  queue_.finish_send(pool_);
}

TEST_F(OutputQueueTest, TakesBackWhatHasNotGone) {
  append("keep");
  append("drop");
  EXPECT_TRUE(queue_.take_back(4, pool_));
  append("!");
  EXPECT_EQ(start(), "keep!");
  append("drop");
  EXPECT_FALSE(queue_.take_back(5, pool_)) << "reaches into what is being sent";
  EXPECT_TRUE(queue_.take_back(4, pool_));
  queue_.finish_send(pool_);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(OutputQueueTest, TakesBackOverManyBlocks) {
  append("keep");
  start();
  const std::string rest = pattern(3 * BlockPool::kLargeBytes);
  append(rest);
  EXPECT_TRUE(queue_.take_back(rest.size() - 1, pool_));
  queue_.finish_send(pool_);
  EXPECT_EQ(send_all(), rest.substr(0, 1));
}

// Any sequence of operations against the plainest model of the queue there is: a string.
TEST_F(OutputQueueTest, IsAStringWhateverIsDoneToIt) {
  const std::string source = pattern(200'000);
  for (unsigned seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) {
      return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    std::string model;
    std::size_t sending = 0;
    for (int step = 0; step < 400; ++step) {
      switch (below(4)) {
        case 0:
        case 1: {
          const std::size_t size = below(10) == 0 ? below(150'000) : below(3000);
          const std::string_view piece = std::string_view(source).substr(below(50'000), size);
          append(piece);
          model += piece;
          break;
        }
        case 2:
          if (sending != 0) {
            ASSERT_EQ(queue_.finish_send(pool_), sending);
            model.erase(0, sending);
            sending = 0;
          } else {
            const std::size_t held = model.empty() ? 0 : below(std::min<std::size_t>(model.size(), 100) + 1);
            const std::string sent = start(held);
            ASSERT_EQ(sent, model.substr(0, sent.size()));
            ASSERT_EQ(sent.empty(), model.size() == held);
            ASSERT_LE(sent.size(), model.size() - held);
            sending = sent.size();
          }
          break;
        case 3: {
          const std::size_t size = below(4000);
          const bool possible = size <= model.size() - sending;
          ASSERT_EQ(queue_.take_back(size, pool_), possible);
          if (possible) model.resize(model.size() - size);
          break;
        }
      }
      ASSERT_EQ(queue_.bytes(), model.size());
    }
    if (sending != 0) {
      queue_.finish_send(pool_);
      model.erase(0, sending);
    }
    ASSERT_EQ(send_all(), model);
  }
}

}  // namespace
}  // namespace ringstorm
