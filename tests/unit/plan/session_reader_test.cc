#include "plan/session_reader.h"

#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>

#include "plan/bytes_text.h"
#include "plan/scenario_file.h"

namespace ringstorm {
namespace {

std::vector<SessionForm> parsed(const std::string& sessions) {
  const auto scenario = parse_scenario("{\"sessions\": " + sessions + "}", "test.json");
  EXPECT_TRUE(scenario.ok()) << sessions << ": " << (scenario.ok() ? "" : to_string(scenario.error()));
  return scenario.ok() ? scenario->sessions : std::vector<SessionForm>(1);
}

StepForm parsed_step(const std::string& step) {
  const auto sessions = parsed("[{\"steps\": [\"ping\", " + step + "]}]");
  return sessions[0].steps.size() == 2 ? sessions[0].steps[1] : StepForm{};
}

std::vector<std::string> mistakes(const std::string& sessions) {
  const auto scenario = parse_scenario("{\"sessions\": " + sessions + "}", "t");
  std::vector<std::string> out;
  if (scenario.ok()) return out;
  for (const Error& error : scenario.errors()) out.push_back(to_string(error));
  return out;
}

/// Of a session whose only further step this is.
std::string mistake_in(const std::string& step) {
  const auto all = mistakes("[{\"steps\": [\"ping\", " + step + "]}]");
  EXPECT_EQ(all.size(), 1U) << step << ::testing::PrintToString(all);
  return all.empty() ? "" : all.front();
}

TEST(SessionReader, ReadsASession) {
  const auto sessions = parsed(R"([
    {"name": "chat", "weight": 3, "path": "/chat?room=1", "headers": {"X-A": "1"}, "subprotocols": ["chat"],
     "on_connect": [{"send": "hi"}], "steps": ["expect"], "on_close": [{"send": "bye"}],
     "reconnect": {"back_off": {"first": "10ms", "max": "1s", "factor": 1.5, "jitter": "20%"}},
     "lifetime": "exponential 30s"},
    {"count": 5, "steps": ["ping"], "reconnect": "at_once"}])");
  ASSERT_EQ(sessions.size(), 2U);
  const SessionForm& chat = sessions[0];
  EXPECT_EQ(chat.name, "chat");
  EXPECT_EQ(chat.weight, 3U);
  EXPECT_EQ(chat.path, "/chat?room=1");
  EXPECT_EQ(chat.headers[0], (std::pair<std::string, std::string>{"X-A", "1"}));
  EXPECT_EQ(chat.subprotocols, (std::vector<std::string>{"chat"}));
  EXPECT_EQ(chat.on_connect[0].message.content, "hi");
  EXPECT_EQ(chat.steps[0].kind, StepForm::Kind::expect);
  EXPECT_EQ(chat.on_close[0].where, "/sessions/0/on_close/0");
  EXPECT_EQ(chat.reconnect, (ReconnectForm{.kind = ReconnectForm::Kind::back_off,
                                           .first = milliseconds(10),
                                           .most = seconds(1),
                                           .factor = 1.5,
                                           .jitter = 0.2}));
  EXPECT_EQ(chat.lifetime, *Distribution::parse("exponential 30s"));
  EXPECT_EQ(sessions[1].name, "2");
  EXPECT_EQ(sessions[1].count, 5U);
  EXPECT_EQ(sessions[1].reconnect.kind, ReconnectForm::Kind::at_once);
}

TEST(SessionReader, ReadsWhatIsSent) {
  EXPECT_EQ(parsed_step(R"({"send": "hello"})").message.content, "hello");
  const MessageForm json =
      parsed_step(R"({"send": {"json": {"a": [1, true, null, "\u00e4\n"]}, "reply": false}})").message;
  EXPECT_EQ(json.content, "{\"a\":[1,true,null,\"\u00e4\\n\"]}");
  EXPECT_TRUE(json.json);
  EXPECT_FALSE(json.reply);
  const MessageForm sized = parsed_step(R"({"send": {"text": {"size": "1KiB"}, "fragments": 4}})").message;
  EXPECT_EQ(sized.size, 1024U);
  EXPECT_EQ(sized.fill, Fill::text);
  EXPECT_EQ(sized.opcode, Opcode::text);
  EXPECT_EQ(sized.fragments, 4U);
  for (const auto* step : {R"({"send": {"binary": "aGk="}})", R"({"send": {"binary": {"base64": "aGk="}}})",
                           R"({"send": {"binary": {"hex": "68 69"}}})"}) {
    const MessageForm message = parsed_step(step).message;
    EXPECT_EQ(message.content, "hi") << step;
    EXPECT_EQ(message.opcode, Opcode::binary);
  }
  const MessageForm filled =
      parsed_step(R"({"send": {"binary": {"size": 9, "fill": "repeating"}, "fragments": [2, 3]}})").message;
  EXPECT_EQ(filled.size, 9U);
  EXPECT_EQ(filled.fill, Fill::repeating);
  EXPECT_EQ(filled.fragment_bytes, (std::vector<std::uint64_t>{2, 3}));
}

TEST(SessionReader, ReadsFilesBesideTheScenario) {
  const std::string folder = ::testing::TempDir();
  std::ofstream(folder + "/frame.bin") << "bytes";
  std::ofstream(folder + "/file.json")
      << R"({"sessions": [{"steps": [{"send": {"binary": "@frame.bin"}}]}]})";
  const auto scenario = load_scenario(folder + "/file.json");
  ASSERT_TRUE(scenario.ok()) << to_string(scenario.error());
  EXPECT_EQ(scenario->sessions[0].steps[0].message.content, "bytes");
  EXPECT_NE(mistake_in(R"({"send": {"binary": "@none.bin"}})").find("none.bin cannot be read"),
            std::string::npos);
}

TEST(SessionReader, ReadsWhatIsExpected) {
  const StepForm step = parsed_step(R"J({"expect": {
    "match": {"json": {"/type": "next", "/n": 5, "/id": {"exists": true}}},
    "check": {"text": {"contains": "x", "regex": "y+"}, "binary": {"size": 3, "prefix": "00ff"}},
    "timeout": "100ms", "capture": {"id": "/payload/id", "n": {"regex": "n=(.)", "max": "1KiB"}}}})J");
  ASSERT_EQ(step.match.size(), 3U);
  EXPECT_EQ(step.match[0].kind, ConditionForm::Kind::json_equals);
  EXPECT_EQ(step.match[0].value, "\"next\"");
  EXPECT_EQ(step.match[1].value, "5");
  EXPECT_EQ(step.match[2].kind, ConditionForm::Kind::json_exists);
  EXPECT_EQ(step.match[2].where, "/sessions/0/steps/1/expect/match/json/~1id");
  ASSERT_EQ(step.check.size(), 4U);
  EXPECT_EQ(step.check[3].value, std::string("\0\xff", 2));
  EXPECT_EQ(step.timeout, milliseconds(100));
  ASSERT_EQ(step.captures.size(), 2U);
  EXPECT_EQ(step.captures[1].kind, CaptureForm::Kind::regex);
  EXPECT_EQ(step.captures[1].most_bytes, 1024U);
  EXPECT_EQ(parsed_step(R"({"expect": "pong"})").match[0].value, "pong");
  EXPECT_TRUE(parsed_step(R"({"expect": {"match": "any"}})").match.empty());
}

TEST(SessionReader, ReadsTheOtherSteps) {
  EXPECT_EQ(parsed_step(R"({"listen": "2s"})").length, seconds(2));
  EXPECT_FALSE(parsed_step(R"({"listen": "forever"})").length);
  EXPECT_EQ(parsed_step(R"({"listen": {"count": "1k"}})").count, 1000U);
  EXPECT_EQ(parsed_step(R"({"ping": {"timeout": "1s"}})").timeout, seconds(1));
  const StepForm close = parsed_step(R"({"close": {"code": 4000, "reason": "done"}})");
  EXPECT_EQ(close.code, 4000U);
  EXPECT_EQ(close.reason, "done");
  EXPECT_EQ(parsed_step(R"({"wait": "uniform 1ms 2ms"})").pause, *Distribution::parse("uniform 1ms 2ms"));
  const StepForm repeat = parsed_step(R"({"repeat": {"count": 3, "steps": [{"send": "x"}]}})");
  EXPECT_EQ(repeat.count, 3U);
  EXPECT_EQ(repeat.steps[0].where, "/sessions/0/steps/1/repeat/steps/0");
  const StepForm choose = parsed_step(R"({"choose": [{"weight": 3, "steps": ["ping"]}, {"steps": []}]})");
  EXPECT_EQ(choose.branches[0].weight, 3U);
  EXPECT_EQ(choose.branches[1].weight, 1U);
  EXPECT_EQ(parsed_step(R"({"echo": {}})").kind, StepForm::Kind::echo);
}

TEST(SessionReader, NamesTheNearestStepAndField) {
  EXPECT_EQ(
      mistake_in(R"({"sned": "x"})"),
      "t:1:35 /sessions/0/steps/1: unknown step \"sned\", expected one of \"send\", \"expect\", \"listen\", "
      "\"ping\", \"close\", \"wait\", \"repeat\", \"choose\", \"echo\" (did you mean \"send\"?)");
  EXPECT_NE(mistake_in(R"("expct")").find("did you mean \"expect\"?"), std::string::npos);
  EXPECT_NE(mistake_in(R"("send")").find("{\"send\": ...} says what"), std::string::npos);
  EXPECT_NE(mistake_in(R"({"expect": {"mach": "any"}})").find("did you mean \"match\"?"), std::string::npos);
  EXPECT_NE(
      mistake_in(R"({"send": {"binary": {"size": 1, "fill": "zeroes"}}})").find("did you mean \"zeros\"?"),
      std::string::npos);
}

TEST(SessionReader, RefusesStepsThatCannotBeMeant) {
  for (const auto* step : {R"({})",
                           R"(5)",
                           R"({"send": "a", "expect": {}})",
                           R"({"send": 5})",
                           R"({"send": {}})",
                           R"({"send": {"text": "a", "json": 1}})",
                           R"({"send": {"binary": "a"}})",
                           R"({"send": {"binary": {}}})",
                           R"({"send": {"binary": {"hex": "0"}}})",
                           R"({"send": {"text": "a", "fragments": 0}})",
                           R"({"send": {"text": "a", "reply": 1}})",
                           R"({"expect": {"match": {}}})",
                           R"({"expect": 5})",
                           R"({"expect": {"timeout": 0}})",
                           R"({"expect": {"capture": {"a-b": "/x"}}})",
                           R"({"expect": {"capture": {"a": {"json": "/x", "max": "1MiB"}}}})",
                           R"({"expect": {"match": {"json": {"/a": {"exists": false}}}}})",
                           R"({"listen": {}})",
                           R"({"close": {"code": 1005}})",
                           R"({"wait": "sometimes"})",
                           R"({"wait": []})",
                           R"({"repeat": {"steps": ["ping"]}})",
                           R"({"repeat": {"count": 0, "steps": ["ping"]}})",
                           R"({"repeat": {"count": 1, "for": 1, "steps": ["ping"]}})",
                           R"({"choose": []})",
                           R"({"echo": 1})"})
    EXPECT_NE(mistake_in(step).find("/sessions/0/steps/1"), std::string::npos) << step;
}

TEST(SessionReader, SaysEveryMistakeAtOnce) {
  const auto all = mistakes(R"([{"name": "No", "steps": [{"sned": 1}, {"wait": -1}], "lifetim": 1},
                                {"count": 1, "weight": 2, "path": "x", "steps": ["ping"], "reconnect": "nevr"}])");
  EXPECT_EQ(all.size(), 7U) << ::testing::PrintToString(all);
}

TEST(SessionReader, GivesTheCompilersFindingsTheirPlace) {
  const auto all = mistakes("[{\"steps\": [{\"listen\": \"forever\"},\n {\"send\": \"x\"}]}]");
  EXPECT_EQ(all, (std::vector<std::string>{
                     "t:2:2 /sessions/0/steps/1: this step is never reached: the one before it has no end"}));
}

TEST(SessionReader, SessionsAndAMessageExcludeEachOther) {
  const auto scenario = parse_scenario(
      R"({"sessions": [{"steps": ["ping"]}], "message": {"text": "x", "max_received": "1MiB"}, "in_flight": 2})",
      "t");
  ASSERT_FALSE(scenario.ok());
  ASSERT_EQ(scenario.errors().size(), 2U);
  EXPECT_EQ(scenario.errors()[0].where, "t:1:49 /message/text");
}

TEST(BytesText, DecodesBase64) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("aGVsbG8="), "hello");
  EXPECT_EQ(decode_base64("/+8="), "\xff\xef");
  for (const auto* text : {"a", "aGk", "aGk==", "a===", " aGk=", "aG k", "aGk=aGk=", "aGk-"})
    EXPECT_FALSE(decode_base64(text)) << text;
}

TEST(BytesText, DecodesHex) {
  EXPECT_EQ(decode_hex(""), "");
  EXPECT_EQ(decode_hex("00ff 7F"), std::string("\0\xff\x7f", 3));
  for (const auto* text : {"0", "0g", "-1", "0 0", "123"}) EXPECT_FALSE(decode_hex(text)) << text;
}

}  // namespace
}  // namespace ringstorm
