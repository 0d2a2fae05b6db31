// A whole shard over a simulated kernel, network and servers, under thousands of seeds: whatever fails, its
// sums close, its counts agree with what the servers counted, it ends in bounded time, and it allocates
// nothing.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/no_allocation.h"
#include "sim/shard_world.h"
#include "sim/sim_seeds.h"

namespace ringstorm {
namespace {

TEST(ShardSim, SumsCloseWhateverFails) {
  for_each_seed(3'000, [](std::uint64_t seed) {
    World world(seed);
    ShardRun run(world);
    run.run();
    if (run.asked_to_stop() && world.stop == StopRequest::at_once) return;  // everything is left as it is
    sums_close(run, world);
    servers_agree(run);
    ends_in_time(run, world);
  });
}

TEST(ShardSim, NothingFailsWhenNothingIsWrong) {
  std::uint64_t pongs = 0;
  for_each_seed(60, [&pongs](std::uint64_t seed) {
    World world(seed);
    world.faults = {};
    world.faults.peer_pings = 0.3;
    world.faults.peer_fragments = 0.3;
    world.stop = StopRequest::none;
    world.plan.scenario.upgrade_timeout = world.plan.scenario.close_timeout = world.plan.scenario.drain =
        seconds(10);
    ShardRun run(world);
    run.run();
    sums_close(run, world);
    servers_agree(run);
    const Counters& counts = run.counters();
    EXPECT_EQ(run.total().failures.total(), 0u);
    EXPECT_EQ(counts.connections_closed, world.plan.load.planned_connections);
    EXPECT_GT(counts.messages_sent + world.plan.load.open_loop(), 0u);
    pongs += run.sum(&EchoPeerRecord::pongs);
    if (world.plan.expects_replies) {
      EXPECT_EQ(counts.messages_answered, counts.messages_sent);
    }
    if (world.plan.scenario.messages && !world.plan.scenario.duration && !world.plan.load.open_loop()) {
      EXPECT_EQ(counts.window_sent, *world.plan.scenario.messages);
    }
  });
  EXPECT_GT(pongs, 0u);
}

TEST(ShardSim, SumsCloseWhateverFailsWithCompression) {
  CompressionCounts counts;
  for_each_seed(300, [&counts](std::uint64_t seed) {
    World world(seed);
    world.offer_deflate();
    ShardRun run(world);
    run.run();
    if (run.asked_to_stop() && world.stop == StopRequest::at_once) return;
    sums_close(run, world);
    servers_agree(run);
    ends_in_time(run, world);
    counts.add(run.total().compression);
  });
  EXPECT_GT(counts.sent.messages, 100u);  // a tenth of what all seeds make: sanitizers run fewer
  EXPECT_GT(counts.received.messages, 100u);
  EXPECT_GT(counts.sent.work.calls, 10u) << "no message was compressed on its way";
  EXPECT_GT(counts.declined, 0u);
}

TEST(ShardSim, NothingFailsWithCompressionWhenNothingIsWrong) {
  for_each_seed(60, [](std::uint64_t seed) {
    World world(seed);
    world.faults = {};
    world.stop = StopRequest::none;
    world.plan.scenario.upgrade_timeout = world.plan.scenario.close_timeout = world.plan.scenario.drain =
        seconds(10);
    world.offer_deflate();
    ShardRun run(world);
    run.run();
    sums_close(run, world);
    servers_agree(run);
    EXPECT_EQ(run.total().failures.total(), 0u);
    EXPECT_EQ(run.counters().connections_closed, world.plan.load.planned_connections);
    EXPECT_EQ(run.sum(&EchoPeerRecord::wrong_messages), 0u);
    const CompressionCounts& counts = run.total().compression;
    if (!world.peer.deflate || !world.plan.scenario.compress) return;
    EXPECT_EQ(counts.sent.messages, run.counters().messages_sent);
    EXPECT_EQ(counts.sent.plain_bytes, run.counters().sent_payload_bytes);
    EXPECT_EQ(counts.received.messages, run.counters().messages_received);
    EXPECT_EQ(counts.received.plain_bytes, run.counters().received_payload_bytes);
  });
}

// Names out of a table, numbers and stamps, and filler after them.
World world_of_holes(std::size_t filler) {
  World world = World::calm();
  Scenario& scenario = world.plan.scenario;
  scenario.connections = 7;
  scenario.in_flight = 4;
  scenario.duration.reset();
  scenario.messages = 300;
  FeederTable users({"name"});
  for (const char* name : {"Ann", "Bob", "a longer name"}) users.add_row(std::vector<std::string>{name});
  scenario.feeders = {{"users", "users.csv", {}, std::make_shared<const FeederTable>(std::move(users))}};
  scenario.payload_text = "{{users.name}} {{sequence}} {{stamp}} {{uuid}} {{random.int(1,6)}} {{time.ns}}" +
                          std::string(filler, 'x');
  world.plan.payload.clear();
  world.plan.text = read_message_text(scenario).value;
  world.plan.columns = ScenarioNames(scenario).columns();
  world.replan();
  return world;
}

void expect_holes_filled(const ShardRun& run, std::size_t filler) {
  const Counters& counts = run.counters();
  EXPECT_EQ(counts.messages_answered, 300u);
  EXPECT_EQ(counts.sent_payload_bytes, run.sum(&EchoPeerRecord::payload_bytes));
  EXPECT_GT(counts.sent_payload_bytes, 300 * (filler + 100));
}

// Whole in one send or in pieces of many: what is filled in costs no memory, and all of it arrives.
TEST(ShardSim, MessagesWithHolesAllocateNothing) {
  for (const std::size_t filler : {10U, 20'000U}) {
    World world = world_of_holes(filler);
    ShardRun run(world);
    run.run();
    sums_close(run, world);
    expect_holes_filled(run, filler);
  }
}

TEST(ShardSim, MessagesWithHolesAreCompressedOneByOne) {
  for (const bool keep_context : {false, true}) {
    World world = world_of_holes(20'000);
    world.plan.scenario.deflate = true;
    world.plan.scenario.keep_context = keep_context;
    world.plan.upgrade.deflate = deflate_offer(world.plan.scenario);
    world.peer.deflate.emplace();
    world.replan();
    ShardRun run(world);
    run.run();
    sums_close(run, world);
    expect_holes_filled(run, 20'000);
    const CompressionTally& sent = run.total().compression.sent;
    EXPECT_EQ(sent.messages, 300u);
    EXPECT_EQ(sent.plain_bytes, run.counters().sent_payload_bytes);
    EXPECT_LT(sent.compressed_bytes, sent.plain_bytes / 20);
  }
}

void expect_near(const Histogram& histogram, Duration expected) {
  ASSERT_GT(histogram.count(), 0u);
  EXPECT_EQ(histogram.min(), expected);
  EXPECT_EQ(histogram.max(), expected);
  EXPECT_NEAR(static_cast<double>(histogram.quantile(0.5)->count()), static_cast<double>(expected.count()),
              0.001 * static_cast<double>(expected.count()));
}

// The oracle is the network: 100 us each way, 50 us in the server.
TEST(ShardSim, LatenciesAreTheVirtualDelays) {
  World world = World::calm();
  Scenario& scenario = world.plan.scenario;
  scenario.connections = 7;
  scenario.warmup = milliseconds(1);
  scenario.duration = milliseconds(50);
  world.replan();
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  expect_near(run.total().connect, microseconds(200));
  expect_near(run.total().upgrade, microseconds(200));
  expect_near(run.total().first_message, microseconds(250));
  expect_near(run.total().service, microseconds(250));
  expect_near(run.total().close, microseconds(250));
  // 50 ms at one message each 250 us on every connection.
  EXPECT_EQ(run.counters().window_sent, scenario.connections * 200);
}

// A fault that never happens tests nothing.
TEST(ShardSim, TheFaultsAreMet) {
  Counters counts;
  FailureTable failures;
  std::uint64_t outstanding = 0;
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    World world(seed);
    ShardRun run(world);
    run.run();
    counts.add(run.counters());
    failures.merge(run.total().failures);
    outstanding += run.outcome().outstanding;
  }
  for (const Cause cause :
       {Cause::connect_refused, Cause::network_unreachable, Cause::connect_timed_out, Cause::connect_failed,
        Cause::upgrade_timed_out, Cause::upgrade_closed, Cause::http_status, Cause::reserved_bit,
        Cause::connection_reset, Cause::connection_closed, Cause::closed_by_server, Cause::close_timed_out,
        Cause::malformed_head}) {
    const auto rows = failures.rows();
    EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), [&](const FailureTable::Row& row) {
      return row.failure.cause == cause;
    })) << to_string({cause, 0});
  }
  EXPECT_GT(outstanding, 0u);
  for (const std::uint64_t count :
       {counts.messages_failed, counts.connections_closed, counts.connections_lost, counts.pings_answered,
        counts.messages_shed, counts.messages_due, counts.messages_held, counts.receive_rearms,
        counts.out_of_buffers, counts.short_sends, counts.completion_overflows}) {
    EXPECT_GT(count, 0u);
  }
}

TEST(ShardSim, TheSameSeedGivesTheSameRun) {
  const auto trace = [](std::uint64_t seed) {
    World world(seed);
    ShardRun run(world);
    run.run();
    return run.trace();
  };
  for (std::uint64_t seed = 1; seed <= 8; ++seed) EXPECT_EQ(trace(seed), trace(seed)) << seed;
  EXPECT_NE(trace(1), trace(2));
}

TEST(ShardSimDeathTest, AnAllocationAfterSealingIsFatal) {
  EXPECT_DEATH(
      {
        const NoAllocation sealed;
        ::operator delete(::operator new(1));
      },
      "allocates where nothing may");
}

}  // namespace
}  // namespace ringstorm
