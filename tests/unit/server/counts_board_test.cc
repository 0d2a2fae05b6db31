#include "server/counts_board.h"

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

CountsCopy copy_of(std::uint64_t messages, std::vector<ConnectionRow> rows = {}) {
  CountsCopy copy;
  copy.counts.messages = messages;
  copy.rows = std::move(rows);
  return copy;
}

TEST(CountsBoard, AnswersWhenEveryShardHasLeftItsCopy) {
  CountsBoard board(2);
  EXPECT_EQ(board.asked(), 0U);
  const std::uint64_t question = board.ask(false);
  EXPECT_EQ(board.asked(), question);
  board.leave(0, question, copy_of(3));
  EXPECT_FALSE(board.answer(question).has_value());
  board.leave(1, question, copy_of(4));
  EXPECT_EQ(board.answer(question)->counts.messages, 7U);
}

TEST(CountsBoard, AnOlderCopyIsNoAnswerAndANewerOneIs) {
  CountsBoard board(2);
  const std::uint64_t first = board.ask(false);
  const std::uint64_t second = board.ask(false);
  board.leave(0, second, copy_of(1));
  board.leave(1, first, copy_of(1));
  EXPECT_TRUE(board.answer(first).has_value());
  EXPECT_FALSE(board.answer(second).has_value());
}

TEST(CountsBoard, OnceAskedForTheConnectionsComeWithEveryCopy) {
  CountsBoard board(1);
  board.ask(false);
  EXPECT_FALSE(board.wants_rows());
  board.ask(true);
  board.ask(false);
  EXPECT_TRUE(board.wants_rows());
}

TEST(CountsBoard, ListsTheOpenConnectionsFirstAndNoMoreThanItsMost) {
  CountsBoard board(2);
  std::vector<ConnectionRow> ended;
  for (std::uint64_t i = 0; i < kMostRows; ++i) ended.push_back({.number = i, .close_code = 1000});
  const std::uint64_t question = board.ask(true);
  board.leave(0, question, copy_of(0, ended));
  board.leave(1, question, copy_of(0, {{.number = 70'000}, {.number = 60'000}}));
  const auto rows = board.answer(question)->rows;
  ASSERT_EQ(rows.size(), kMostRows);
  EXPECT_EQ(rows[0].number, 60'000U);
  EXPECT_EQ(rows[1].number, 70'000U);
  EXPECT_EQ(rows[2].number, 0U);
}

TEST(EndedConnections, KeepsTheLast) {
  EndedConnections ended;
  for (std::uint64_t i = 0; i < kMostRows + 5; ++i) ended.add({.number = i, .close_code = 1000});
  EXPECT_EQ(ended.rows().size(), kMostRows);
  const auto has = [&](std::uint64_t number) {
    for (const ConnectionRow& row : ended.rows()) {
      if (row.number == number) return true;
    }
    return false;
  };
  EXPECT_FALSE(has(4));
  EXPECT_TRUE(has(5));
  EXPECT_TRUE(has(kMostRows + 4));
}

TEST(FaultCounts, StallsAreTheSameForEveryShardAndTheRestAddsUp) {
  FaultCounts a{.delayed_replies = 1, .stalls = 3, .resets = 2};
  a.merge({.delayed_replies = 1, .stalls = 2, .resets = 2});
  EXPECT_EQ(a.delayed_replies, 2U);
  EXPECT_EQ(a.stalls, 3U);
  EXPECT_EQ(a.resets, 4U);
}

}  // namespace
}  // namespace ringstorm
