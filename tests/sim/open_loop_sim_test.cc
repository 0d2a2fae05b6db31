// An open loop on the simulated ring and clock, where every latency has a truth to be held against.
#include <gtest/gtest.h>

#include "sim/shard_world.h"
#include "stats/estimate.h"

namespace ringstorm {
namespace {

World at_rate(std::uint64_t per_second, Duration duration, std::uint64_t connections = 100) {
  World world = World::calm();
  Scenario& scenario = world.plan.scenario;
  scenario.connections = connections;
  scenario.rate = RateForm{.from = {per_second, seconds(1)}};
  scenario.duration = duration;
  return world;
}

void expect_within(std::optional<Duration> found, Duration expected, double tolerance) {
  ASSERT_TRUE(found);
  EXPECT_NEAR(to_seconds(*found), to_seconds(expected), tolerance * to_seconds(expected));
}

TEST(OpenLoop, SendsOnTheInstantAndRecordsTheNetworksDelay) {
  World world = at_rate(1'000, seconds(2));
  world.replan();
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  EXPECT_EQ(run.counters().messages_planned, 2'000U);
  EXPECT_EQ(run.counters().messages_sent, 2'000U);
  EXPECT_EQ(run.total().send_lag.max(), Duration{0});
  EXPECT_EQ(run.total().latency.min(), microseconds(250));
  EXPECT_EQ(run.total().latency.max(), microseconds(250));
}

// The servers stand still for 1 s of 10 at 1,000/s: whoever would have sent in that second waits, so a tenth
// of the latencies is spread evenly from 0 to 1 s. However many may be in flight, the latency says so; the
// service time says so only where the load went on as planned.
void stall(std::uint64_t max_in_flight, bool service_shows_it) {
  World world = at_rate(1'000, seconds(10));
  world.plan.scenario.max_in_flight = max_in_flight;
  world.server_stall_at = seconds(5);
  world.server_stall = seconds(1);
  world.replan();
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  const Measurements& m = run.total();
  EXPECT_EQ(run.counters().messages_planned, 10'000U);
  EXPECT_EQ(m.latency.count() + m.censored.count(), 10'000U);
  expect_within(m.latency.quantile(0.50), microseconds(250), 0.001);
  expect_within(m.latency.quantile(0.95), milliseconds(500), 0.02);
  expect_within(m.latency.quantile(0.99), milliseconds(900), 0.02);
  EXPECT_EQ(*m.service.quantile(0.95) > milliseconds(400), service_shows_it);
  EXPECT_EQ(m.send_lag.max(), Duration{0}) << "the generator was always ready";
}

TEST(OpenLoop, AStalledServerShowsInTheLatency) {
  stall(16, true);
}

TEST(OpenLoop, AStalledServerShowsInTheLatencyEvenWhenTheLoadHadToWait) {
  stall(1, false);
}

TEST(OpenLoop, AStalledGeneratorShowsInTheSendLag) {
  World world = at_rate(1'000, seconds(5));
  world.generator_stall = milliseconds(5);
  world.generator_stall_every = milliseconds(100);
  world.replan();
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  const Measurements& m = run.total();
  EXPECT_EQ(run.counters().messages_sent, 5'000U);
  // Of every 100 messages five come due while it stands still.
  EXPECT_EQ(m.send_lag.quantile(0.90), Duration{0});
  expect_within(m.send_lag.quantile(0.99), milliseconds(4), 0.1);
  EXPECT_EQ(m.service.quantile(0.50), microseconds(250));
  EXPECT_GT(*m.latency.quantile(0.99), milliseconds(3));
}

TEST(OpenLoop, AGeneratorBeyondItsCapEndsTheRun) {
  World world = at_rate(1'000, seconds(5));
  world.generator_stall = milliseconds(5);
  world.generator_stall_every = milliseconds(100);
  world.plan.scenario.max_send_lag = milliseconds(2);
  world.replan();
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  EXPECT_TRUE(run.lags_too_much());
  EXPECT_LT(run.counters().messages_planned, 200U);
}

TEST(OpenLoop, ShedsWhatFindsNoRoom) {
  World world = at_rate(10'000, seconds(1), 1);
  world.plan.scenario.max_in_flight = 1;
  world.plan.scenario.when_full = WhenFull::shed;
  world.replan();
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  // A reply takes 250 us, in which two of three messages come due and find the one place taken.
  EXPECT_EQ(run.counters().messages_planned, 10'000U);
  EXPECT_NEAR(static_cast<double>(run.counters().messages_sent), 10'000 / 3.0, 10);
  EXPECT_EQ(run.total().latency.max(), microseconds(250));
  EXPECT_EQ(run.counters().messages_due, 0U);
}

// A server of half the rate: what it could not take in time is due or unanswered at the end, and censored.
TEST(OpenLoop, CensorsWhatIsUnansweredAtTheEnd) {
  World world = at_rate(8'000, seconds(1), 1);
  world.plan.scenario.max_in_flight = 1;
  world.plan.scenario.drain = Duration{0};
  world.replan();
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  const Measurements& m = run.total();
  EXPECT_EQ(run.counters().messages_planned, 8'000U);
  EXPECT_NEAR(static_cast<double>(run.counters().messages_due), 4'000, 20);
  EXPECT_EQ(m.latency.count() + m.censored.count(), 8'000U);
  EXPECT_GT(run.counters().messages_held, 3'900U);
  const auto p99 = estimate_quantile(m.latency, m.censored, 0.99);
  ASSERT_TRUE(p99);
  EXPECT_TRUE(p99->at_least);
}

TEST(OpenLoop, ConnectionsGrowAndShrinkAsTheStagesSay) {
  World world = at_rate(2'000, Duration{0}, 5);
  Scenario& scenario = world.plan.scenario;
  const RateForm rate = *scenario.rate;
  scenario.rate.reset();
  scenario.stages = {{.name = "grow", .rate = rate, .length = milliseconds(100), .connections = 20},
                     {.name = "hold", .rate = rate, .length = milliseconds(100), .connections = 20},
                     {.name = "shrink", .rate = rate, .length = milliseconds(100), .connections = 3},
                     {.name = "again", .rate = rate, .length = milliseconds(100), .connections = 10}};
  world.replan();
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  servers_agree(run);
  EXPECT_EQ(run.counters().connections_opened, 27U);
  EXPECT_EQ(run.counters().connections_closed, 27U);
  EXPECT_EQ(run.total().failures.total(), 0U);
  EXPECT_EQ(run.counters().messages_sent, 800U);
  for (const StageMeasurements& stage : run.total().stages) {
    EXPECT_EQ(stage.planned, 200U);
    EXPECT_EQ(stage.sent, 200U);
    EXPECT_EQ(stage.answered, 200U);
    EXPECT_EQ(stage.latency.count(), 200U);
  }
}

TEST(OpenLoop, TheWarmUpIsSentAndNotRecorded) {
  World world = at_rate(1'000, seconds(1));
  world.plan.scenario.warmup = milliseconds(500);
  world.replan();
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  EXPECT_EQ(run.counters().messages_planned, 1'500U);
  EXPECT_EQ(run.total().latency.count(), 1'000U);
}

TEST(OpenLoop, ANumberOfMessagesBoundsIt) {
  for (const Arrivals arrivals : {Arrivals::constant, Arrivals::poisson}) {
    World world = at_rate(1'000, seconds(1));
    world.plan.scenario.warmup = milliseconds(300);
    world.plan.scenario.duration.reset();
    world.plan.scenario.messages = 777;
    world.plan.scenario.arrivals = arrivals;
    world.replan();
    ShardRun run(world);
    run.run();
    sums_close(run, world);
    EXPECT_EQ(run.total().latency.count(), 777U);
    EXPECT_GT(run.counters().messages_sent, 777U + 200U);
  }
}

}  // namespace
}  // namespace ringstorm
