// Shards whose connections play sessions, over the simulated kernel, network and servers.
#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "plan/budget.h"
#include "plan/session_plan.h"
#include "sim/shard_world.h"
#include "sim/sim_seeds.h"
#include "unit/session/forms.h"

namespace ringstorm {
namespace {

/// Makes the plan of what the scenario's sessions say.
void cast(World& world) {
  Plan& plan = world.plan;
  world.replan();
  const auto script = compile_sessions(plan.scenario);
  ASSERT_TRUE(script.ok()) << to_string(script.error());
  plan.script = *script;
  plan.cast = cast_sessions(connections_of(plan.scenario.sessions, plan.load.most_connections));
  plan.session_upgrades.assign(plan.scenario.sessions.size(), plan.upgrade);
  plan.budget.gather_buffers = 64;
  plan.budget.gather_buffer_bytes = 4'096;
}

/// Four connections for 100 ms, and nothing goes wrong: a reply comes 250 us after its message.
World calm_world(SessionForm form) {
  World world = World::calm();
  Scenario& scenario = world.plan.scenario;
  scenario.connections = 4;
  scenario.duration = milliseconds(100);
  scenario.messages.reset();
  world.plan.budget.send_buffer_bytes = 4'096;
  scenario.sessions = {std::move(form)};
  cast(world);
  return world;
}

StepForm expect_text(std::string text) {
  return expect({condition(ConditionForm::Kind::text_equals, std::move(text))});
}

StepForm step_with_timeout(StepForm form, Duration timeout) {
  form.timeout = timeout;
  return form;
}

TEST(ScriptSim, PlaysPassAfterPass) {
  World world = calm_world(session({send("a"), expect_text("a"), send("b"), expect_text("b")}));
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  servers_agree(run);
  const Counters& counts = run.counters();
  // 250 us a message, and 100 ms.
  EXPECT_NEAR(static_cast<double>(counts.messages_sent), 4 * 400.0, 4.0);
  EXPECT_EQ(counts.messages_answered, counts.messages_sent);
  EXPECT_EQ(counts.messages_unmatched + counts.messages_unawaited, 0U);
  EXPECT_NEAR(static_cast<double>(run.total().sessions[0].passes), 4 * 200.0, 8.0);
  EXPECT_EQ(run.total().sessions[0].latency.count(), counts.messages_recorded);
  EXPECT_EQ(run.total().latency.max(), microseconds(250));
  EXPECT_EQ(run.total().failures.total(), 0U);
}

TEST(ScriptSim, TheBlocksComeInTheirOrder) {
  SessionForm form = session({send("steps"), expect()});
  form.on_connect = {send("hello"), expect()};
  form.on_close = {send("bye"), expect()};
  World world = calm_world(form);
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  servers_agree(run);
  // Each connection has one of "hello" and "bye", answered, outside of the window.
  EXPECT_EQ(run.counters().messages_answered, run.counters().messages_sent);
  EXPECT_GE(run.counters().messages_sent, run.counters().window_sent + 8);
  EXPECT_EQ(run.counters().connections_closed, 4U);
}

TEST(ScriptSim, WhatDoesNotMatchIsPassedOver) {
  World world =
      calm_world(session({send("a"), send("b"), step_with_timeout(expect_text("b"), milliseconds(5)),
                          send("c"), step_with_timeout(expect_text("no"), milliseconds(5))}));
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  const Measurements& total = run.total();
  EXPECT_GT(total.counters.messages_unmatched, 0U);
  EXPECT_EQ(total.steps[2].unmatched + total.steps[4].unmatched, total.counters.messages_unmatched);
  EXPECT_GT(total.steps[4].timeouts, 10U);
  EXPECT_EQ(total.steps[2].timeouts, 0U);
  // What a timeout leaves unanswered has failed.
  EXPECT_EQ(total.counters.messages_failed, total.steps[4].timeouts);
}

TEST(ScriptSim, AnExpectAnswersTheLatestUnansweredSend) {
  World world = calm_world(session({send("a", false), send("b"), expect_text("b")}));
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  const Counters& counts = run.counters();
  EXPECT_EQ(counts.messages_answered * 2, counts.messages_sent);
  EXPECT_EQ(run.outcome().outstanding, counts.messages_answered) << "nobody answers what wants no reply";
  EXPECT_EQ(counts.messages_unmatched, counts.messages_answered) << "the echo of a";
}

TEST(ScriptSim, WaitsAreNobodysLag) {
  World world = calm_world(session({send("a"), expect(), wait(milliseconds(10))}));
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  EXPECT_NEAR(static_cast<double>(run.counters().messages_sent), 4 * 10.0, 4.0);
  EXPECT_LE(run.total().latency.max(), microseconds(260));
  EXPECT_LE(run.total().send_lag.max(), microseconds(100));
}

TEST(ScriptSim, PingsHaveAHistogramOfTheirOwn) {
  World world = calm_world(session({step(StepForm::Kind::ping)}));
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  EXPECT_GT(run.counters().pings_sent, 1'000U);
  EXPECT_EQ(run.counters().pongs_received, run.counters().pings_sent);
  EXPECT_EQ(run.sum(&EchoPeerRecord::client_pings), run.counters().pings_sent);
  EXPECT_EQ(run.total().ping.max(), microseconds(250));
  EXPECT_EQ(run.counters().messages_sent, 0U);
}

TEST(ScriptSim, AMessageInPiecesIsMatchedWhole) {
  StepForm large = send("");
  large.message.size = 3'000;
  large.message.fill = Fill::text;
  large.message.fragments = 7;
  World world = calm_world(session({large, expect({condition(ConditionForm::Kind::text_contains, "a")})}));
  world.ring.receive_buffer_bytes = 64;
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  servers_agree(run);
  EXPECT_GT(run.counters().messages_answered, 100U);
  EXPECT_EQ(run.counters().messages_answered, run.counters().messages_sent);
  EXPECT_EQ(run.sum(&EchoPeerRecord::payload_bytes), 3'000 * run.counters().messages_sent);
}

TEST(ScriptSim, AMessageTooLargeToMatchLosesItsConnection) {
  StepForm large = send("");
  large.message.size = 5'000;
  large.message.fill = Fill::text;
  World world = calm_world(session({large, expect({condition(ConditionForm::Kind::text_contains, "a")})}));
  world.ring.receive_buffer_bytes = 64;
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  EXPECT_EQ(run.counters().connections_lost, 4U);
  ASSERT_EQ(run.total().failures.rows().size(), 1U);
  EXPECT_EQ(run.total().failures.rows()[0].failure.cause, Cause::message_too_large_to_match);
}

TEST(ScriptSim, ClosesWithItsCodeAndComesBack) {
  StepForm close = step(StepForm::Kind::close);
  close.code = 4'001;
  close.reason = "enough";
  SessionForm form = session({send("a"), expect(), close});
  form.reconnect.kind = ReconnectForm::Kind::at_once;
  World world = calm_world(form);
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  const Counters& counts = run.counters();
  EXPECT_GT(counts.connections_reopened, 50U);
  EXPECT_EQ(counts.connections_opened, 4 + counts.connections_reopened);
  EXPECT_EQ(counts.connections_lost, 0U);
  EXPECT_GE(counts.messages_answered + 4, counts.connections_opened);
  EXPECT_EQ(run.total().steps[2].checks_failed, 0U) << "the server sends the code back";
  const auto by_step =
      std::ranges::count_if(run.peers(), [](const auto& p) { return p.close_code == 4'001; });
  EXPECT_GT(by_step, 50);
}

TEST(ScriptSim, ALifetimeEndsInGoodOrder) {
  SessionForm form = session({send("a"), expect(), wait(milliseconds(1))});
  form.on_close = {send("bye"), expect_text("bye")};
  form.lifetime = *Distribution::parse("20ms");
  form.reconnect.kind = ReconnectForm::Kind::back_off;
  form.reconnect.first = milliseconds(5);
  form.reconnect.jitter = 0;
  World world = calm_world(form);
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  servers_agree(run);
  EXPECT_NEAR(static_cast<double>(run.counters().connections_reopened), 4 * 4.0, 4.0);
  EXPECT_EQ(run.counters().messages_answered, run.counters().messages_sent);
  EXPECT_EQ(run.counters().connections_lost, 0U);
}

TEST(ScriptSim, AnArrivalBeginsAPass) {
  World world = calm_world(session({send("a"), expect(), send("b"), expect()}));
  world.plan.scenario.rate = RateForm{.from = {1'000, seconds(1)}};
  cast(world);
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  servers_agree(run);
  EXPECT_EQ(run.total().sessions[0].passes, 100U);
  EXPECT_EQ(run.counters().messages_sent, 200U);
  EXPECT_EQ(run.total().latency.max(), microseconds(250));
}

TEST(ScriptSim, APassThatCannotBeginWaitsWithItsIntendedTime) {
  World world = calm_world(session({send("a"), expect(), send("b"), expect()}));
  world.plan.scenario.connections = 1;
  world.plan.scenario.rate = RateForm{.kind = RateForm::Kind::burst, .burst = 3, .every = milliseconds(50)};
  cast(world);
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  EXPECT_EQ(run.total().sessions[0].passes, 6U);
  // The third pass of a burst begins when two have taken 500 us each.
  EXPECT_EQ(run.total().latency.max(), microseconds(1'250));
  EXPECT_EQ(run.total().service.max(), microseconds(250));
}

TEST(ScriptSim, OnConnectThatGetsNoAnswerLosesTheConnection) {
  SessionForm form = session({send("a"), expect()});
  form.on_connect = {send("hello"), step_with_timeout(expect_text("welcome"), milliseconds(5))};
  World world = calm_world(form);
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  EXPECT_EQ(run.counters().connections_lost, 4U);
  EXPECT_EQ(run.counters().messages_failed, 4U);
  EXPECT_EQ(run.total().steps[1].timeouts, 4U);
  EXPECT_EQ(run.total().failures.total(), 4U);
}

TEST(ScriptSim, ValuesGoFromMessageToMessage) {
  StepForm asks = send(R"({"id": "{{connection}}-{{sequence}}"})");
  asks.message.json = true;
  World world = calm_world(
      session({asks, expect_and_capture(capture("id", "/id")), send("got {{id}}"), expect_text("got 0-0")}));
  world.plan.scenario.connections = 1;
  world.plan.scenario.sessions[0].steps[3].timeout = milliseconds(1);
  cast(world);
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  EXPECT_EQ(run.total().sessions[0].passes, 1U) << "only the first pass has this number";
  EXPECT_GT(run.total().steps[3].timeouts, 10U);
  EXPECT_EQ(run.total().steps[1].captures_failed, 0U);
}

TEST(ScriptSim, AnEchoSendsBackWhatItHears) {
  World world = calm_world(session({send("to and fro", false), step(StepForm::Kind::echo)}));
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  servers_agree(run);
  // Back and forth every 250 us, for 100 ms.
  EXPECT_NEAR(static_cast<double>(run.counters().messages_sent), 4 * 400.0, 8.0);
  EXPECT_EQ(run.sum(&EchoPeerRecord::payload_bytes), 10 * run.counters().messages_sent);
  EXPECT_EQ(run.counters().messages_received,
            run.counters().messages_listened + run.counters().messages_unawaited);
}

TEST(ScriptSim, ABoundOfPassesEndsEachConnectionInGoodOrder) {
  SessionForm form = session({send("a"), expect()});
  form.on_close = {send("bye"), expect()};
  World world = calm_world(form);
  world.plan.passes_each = 3;
  ShardRun run(world);
  run.run();
  sums_close(run, world);
  EXPECT_EQ(run.total().sessions[0].passes, 12U);
  EXPECT_EQ(run.counters().messages_answered, 4 * 4U);
  EXPECT_EQ(run.counters().connections_closed, 4U);
  EXPECT_LT(run.ended() - run.started(), milliseconds(50));
}

// ---- whatever fails

std::vector<StepForm> random_steps(World& world, int depth) {
  std::vector<StepForm> steps;
  const auto short_time = [&] { return microseconds(static_cast<std::int64_t>(world.prng.below(800))); };
  for (std::uint64_t left = 1 + world.prng.below(4); left > 0; --left) {
    switch (world.prng.below(depth > 0 ? 8 : 6)) {
      case 0:
      case 1: {
        StepForm form = send("{{sequence}}", !chance(world.prng, 0.2));
        if (chance(world.prng, 0.5)) {
          form.message.content.clear();
          form.message.size = world.one_of({0UL, 1UL, 200UL, 5'000UL});
          form.message.opcode = Opcode::binary;
          form.message.fill = world.one_of({Fill::random, Fill::zeros});
        }
        form.message.fragments = world.one_of({1UL, 1UL, 3UL});
        steps.push_back(form);
        steps.push_back(step_with_timeout(expect(), microseconds(500)));
        break;
      }
      case 2: steps.push_back(wait(short_time() + nanoseconds(1))); break;
      case 3: {
        StepForm form = step(StepForm::Kind::listen);
        form.length = short_time();
        steps.push_back(form);
        break;
      }
      case 4: steps.push_back(step_with_timeout(step(StepForm::Kind::ping), microseconds(700))); break;
      case 5:
        steps.push_back(step_with_timeout(expect({condition(ConditionForm::Kind::text_contains, "1")}),
                                          microseconds(300)));
        break;
      case 6: steps.push_back(repeat(1 + world.prng.below(3), random_steps(world, depth - 1))); break;
      default:
        steps.push_back(choose({{1, random_steps(world, depth - 1)}, {2, random_steps(world, depth - 1)}}));
        break;
    }
  }
  return steps;
}

SessionForm random_session(World& world, std::string name) {
  SessionForm form = session(random_steps(world, 2), std::move(name));
  form.steps.insert(form.steps.begin(), send("first"));
  if (chance(world.prng, 0.3)) form.on_connect = random_steps(world, 1);
  if (chance(world.prng, 0.3)) form.on_close = random_steps(world, 1);
  if (chance(world.prng, 0.3)) form.steps.push_back(step(StepForm::Kind::close));
  if (chance(world.prng, 0.3)) form.lifetime = *Distribution::parse("uniform 1ms 8ms");
  form.reconnect.kind =
      world.one_of({ReconnectForm::Kind::never, ReconnectForm::Kind::at_once, ReconnectForm::Kind::back_off});
  form.reconnect.first = milliseconds(1);
  form.weight = 1 + world.prng.below(3);
  return form;
}

void make_sessions(World& world) {
  Scenario& scenario = world.plan.scenario;
  world.plan.expects_replies = true;
  world.peer.echoes = true;
  if (!scenario.duration) scenario.duration = milliseconds(10);
  if (scenario.stages.empty() && !scenario.rate && chance(world.prng, 0.5)) scenario.messages.reset();
  scenario.sessions = {random_session(world, "a"), random_session(world, "b")};
  cast(world);
}

TEST(ScriptSim, SumsCloseWhateverFails) {
  for_each_seed(2'000, [](std::uint64_t seed) {
    World world(seed);
    make_sessions(world);
    ShardRun run(world);
    run.run();
    if (run.asked_to_stop() && world.stop == StopRequest::at_once) return;
    sums_close(run, world);
    servers_agree(run);
    ends_in_time(run, world);
  });
}

}  // namespace
}  // namespace ringstorm
