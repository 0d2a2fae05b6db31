// A load that is on in given slices of time only, on the simulated ring and clock: what was meant for a slice
// is counted in it, exactly, and nothing happens between them.
#include <gtest/gtest.h>

#include "plan/slice_load.h"
#include "sim/shard_world.h"

namespace ringstorm {
namespace {

constexpr Duration kRoundTrip = microseconds(250);

std::vector<StageSpan> slices() {
  return {{.name = "0", .begin = milliseconds(20), .end = milliseconds(120)},
          {.name = "1", .begin = milliseconds(260), .end = milliseconds(360)},
          {.name = "2", .begin = milliseconds(380), .end = milliseconds(480)}};
}

World sliced(std::optional<std::uint64_t> per_second) {
  World world = World::calm();
  Scenario& scenario = world.plan.scenario;
  scenario.connections = 10;
  scenario.duration = milliseconds(500);
  if (per_second) scenario.rate = RateForm{.from = {*per_second, seconds(1)}};
  world.replan();
  slice_load(world.plan, slices(), milliseconds(500));
  return world;
}

TEST(SlicedLoad, AClosedLoopIsFullyUsedWithinItsSlicesAndSilentBetween) {
  World world = sliced(std::nullopt);
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  std::uint64_t in_slices = 0;
  for (const StageMeasurements& slice : run.total().stages) {
    // Ten connections, each with one message at a time for 100 ms of round trips.
    EXPECT_EQ(slice.sent, 10U * 400U);
    EXPECT_EQ(slice.answered, slice.sent);
    EXPECT_EQ(slice.answered_within, slice.sent - 10U) << "the last ones' replies are on their way";
    EXPECT_EQ(slice.latency.max(), kRoundTrip) << "waiting for the slice to begin is no latency";
    EXPECT_EQ(slice.longest_pause, kRoundTrip);
    in_slices += slice.sent;
  }
  EXPECT_EQ(run.counters().messages_sent, in_slices);
}

TEST(SlicedLoad, AnOpenLoopKeepsItsRateWithinItsSlices) {
  World world = sliced(10'000);
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  for (const StageMeasurements& slice : run.total().stages) {
    EXPECT_EQ(slice.planned, 1'000U);
    EXPECT_EQ(slice.answered, 1'000U);
    EXPECT_EQ(slice.latency.max(), kRoundTrip);
  }
  EXPECT_EQ(run.counters().messages_planned, 3'000U);
}

// Asked in one slice and answered long after it, when nothing is measured any more.
TEST(SlicedLoad, AMessageBelongsToTheSliceItWasMeantFor) {
  World world = sliced(10'000);
  world.server_stall_at = milliseconds(110);
  world.server_stall = milliseconds(100);
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  const StageMeasurements& stalled = run.total().stages[0];
  EXPECT_EQ(stalled.answered, 1'000U);
  EXPECT_NEAR(static_cast<double>(stalled.answered_within), 900, 5);
  EXPECT_GT(*stalled.latency.max(), milliseconds(99));
  EXPECT_GT(stalled.longest_pause, milliseconds(99));
  EXPECT_EQ(run.total().stages[1].latency.max(), kRoundTrip);
  EXPECT_EQ(run.total().stages[1].longest_pause, kRoundTrip);
}

TEST(SlicedLoad, WithoutASliceInTheRunNothingIsSent) {
  World world = sliced(std::nullopt);
  slice_load(world.plan, {{.name = "never", .begin = seconds(1), .end = seconds(2)}}, milliseconds(5));
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  EXPECT_EQ(run.counters().messages_sent, 0U);
  EXPECT_EQ(run.counters().connections_opened, 10U);
}

}  // namespace
}  // namespace ringstorm
