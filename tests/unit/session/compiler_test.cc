#include "session/compiler.h"

#include <gtest/gtest.h>

#include "unit/session/forms.h"

namespace ringstorm {
namespace {

using Kind = ConditionForm::Kind;

std::vector<std::string> mistakes(const std::vector<SessionForm>& forms, const ScriptSurroundings& in = {}) {
  const auto script = compile(forms, in);
  std::vector<std::string> out;
  if (!script) {
    for (const Error& error : script.errors()) out.push_back(to_string(error));
  }
  return out;
}

std::string only_mistake(const SessionForm& form, const ScriptSurroundings& in = {}) {
  const auto all = mistakes({form}, in);
  EXPECT_EQ(all.size(), 1U) << ::testing::PrintToString(all);
  return all.empty() ? "" : all.front();
}

TEST(Compiler, MakesOneFlatList) {
  const auto script =
      compile(std::vector{session({send("a"), repeat(3, {send("b"), expect()}), wait(seconds(1))})}, {});
  ASSERT_TRUE(script.ok());
  std::vector<Operation> operations;
  for (const Instruction& i : script->code) operations.push_back(i.operation);
  EXPECT_EQ(operations, (std::vector{Operation::end, Operation::send, Operation::set_rounds, Operation::send,
                                     Operation::expect, Operation::next_round, Operation::wait,
                                     Operation::end, Operation::end}));
  EXPECT_EQ(script->code[5].target, 3U);
  EXPECT_EQ(script->sessions[0].steps, 1U);
  EXPECT_EQ(script->counters, 1U);
  EXPECT_EQ(script->most_unanswered, 2U);
  EXPECT_EQ(script->steps.size(), 5U);
}

TEST(Compiler, TopicsNeedStampsAndPublishers) {
  SessionForm writer = session({send("{{stamp}}")}, "writer");
  writer.publishes = "room";
  SessionForm reader = session({step(StepForm::Kind::listen)}, "reader");
  reader.subscribes = "room";
  const auto script = compile(std::vector{writer, reader}, {});
  ASSERT_TRUE(script.ok());
  EXPECT_TRUE(script->sessions[0].stamps);
  EXPECT_FALSE(script->sessions[1].stamps);
  reader.subscribes = "rom";
  writer.steps = {send("nothing")};
  const auto found = mistakes({writer, reader});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_NE(found[0].find("/sessions/0/publishes: none of the session's messages has a stamp"),
            std::string::npos);
  EXPECT_NE(found[1].find("no session publishes to \"rom\" (did you mean \"room\"?)"), std::string::npos);
}

TEST(Compiler, BranchesMeetAgain) {
  const auto script =
      compile(std::vector{session({choose({{1, {send("a")}}, {3, {send("b")}}}), expect()})}, {});
  ASSERT_TRUE(script.ok());
  EXPECT_EQ(script->choices[0].weights, 4U);
  EXPECT_EQ(script->code[script->branches[0].target].operation, Operation::send);
  EXPECT_EQ(script->code[script->branches[1].target].operation, Operation::send);
  for (const Instruction& i : script->code) {
    if (i.operation != Operation::jump) continue;
    EXPECT_EQ(script->code[i.target].operation, Operation::expect);
  }
}

TEST(Compiler, RefusesAStepThatIsNeverReached) {
  StepForm listen = step(StepForm::Kind::listen);
  EXPECT_EQ(only_mistake(session({listen, send("x")})),
            "/step: this step is never reached: the one before it has no end");
  EXPECT_EQ(only_mistake(session({repeat_forever({send("x")}), send("y")})),
            "/step: this step is never reached: the one before it has no end");
  EXPECT_EQ(only_mistake(session({step(StepForm::Kind::close), send("y")})),
            "/step: this step is never reached: the connection closes before it");
  EXPECT_EQ(only_mistake(session({choose({{1, {listen}}, {1, {step(StepForm::Kind::echo)}}}), send("y")})),
            "/step: this step is never reached: the one before it has no end");
  // One way through is enough.
  EXPECT_TRUE(mistakes({session({choose({{1, {listen}}, {1, {send("x")}}}), send("y")})}).empty());
}

TEST(Compiler, RefusesStepsBehindAnOnConnectWithoutEnd) {
  SessionForm form = session({send("x")});
  form.on_connect = {step(StepForm::Kind::echo)};
  EXPECT_EQ(only_mistake(form), "/step: this step is never reached: on_connect does not come to its end");
  form = session({send("x")});
  form.on_close = {step(StepForm::Kind::echo)};
  EXPECT_EQ(only_mistake(form),
            "/sessions/0/on_close: these steps have no end, and the connection is to close after them");
}

TEST(Compiler, RefusesASessionThatDoesNothing) {
  EXPECT_NE(only_mistake(session({})).find("never sends and never listens"), std::string::npos);
  EXPECT_NE(only_mistake(session({wait(seconds(1))})).find("does nothing"), std::string::npos);
}

TEST(Compiler, RefusesLoopsThatSpin) {
  EXPECT_NE(only_mistake(session({send("x"), repeat(3, {choose({{1, {}}, {1, {send("x")}}})})}))
                .find("take no time"),
            std::string::npos);
  EXPECT_NE(only_mistake(session({choose({{1, {}}, {1, {send("x")}}})})).find("may take no time"),
            std::string::npos);
}

TEST(Compiler, WithARateEveryPassSendsAndEnds) {
  const ScriptSurroundings open{.open_loop = true};
  EXPECT_NE(only_mistake(session({expect()}), open).find("must send"), std::string::npos);
  EXPECT_NE(only_mistake(session({repeat_forever({send("x")})}), open).find("never ends"), std::string::npos);
  EXPECT_NE(only_mistake(session({choose({{1, {send("x")}}, {1, {expect()}}})}), open).find("must send"),
            std::string::npos);
  EXPECT_TRUE(mistakes({session({send("x"), step(StepForm::Kind::close)})}, open).empty());
}

TEST(Compiler, RefusesWeightsThatSumToZero) {
  SessionForm idle = session({send("x")});
  idle.weight = 0;
  EXPECT_EQ(mistakes({idle}).size(), 1U);
  EXPECT_NE(
      only_mistake(session({send("x"), choose({{0, {send("a")}}, {0, {send("b")}}})})).find("sum to zero"),
      std::string::npos);
  idle.count = 3;
  EXPECT_TRUE(mistakes({idle}).empty());
}

TEST(Compiler, RefusesTwoSessionsOfOneName) {
  EXPECT_EQ(mistakes({session({send("x")}), session({send("x")})}),
            (std::vector<std::string>{"/sessions/0/name: two sessions are called \"test\" (reports and "
                                      "thresholds tell them apart by their names)"}));
}

TEST(Compiler, RefusesRegexesThatDoNotCompile) {
  EXPECT_NE(only_mistake(session({expect({condition(Kind::text_regex, "(")})})).find("does not compile"),
            std::string::npos);
  EXPECT_NE(only_mistake(session({expect_and_capture(capture("id", "a+", CaptureForm::Kind::regex))}))
                .find("no group"),
            std::string::npos);
}

TEST(Compiler, RefusesPointersThatAreNone) {
  EXPECT_NE(only_mistake(session({expect({condition(Kind::json_exists, "", "id")})})).find("no JSON pointer"),
            std::string::npos);
  EXPECT_NE(only_mistake(session({expect({condition(Kind::json_equals, "[1]", "/id")})})).find("only a text"),
            std::string::npos);
}

TEST(Compiler, RefusesVariablesWithoutAValue) {
  const StepForm sets = expect_and_capture(capture("token", "/token"));
  EXPECT_TRUE(mistakes({session({sets, send("{{token}}")})}).empty());
  EXPECT_NE(only_mistake(session({send("{{token}}"), sets})).find("may have no value yet"),
            std::string::npos);
  EXPECT_NE(only_mistake(session({sets, send("{{tokn}}")})).find("did you mean \"token\"?"),
            std::string::npos);
  EXPECT_NE(only_mistake(session({sets, expect({condition(Kind::json_equals, "\"{{tokem}}\"", "/t")})}))
                .find("did you mean \"token\"?"),
            std::string::npos);
  // Only one of the branches sets it.
  EXPECT_NE(only_mistake(session({choose({{1, {sets}}, {1, {expect()}}}), send("{{token}}")}))
                .find("may have no value yet"),
            std::string::npos);
  EXPECT_TRUE(mistakes({session({choose({{1, {sets}}, {1, {sets}}}), send("{{token}}")})}).empty());
  EXPECT_TRUE(mistakes({session({repeat(2, {sets}), send("{{token}}")})}).empty());
}

TEST(Compiler, WhatOnConnectCapturesIsKnownEverywhereElse) {
  const StepForm sets = expect_and_capture(capture("token", "/token"));
  SessionForm form = session({send("{{token}}")});
  form.on_connect = {sets};
  form.on_close = {send("bye {{token}}")};
  EXPECT_TRUE(mistakes({form}).empty());
  // The steps may be left before they capture anything.
  SessionForm late = session({sets});
  late.on_close = {send("bye {{token}}")};
  EXPECT_NE(only_mistake(late).find("may have no value yet"), std::string::npos);
}

TEST(Compiler, RefusesAVariableCalledLikeAWordOfTheLanguage) {
  EXPECT_NE(
      only_mistake(session({expect_and_capture(capture("sequence", "/s"))})).find("word of the template"),
      std::string::npos);
}

TEST(Compiler, LaysVariablesOutForTheLargestSession) {
  CaptureForm longer = capture("b", "/b");
  longer.most_bytes = 1000;
  const auto script = compile(
      std::vector{session({expect_and_capture(capture("a", "/a"))}, "one"),
                  session({expect_and_capture(capture("a", "/a")), expect_and_capture(longer)}, "two")},
      {});
  ASSERT_TRUE(script.ok());
  EXPECT_EQ(script->variable_bytes, 2U + 128U + 2U + 1000U);
  EXPECT_EQ(script->sessions[1].variables.count, 2U);
}

TEST(Compiler, FillsMessagesOfASize) {
  std::vector<StepForm> steps;
  for (const Fill fill : {Fill::zeros, Fill::repeating, Fill::incompressible, Fill::random}) {
    StepForm form = send("");
    form.message.opcode = Opcode::binary;
    form.message.size = 100;
    form.message.fill = fill;
    steps.push_back(form);
  }
  const auto script = compile(std::vector{session(steps)}, {});
  ASSERT_TRUE(script.ok());
  for (const ScriptMessage& message : script->messages) EXPECT_EQ(message.longest_bytes(), 100U);
  EXPECT_EQ(script->messages[0].payload, std::string(100, '\0'));
  EXPECT_EQ(script->messages[1].payload.substr(0, 18), script->messages[1].payload.substr(16, 18));
  EXPECT_GT(script->messages[3].windows, 1U);
}

TEST(Compiler, CutsAMessageAtTheGivenPlaces) {
  StepForm form = send("abcdef");
  form.message.fragment_bytes = {2, 3};
  const auto script = compile(std::vector{session({form})}, {});
  ASSERT_TRUE(script.ok());
  EXPECT_EQ(script->messages[0].fragments, 3U);
  form.message.fragment_bytes = {2, 4};
  EXPECT_EQ(compile(std::vector{session({form})}, {})->messages[0].fragments, 2U);
  form.message.fragment_bytes = {2, 5};
  EXPECT_NE(only_mistake(session({form})).find("the fragments hold 7 B, and the message only 6 B"),
            std::string::npos);
}

TEST(Compiler, GivesMemoryToTheColumnsThatASessionNames) {
  const std::array<TemplateValue, 3> columns{TemplateValue{"users.name", 30},
                                             TemplateValue{"users.city", 1000}, TemplateValue{"users.id", 4}};
  const ScriptSurroundings in{.columns = columns};
  StepForm login = send("{{users.id}} {{users.name}}");
  SessionForm other = session({send("constant")});
  other.name = "other";
  const auto script = compile(std::vector{session({login, expect()}), other}, in);
  ASSERT_TRUE(script.ok()) << to_string(script.error());
  EXPECT_TRUE(script->sessions[0].feeds);
  EXPECT_FALSE(script->sessions[1].feeds);
  EXPECT_EQ(script->variable_bytes, (2 + 30U) + (2 + 4U));
  std::vector<std::uint32_t> fed;
  for (const Variable& variable : script->variables)
    if (variable.column != kNoColumn) fed.push_back(variable.column);
  EXPECT_EQ(fed, (std::vector<std::uint32_t>{0, 2}));
  EXPECT_NE(mistakes({session({send("{{users.nam}}")})}, in).at(0).find("users.name"), std::string::npos);
}

TEST(Compiler, ReadsTheEnvironmentOnce) {
  const ScriptSurroundings in{.environment = [](std::string_view name) -> std::optional<std::string> {
    return name == "TOKEN" ? std::optional<std::string>("secret") : std::nullopt;
  }};
  const auto script = compile(std::vector{session({send("t={{env.TOKEN}}")})}, in);
  ASSERT_TRUE(script.ok());
  EXPECT_EQ(script->messages[0].payload, "t=secret");
  EXPECT_EQ(mistakes({session({send("{{env.OTHER}}")})}, in).size(), 1U);
}

}  // namespace
}  // namespace ringstorm
