#include "load/feeder.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using Rows = std::vector<std::uint64_t>;

Rows taken(const FeederDeal& deal, std::uint64_t count, std::uint64_t connection = 0) {
  Rows rows;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (const auto row = deal.row(i, connection)) rows.push_back(*row);
  }
  return rows;
}

Rows sorted(Rows rows) {
  std::ranges::sort(rows);
  return rows;
}

Rows all_of(std::uint64_t rows) {
  Rows all(rows);
  std::iota(all.begin(), all.end(), std::uint64_t{0});
  return all;
}

const Share kAlone(1, 0, 1);

TEST(FeederTable, GivesBackItsCells) {
  FeederTable table({"name", "city"});
  table.add_row(std::vector<std::string>{"Ann", ""});
  table.add_row(std::vector<std::string>{"", "Oslo"});
  EXPECT_EQ(table.rows(), 2U);
  EXPECT_EQ(table.cell(0, 0), "Ann");
  EXPECT_EQ(table.cell(0, 1), "");
  EXPECT_EQ(table.cell(1, 0), "");
  EXPECT_EQ(table.cell(1, 1), "Oslo");
  EXPECT_EQ(table.longest(0), 3U);
  EXPECT_EQ(table.longest(1), 4U);
  EXPECT_GE(table.memory_bytes(), 7U);
}

TEST(FeederDeal, GoesThroughTheRowsInOrderAndAgain) {
  EXPECT_EQ(taken({{}, 3, 1, kAlone}, 7), (Rows{0, 1, 2, 0, 1, 2, 0}));
  EXPECT_EQ(taken({{.at_end = FeederEnd::once}, 3, 1, kAlone}, 7), (Rows{0, 1, 2}));
}

TEST(FeederDeal, ShufflesEveryRoundAnew) {
  const FeederDeal deal({.order = FeederOrder::shuffled}, 50, 1, kAlone);
  const Rows rows = taken(deal, 100);
  const Rows first(rows.begin(), rows.begin() + 50), second(rows.begin() + 50, rows.end());
  EXPECT_EQ(sorted(first), all_of(50));
  EXPECT_EQ(sorted(second), all_of(50));
  EXPECT_NE(first, second);
  EXPECT_NE(first, all_of(50));
  EXPECT_EQ(rows, taken(deal, 100));
  EXPECT_NE(rows, taken({{.order = FeederOrder::shuffled}, 50, 2, kAlone}, 100));
}

TEST(FeederDeal, DrawsEveryRowAtRandom) {
  const FeederDeal deal({.order = FeederOrder::random}, 10, 1, kAlone);
  std::map<std::uint64_t, int> count;
  for (const std::uint64_t row : taken(deal, 10'000)) ++count[row];
  EXPECT_EQ(count.size(), 10U);
  for (const auto& [row, times] : count) EXPECT_NEAR(times, 1000, 200) << row;
  EXPECT_EQ(taken({{.order = FeederOrder::random, .at_end = FeederEnd::once}, 10, 1, kAlone}, 50).size(),
            10U);
}

TEST(FeederDeal, EachConnectionHasAllRowsForItself) {
  constexpr FeederRules kRules{
      .order = FeederOrder::shuffled, .share = FeederShare::per_connection, .at_end = FeederEnd::once};
  const FeederDeal deal(kRules, 20, 1, Share(8, 1, 2));
  EXPECT_EQ(sorted(taken(deal, 30, 1)), all_of(20));
  EXPECT_EQ(sorted(taken(deal, 30, 2)), all_of(20));
  EXPECT_NE(taken(deal, 30, 1), taken(deal, 30, 2));
}

// Whatever the number of shards, each row goes to exactly one of them in each round.
TEST(FeederDeal, ShardsCutTheRowsExactly) {
  for (const FeederOrder order : {FeederOrder::in_order, FeederOrder::shuffled}) {
    for (std::uint64_t shards = 1; shards <= 5; ++shards) {
      for (const std::uint64_t connections : {5U, 7U, 12U}) {
        for (const std::uint64_t rows : {1U, 4U, 30U, 97U}) {
          Rows all;
          for (std::uint64_t shard = 0; shard < shards; ++shard) {
            const FeederDeal deal({.order = order, .at_end = FeederEnd::once}, rows, 3,
                                  Share(connections, shard, shards));
            std::ranges::copy(taken(deal, rows + 1), std::back_inserter(all));
          }
          EXPECT_EQ(sorted(all), all_of(rows)) << shards << ' ' << connections << ' ' << rows;
        }
      }
    }
  }
}

TEST(ShuffledPlace, IsAPermutation) {
  for (std::uint64_t size = 1; size < 300; ++size) {
    Rows places;
    for (std::uint64_t i = 0; i < size; ++i) places.push_back(shuffled_place(i, size, size * 7));
    EXPECT_EQ(sorted(places), all_of(size)) << size;
  }
  std::set<Rows> orders;  // all orders of three rows come up
  for (std::uint64_t key = 0; key < 500; ++key)
    orders.insert({shuffled_place(0, 3, key), shuffled_place(1, 3, key), shuffled_place(2, 3, key)});
  EXPECT_EQ(orders.size(), 6U);
}

}  // namespace
}  // namespace ringstorm
