#include "session/interpreter.h"

#include <cstring>

#include <gtest/gtest.h>

#include "session/compiler.h"
#include "unit/session/forms.h"

namespace ringstorm {
namespace {

using Kind = ConditionForm::Kind;
using Heard = Hearing::Kind;

Instant at(std::int64_t ms) {
  return Instant{milliseconds(ms)};
}

/// One connection that plays a session.
struct Player {
  explicit Player(std::vector<StepForm> steps) : Player(session(std::move(steps))) {}
  explicit Player(const SessionForm& form)
      : script(*compile(std::vector{form}, {})),
        interpreter(script),
        counters(script.counters),
        variables(script.variable_bytes) {
    interpreter.begin(ref(), script.sessions[0].steps, at(0));
  }

  PlayRef ref() { return {play, counters, variables}; }
  Doing doing() const { return play.doing; }
  std::string message() const { return script.messages[interpreter.instruction(play).index].payload; }
  void sent(std::int64_t ms = 0) { interpreter.sent(ref(), at(ms)); }
  Hearing hear(std::string_view text, std::int64_t ms = 0, Opcode opcode = Opcode::text) {
    return interpreter.heard(
        ref(),
        {.opcode = opcode, .size = text.size(), .bytes = std::as_bytes(std::span(text)), .has_bytes = true},
        at(ms));
  }
  std::string variable(std::uint32_t index) { return std::string(variables_of(script, ref()).value(index)); }

  Script script;
  Interpreter interpreter;
  Play play;
  std::vector<std::uint64_t> counters;
  std::vector<std::byte> variables;
};

// Rounds are due at even times, whatever a round took.
TEST(Interpreter, KeepsThePace) {
  StepForm paced = repeat_forever({send("a", false)});
  paced.every = milliseconds(10);
  Player player({paced});
  player.sent(3);
  EXPECT_EQ(player.doing(), Doing::wait);
  EXPECT_EQ(player.play.until, at(10));
  EXPECT_FALSE(player.interpreter.time_passed(player.ref()));
  EXPECT_EQ(player.doing(), Doing::send);
  EXPECT_EQ(player.play.since, at(10));
  player.sent(34);  // the rounds of 20 and 30 are late, and due when they were due
  EXPECT_EQ(player.doing(), Doing::send);
  EXPECT_EQ(player.play.since, at(20));
  player.sent(35);
  EXPECT_EQ(player.play.since, at(30));
  player.sent(36);
  EXPECT_EQ(player.doing(), Doing::wait);
  EXPECT_EQ(player.play.until, at(40));
}

TEST(Interpreter, APaceHasItsNumberOfRounds) {
  StepForm paced = repeat(2, {send("a", false)});
  paced.every = milliseconds(10);
  Player player({paced});
  player.sent(1);
  EXPECT_FALSE(player.interpreter.time_passed(player.ref()));
  player.sent(11);
  EXPECT_EQ(player.play.until, at(20)) << "the last round lasts as long as the others";
  EXPECT_FALSE(player.interpreter.time_passed(player.ref()));
  EXPECT_EQ(player.doing(), Doing::ended);
}

TEST(Interpreter, PlaysOneStepAfterTheOther) {
  Player player({send("a"), expect(), send("b"), expect()});
  EXPECT_EQ(player.doing(), Doing::send);
  EXPECT_EQ(player.message(), "a");
  player.sent(1);
  EXPECT_EQ(player.doing(), Doing::expect);
  EXPECT_EQ(player.play.until, at(5001));
  EXPECT_EQ(player.hear("x", 2).kind, Heard::answer);
  EXPECT_EQ(player.message(), "b");
  EXPECT_EQ(player.play.since, at(2)) << "the next message is due when the step before ended";
  player.sent(3);
  player.hear("y", 4);
  EXPECT_EQ(player.doing(), Doing::ended);
  EXPECT_EQ(player.play.until, kNever);
}

TEST(Interpreter, PassesOverWhatDoesNotMatch) {
  Player player({expect({condition(Kind::text_equals, "yes")}), send("a")});
  EXPECT_EQ(player.hear("no").kind, Heard::unmatched);
  EXPECT_EQ(player.hear("yes", 0, Opcode::binary).kind, Heard::unmatched);
  EXPECT_EQ(player.doing(), Doing::expect);
  EXPECT_EQ(player.hear("yes").kind, Heard::answer);
  EXPECT_EQ(player.hear("yes").kind, Heard::unawaited) << "a send waits for nothing";
}

TEST(Interpreter, WhatIsMeantIsNotWhetherItIsRight) {
  Player player(
      {expect({condition(Kind::json_equals, "7", "/id")}, {condition(Kind::json_equals, "true", "/ok")}),
       send("a")});
  EXPECT_EQ(player.hear(R"({"id": 8, "ok": true})").kind, Heard::unmatched);
  const Hearing hearing = player.hear(R"({"ok": false, "id": 7})");
  EXPECT_EQ(hearing.kind, Heard::answer);
  EXPECT_TRUE(hearing.check_failed);
  EXPECT_EQ(hearing.step, 0U);
  EXPECT_EQ(player.doing(), Doing::send) << "a wrong answer is an answer";
}

struct ConditionCase {
  ConditionForm form;
  std::string text;
  Opcode opcode;
  bool holds;
};

TEST(Interpreter, HoldsMessagesAgainstEveryKindOfCondition) {
  ConditionForm size = condition(Kind::binary_size, "");
  size.size = 3;
  const std::vector<ConditionCase> cases{
      {condition(Kind::text_contains, "ell"), "hello", Opcode::text, true},
      {condition(Kind::text_contains, "elk"), "hello", Opcode::text, false},
      {condition(Kind::text_regex, "^h.*o$"), "hello", Opcode::text, true},
      {condition(Kind::text_regex, "^e"), "hello", Opcode::text, false},
      {condition(Kind::text_regex, "e"), "hello", Opcode::binary, false},
      {condition(Kind::json_exists, "", "/a/b"), R"({"a":{"b":null}})", Opcode::text, true},
      {condition(Kind::json_exists, "", "/a/c"), R"({"a":{"b":null}})", Opcode::text, false},
      {condition(Kind::json_equals, "\"x\\n\"", "/a"), R"({"a":"x\u000a"})", Opcode::binary, true},
      {condition(Kind::json_equals, "\"x\"", "/a"), R"({"a":"y"})", Opcode::text, false},
      {condition(Kind::json_equals, "10", "/a"), R"({"a":1e1})", Opcode::text, true},
      {condition(Kind::json_equals, "10", "/a"), R"({"a":"10"})", Opcode::text, false},
      {condition(Kind::json_equals, "null", "/a"), R"({"a":null})", Opcode::text, true},
      {condition(Kind::binary_prefix, std::string("\0\1", 2)), std::string("\0\1\2", 3), Opcode::binary,
       true},
      {condition(Kind::binary_prefix, "ab"), "abc", Opcode::text, false},
      {size, "abc", Opcode::binary, true},
      {size, "abcd", Opcode::binary, false},
      {size, "abc", Opcode::text, false},
  };
  for (const ConditionCase& test : cases) {
    Player player({expect({test.form})});
    EXPECT_EQ(player.hear(test.text, 0, test.opcode).kind, test.holds ? Heard::answer : Heard::unmatched)
        << test.form.value << " " << test.form.path << ": " << test.text;
  }
}

TEST(Interpreter, BytesThatWereOnlyCountedMatchNothing) {
  Player player({expect({condition(Kind::text_contains, "a")})});
  EXPECT_TRUE(player.interpreter.looks_at_bytes(player.play));
  EXPECT_EQ(player.interpreter.heard(player.ref(), {.size = 5}, at(0)).kind, Heard::unmatched);
  Player any({expect()});
  EXPECT_FALSE(any.interpreter.looks_at_bytes(any.play));
  EXPECT_EQ(any.interpreter.heard(any.ref(), {.size = 5}, at(0)).kind, Heard::answer);
}

TEST(Interpreter, CapturesValues) {
  SessionForm form = session({expect_and_capture(capture("id", "/payload/id")),
                              expect_and_capture(capture("n", "n=(\\d+)", CaptureForm::Kind::regex)),
                              expect({condition(Kind::json_equals, "\"{{id}}\"", "/id")})});
  Player player(form);
  EXPECT_FALSE(player.hear(R"({"payload":{"id":"a\u00e4b"}})").capture_failed);
  EXPECT_EQ(player.variable(0), "a\u00e4b");
  player.hear("m=1 n=42");
  EXPECT_EQ(player.variable(1), "42");
  EXPECT_EQ(player.hear(R"({"id":"other"})").kind, Heard::unmatched);
  EXPECT_EQ(player.hear("{\"id\":\"a\u00e4b\"}").kind, Heard::answer);
}

TEST(Interpreter, ACaptureThatFailsLeavesTheBlock) {
  CaptureForm narrow = capture("id", "/id");
  narrow.most_bytes = 4;
  for (const auto* text : {"{}", "no json", R"({"id":"12345"})", R"({"id":12345})"}) {
    Player player({expect_and_capture(narrow), send("{{id}}")});
    const Hearing hearing = player.hear(text);
    EXPECT_EQ(hearing.kind, Heard::answer);
    EXPECT_TRUE(hearing.capture_failed) << text;
    EXPECT_EQ(player.doing(), Doing::ended);
  }
}

TEST(Interpreter, AnExpectTimesOut) {
  StepForm waits = expect();
  waits.timeout = milliseconds(10);
  Player player({send("a"), waits, send("b")});
  player.sent(5);
  EXPECT_EQ(player.play.until, at(15));
  EXPECT_TRUE(player.interpreter.time_passed(player.ref()));
  EXPECT_EQ(player.doing(), Doing::ended) << "what follows may need the answer";
}

TEST(Interpreter, WaitsFromWhenTheStepBeforeEnded) {
  Player player({wait(milliseconds(10)), wait(milliseconds(5)), send("a")});
  EXPECT_EQ(player.doing(), Doing::wait);
  EXPECT_EQ(player.play.until, at(10));
  EXPECT_FALSE(player.interpreter.time_passed(player.ref()));
  EXPECT_EQ(player.play.until, at(15));
  EXPECT_FALSE(player.interpreter.time_passed(player.ref()));
  EXPECT_EQ(player.play.since, at(15)) << "a turn that comes late shifts no intended time";
  EXPECT_EQ(player.hear("x").kind, Heard::unawaited);
}

TEST(Interpreter, RepeatsACountWithinACount) {
  Player player({repeat(2, {send("a"), repeat(3, {send("b")})}), send("c")});
  std::string order;
  while (player.doing() == Doing::send) {
    order += player.message();
    player.sent();
  }
  EXPECT_EQ(order, "abbbabbbc");
}

TEST(Interpreter, RepeatsForATime) {
  Player player({repeat_for(milliseconds(10), {send("a")}), send("b")});
  player.sent(4);
  EXPECT_EQ(player.message(), "a");
  player.sent(9);
  EXPECT_EQ(player.message(), "a");
  player.sent(10);
  EXPECT_EQ(player.message(), "b");
}

TEST(Interpreter, RepeatsWithoutEnd) {
  Player player({repeat_forever({send("a")})});
  for (int i = 0; i < 1000; ++i) player.sent();
  EXPECT_EQ(player.doing(), Doing::send);
}

TEST(Interpreter, ChoosesByWeight) {
  Player player({repeat_forever({choose({{1, {send("a")}}, {0, {send("b")}}, {3, {send("c")}}})})});
  std::map<std::string, int> times;
  for (int i = 0; i < 4000; ++i) {
    ++times[player.message()];
    player.sent();
  }
  EXPECT_EQ(times["b"], 0);
  EXPECT_NEAR(times["a"], 1000, 150);
}

TEST(Interpreter, ListensToACountATimeOrUntilAMatch) {
  StepForm count = step(StepForm::Kind::listen);
  count.count = 2;
  StepForm time = step(StepForm::Kind::listen);
  time.length = milliseconds(10);
  StepForm until = step(StepForm::Kind::listen);
  until.match = {condition(Kind::text_equals, "end")};
  Player player({count, time, until, send("a")});
  EXPECT_EQ(player.hear("1", 1).kind, Heard::listened);
  EXPECT_EQ(player.play.until, kNever);
  EXPECT_EQ(player.hear("2", 2).kind, Heard::listened);
  EXPECT_EQ(player.play.until, at(12));
  EXPECT_EQ(player.hear("3", 3).kind, Heard::listened);
  EXPECT_FALSE(player.interpreter.time_passed(player.ref()));
  EXPECT_EQ(player.hear("4", 20).kind, Heard::listened);
  EXPECT_EQ(player.hear("end", 21).kind, Heard::listened);
  EXPECT_EQ(player.doing(), Doing::send);
}

TEST(Interpreter, PingsAndWaitsForThePong) {
  StepForm ping = step(StepForm::Kind::ping);
  ping.timeout = milliseconds(10);
  Player player({ping, ping});
  EXPECT_EQ(player.doing(), Doing::ping);
  player.sent(1);
  EXPECT_EQ(player.doing(), Doing::pong);
  EXPECT_EQ(player.play.until, at(11));
  EXPECT_EQ(player.play.pings, 1U);
  EXPECT_EQ(player.hear("x").kind, Heard::unawaited);
  player.interpreter.ponged(player.ref(), at(3));
  EXPECT_EQ(player.doing(), Doing::ping);
  player.sent(4);
  EXPECT_TRUE(player.interpreter.time_passed(player.ref()));
  EXPECT_EQ(player.doing(), Doing::ended);
}

TEST(Interpreter, ClosesAndEchoes) {
  Player closing({step(StepForm::Kind::close)});
  EXPECT_EQ(closing.doing(), Doing::close);
  Player echoing({step(StepForm::Kind::echo)});
  EXPECT_TRUE(echoing.interpreter.looks_at_bytes(echoing.play));
  EXPECT_EQ(echoing.hear("x").kind, Heard::echo);
  EXPECT_EQ(echoing.doing(), Doing::echo);
}

TEST(Interpreter, DrawsAnotherWindowForEachRandomMessage) {
  StepForm form = send("");
  form.message.opcode = Opcode::binary;
  form.message.size = 8;
  form.message.fill = Fill::random;
  Player player({repeat_forever({form})});
  std::set<std::uint32_t> windows;
  for (int i = 0; i < 50; ++i) {
    EXPECT_LT(player.play.window, player.script.messages[0].windows);
    windows.insert(player.play.window);
    player.sent();
  }
  EXPECT_GT(windows.size(), 40U);
}

TEST(Interpreter, TheSameSeedMakesTheSameChoices) {
  const auto trace = [](std::uint64_t seed) {
    Player player({repeat_forever({choose({{1, {send("a")}}, {1, {send("b")}}})})});
    player.play.random = Prng{seed};
    std::string out;
    for (int i = 0; i < 64; ++i) {
      out += player.message();
      player.sent();
    }
    return out.substr(1);
  };
  EXPECT_EQ(trace(1), trace(1));
  EXPECT_NE(trace(1), trace(2));
}

}  // namespace
}  // namespace ringstorm
