#include "shard/endpoint_pool.h"

#include <array>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

SocketAddress target(std::uint16_t port) {
  return ip_address(std::array<std::uint8_t, 4>{127, 0, 0, 1}, port);
}

Sources two_addresses(std::uint16_t first, std::uint16_t last, std::vector<std::uint16_t> taken = {}) {
  return {*parse_source_addresses(std::array<std::string, 1>{"127.0.0.2-127.0.0.3"}),
          SourcePorts(first, last, std::move(taken))};
}

std::string text(const Way& way) {
  return (way.source == nullptr ? "any" : way.source->to_string()) + " to " + way.target.to_string();
}

TEST(EndpointPool, OnlySaysTheTargetWhereTheKernelChooses) {
  const TargetAddresses targets({target(1), target(2)});
  EndpointPool pool(targets, {.shards = 1, .first = 3, .size = 2, .connections = 5});
  EXPECT_EQ(text(pool.take(0)), "any to 127.0.0.1:2");
  EXPECT_EQ(text(pool.take(1)), "any to 127.0.0.1:1");
  pool.give_back(1);
  EXPECT_EQ(text(pool.take(1)), "any to 127.0.0.1:1");
}

TEST(EndpointPool, SpreadsOverTargetsThenAddressesThenPorts) {
  const TargetAddresses targets({target(1), target(2)}, two_addresses(5000, 5001));
  EndpointPool pool(targets, {.shards = 1, .size = 8, .connections = 8});
  EXPECT_EQ(text(pool.take(0)), "127.0.0.2:5000 to 127.0.0.1:1");
  EXPECT_EQ(text(pool.take(1)), "127.0.0.2:5000 to 127.0.0.1:2");
  EXPECT_EQ(text(pool.take(2)), "127.0.0.3:5000 to 127.0.0.1:1");
  EXPECT_EQ(text(pool.take(3)), "127.0.0.3:5000 to 127.0.0.1:2");
  EXPECT_EQ(text(pool.take(4)), "127.0.0.2:5001 to 127.0.0.1:1");
}

TEST(EndpointPool, NoTwoConnectionsOfARunHaveTheSame) {
  const TargetAddresses targets({target(1), target(5002)}, two_addresses(5000, 5009, {1, 5002}));
  ASSERT_EQ(targets.endpoints(), 36U);
  std::set<std::string> seen;
  // 23 connections over 3 shards, and every spare place is somebody's.
  for (std::uint32_t shard = 0; shard < 3; ++shard) {
    const std::uint64_t first = 23 * shard / 3;
    const auto size = static_cast<std::uint32_t>(23 * (shard + 1) / 3 - first);
    EndpointPool pool(targets,
                      {.shard = shard, .shards = 3, .first = first, .size = size, .connections = 23});
    for (Slot slot = 0; slot < size; ++slot) EXPECT_TRUE(seen.insert(text(pool.take(slot))).second);
    for (std::uint64_t spare = 13 * shard / 3; spare < 13ULL * (shard + 1) / 3; ++spare) {
      pool.give_back(0);
      EXPECT_TRUE(seen.insert(text(pool.take(0))).second);
    }
  }
  EXPECT_EQ(seen.size(), 36U);
  for (const std::string& way : seen) EXPECT_EQ(way.find(":5002 to"), std::string::npos) << way;
}

TEST(EndpointPool, APlaceComesBackWhenNoneIsFreshTheLongestUnusedFirst) {
  const TargetAddresses targets({target(1)}, two_addresses(5000, 5001));
  EndpointPool pool(targets, {.shards = 1, .size = 3, .connections = 3});
  const std::string first = text(pool.take(0)), second = text(pool.take(1));
  pool.take(2);
  pool.give_back(1);
  pool.give_back(0);
  EXPECT_EQ(text(pool.take(0)), "127.0.0.3:5001 to 127.0.0.1:1");
  EXPECT_EQ(text(pool.take(1)), second);
  pool.give_back(1);
  EXPECT_EQ(text(pool.take(1)), first);
}

TEST(EndpointPool, KnowsIPv6) {
  const TargetAddresses targets(
      {target(1)},
      Sources{*parse_source_addresses(std::array<std::string, 1>{"fd00::7"}), SourcePorts(5000, 5001, {})});
  EndpointPool pool(targets, {.shards = 1, .size = 1, .connections = 1});
  EXPECT_EQ(pool.take(0).source->to_string(), "[fd00::7]:5000");
}

}  // namespace
}  // namespace ringstorm
