#include "plan/scenario_file.h"

#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

Scenario parsed(std::string_view json) {
  const auto scenario = parse_scenario(json, "test.json");
  EXPECT_TRUE(scenario.ok()) << json << ": " << (scenario.ok() ? "" : to_string(scenario.error()));
  return scenario.ok() ? *scenario : Scenario{};
}

std::vector<std::string> mistakes(std::string_view json) {
  const auto scenario = parse_scenario(json, "test.json");
  std::vector<std::string> out;
  if (scenario.ok()) return out;
  for (const Error& error : scenario.errors()) out.push_back(to_string(error));
  return out;
}

using Mistakes = std::vector<std::string>;

TEST(ScenarioFile, ReadsEveryField) {
  const Scenario s = parsed(R"({
    "$schema": "./schema.json", "name": "mine", "description": "All of it.", "url": "ws://127.0.0.1:9001/chat?x=1",
    "connections": {"count": 1000, "open_rate": "5k/s", "max_opening": 64, "connect_timeout": "1s",
                    "upgrade_timeout": 2, "close_timeout": "300ms"},
    "upgrade": {"headers": {"Authorization": "Bearer x", "X-Trace": "1"}, "subprotocols": ["a", "b"],
                "origin": "https://example.org", "max_head": "8KiB"},
    "message": {"type": "binary", "size": "16KiB", "max_received": "1MiB"},
    "server": {"faults": ["delay 2ms", "drop 1%"], "verify": true, "tls": true},
    "in_flight": 4, "warmup": "1s", "duration": "2m", "messages": "100k", "drain": "750ms",
    "waiting": {"policy": "batch", "max_delay": "50us"}, "shards": 2, "pin": false, "seed": 42
  })");
  EXPECT_EQ(s.name, "mine");
  EXPECT_EQ(s.description, "All of it.");
  EXPECT_EQ(s.url, "ws://127.0.0.1:9001/chat?x=1");
  EXPECT_EQ(s.connections, 1000U);
  EXPECT_EQ(s.open_rate, (Rate{5000, seconds(1)}));
  EXPECT_EQ(s.max_opening, 64U);
  EXPECT_EQ(s.connect_timeout, seconds(1));
  EXPECT_EQ(s.upgrade_timeout, seconds(2));
  EXPECT_EQ(s.close_timeout, milliseconds(300));
  ASSERT_EQ(s.headers.size(), 2U);
  EXPECT_EQ(s.headers[0], (std::pair<std::string, std::string>{"Authorization", "Bearer x"}));
  EXPECT_EQ(s.headers[1].first, "X-Trace");
  EXPECT_EQ(s.subprotocols, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(s.origin, "https://example.org");
  EXPECT_EQ(s.max_head_bytes, 8192U);
  EXPECT_EQ(s.payload_kind, PayloadKind::binary);
  EXPECT_EQ(s.payload_bytes, 16'384U);
  EXPECT_FALSE(s.payload_text);
  EXPECT_EQ(s.max_message_bytes, 1'048'576U);
  EXPECT_EQ(s.faults, (std::vector<std::string>{"delay 2ms", "drop 1%"}));
  EXPECT_TRUE(s.verify);
  EXPECT_TRUE(s.server_tls);
  EXPECT_EQ(s.in_flight, 4U);
  EXPECT_EQ(s.warmup, seconds(1));
  EXPECT_EQ(s.duration, seconds(120));
  EXPECT_EQ(s.messages, 100'000U);
  EXPECT_EQ(s.drain, milliseconds(750));
  EXPECT_EQ(s.waiting, Waiting::batch);
  EXPECT_EQ(s.batch_delay, microseconds(50));
  EXPECT_EQ(s.shards, 2U);
  EXPECT_FALSE(s.pin);
  EXPECT_EQ(s.seed, 42U);
}

TEST(ScenarioFile, LeavesWhatIsNotGivenAtItsDefault) {
  Scenario expected;
  expected.name = "test";
  EXPECT_EQ(parsed("{}"), expected);
}

TEST(ScenarioFile, KnowsTheShorthands) {
  EXPECT_EQ(parsed(R"({"connections": 7})").connections, 7U);
  EXPECT_EQ(parsed(R"({"connections": "7k"})").connections, 7000U);
  EXPECT_EQ(parsed(R"({"waiting": "spin"})").waiting, Waiting::spin);
  EXPECT_EQ(parsed(R"({"waiting": {"policy": "first"}})").waiting, Waiting::first);
}

TEST(ScenarioFile, TakesTheTextOfItsMessages) {
  EXPECT_EQ(parsed(R"({"message": {"text": "h\u00e9 \ud83d\ude00"}})").payload_text, "h\u00e9 \U0001F600");
  EXPECT_EQ(parsed(R"({"message": {"text": ""}})").payload_text, "");
}

TEST(ScenarioFile, AllowsComments) {
  EXPECT_EQ(parsed("// first\n{ /* one */ \"in_flight\": 3 // two\n}").in_flight, 3U);
}

TEST(ScenarioFile, TakesItsNameFromTheFile) {
  const auto name = [](std::string_view file) { return parse_scenario("{}", file)->name; };
  EXPECT_EQ(name("scenarios/echo.json"), "echo");
  EXPECT_EQ(name("/tmp/My Load_Test.v2.json"), "my-load-test-v2");
  EXPECT_EQ(name("---.json"), "scenario");
  EXPECT_EQ(name(""), "scenario");
  EXPECT_EQ(name(".json"), "json");
  EXPECT_EQ(name(std::string(500, 'x')).size(), 64U);
}

TEST(ScenarioFile, ReportsEveryMistakeAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(
      mistakes("{\n"
               "  \"conections\": 5,\n"
               "  \"duration\": \"10 parsecs\",\n"
               "  \"message\": {\"type\": \"txt\",\n"
               "              \"size\": -1},\n"
               "  \"in_flight\": 0,\n"
               "  \"url\": \"http://localhost:9001/\",\n"
               "  \"pin\": 1,\n"
               "  \"upgrade\": {\"headers\": {\"Upgrade\": \"h2c\"}, \"subprotocols\": [\"a b\", 7]}\n"
               "}"),
      (Mistakes{
          "test.json:2:3 /conections: unknown field \"conections\" (did you mean \"connections\"?)",
          "test.json:3:15 /duration: found \"10 parsecs\", expected a duration from 1 ms to 720 h, "
          "such as \"1.5s\" or "
          "\"20us\"",
          "test.json:4:23 /message/type: found \"txt\", expected \"text\" or \"binary\" (did you mean "
          "\"text\"?)",
          "test.json:5:23 /message/size: found -1, expected a size from 0 B to 1.00 GiB, such as 125 "
          "or \"16KiB\"",
          "test.json:6:16 /in_flight: found 0, expected a whole number from 1 to 65,536",
          "test.json:7:10 /url: \"http://localhost:9001/\": the scheme is \"http\", expected ws or wss (did "
          "you mean "
          "ws://localhost:9001/?)",
          "test.json:8:10 /pin: found 1, expected true or false",
          "test.json:9:38 /upgrade/headers/Upgrade: the header Upgrade cannot be set (every request "
          "already asks for the "
          "upgrade to WebSocket)",
          "test.json:9:63 /upgrade/subprotocols/0: \"a b\" is no subprotocol name: expected letters, "
          "digits and "
          "!#$%&'*+-.^_`|~",
          "test.json:9:70 /upgrade/subprotocols/1: found 7, expected a string",
      }));
}

TEST(ScenarioFile, PointsAtMalformedJson) {
  EXPECT_EQ(mistakes("{\n  \"name\":\n}"),
            (Mistakes{"test.json:3:1: malformed JSON: unexpected '}'; expected '[', '{', or a literal"}));
  EXPECT_EQ(mistakes("{\n  \"in_flight\": 1e400}"),
            (Mistakes{"test.json:2:16: the number 1e400 is too large"}));
}

TEST(ScenarioFile, RefusesNamesGivenTwice) {
  EXPECT_EQ(mistakes("{\"seed\": 1,\n\"seed\": 2}"),
            (Mistakes{"test.json:2:1 /seed: \"seed\" is given twice, first on line 1"}));
}

TEST(ScenarioFile, RefusesATextBesideASize) {
  EXPECT_EQ(mistakes("{\"message\": {\"text\": \"a\",\n \"size\": 1}}"),
            (Mistakes{"test.json:2:2 /message: \"text\" and \"size\" exclude each other (the size is that of "
                      "the text)"}));
}

TEST(ScenarioFile, SendsAFieldToTheSectionItBelongsTo) {
  EXPECT_EQ(
      mistakes(R"({"open_rate": 5})"),
      (Mistakes{
          "test.json:1:2 /open_rate: unknown field \"open_rate\" (did you mean /connections/open_rate?)"}));
  EXPECT_EQ(
      mistakes(R"({"message": {"duration": 5}})"),
      (Mistakes{"test.json:1:14 /message/duration: unknown field \"duration\" (did you mean /duration?)"}));
  EXPECT_EQ(mistakes(R"({"threads": 5})"), (Mistakes{"test.json:1:2 /threads: unknown field \"threads\""}));
}

TEST(ScenarioFile, ANameWithASlashIsNoPath) {
  EXPECT_EQ(mistakes(R"({"connections/count": 5})").size(), 1U);
  EXPECT_EQ(mistakes(R"({"": 5})"), (Mistakes{"test.json:1:2 /: unknown field \"\""}));
}

TEST(ScenarioFile, ShortensWhatItQuotes) {
  const auto found =
      mistakes("{\"duration\": \"" + std::string(5000, 'x') + "\", \"" + std::string(5000, 'y') + "\": 1}");
  ASSERT_EQ(found.size(), 2U);
  for (const std::string& text : found) EXPECT_LT(text.size(), 220U) << text;
}

TEST(ScenarioFile, StopsCountingMistakesAtFifty) {
  std::string json = "{\"seed\": 1";
  for (int i = 0; i < 1000; ++i) json += ", \"x" + std::to_string(i) + "\": 1";
  EXPECT_EQ(mistakes(json + "}").size(), 50U);
}

/// One field with a value it must refuse, at the place of that value.
struct WrongCase {
  const char* json;
  const char* expected;
};
class WrongValue : public testing::TestWithParam<WrongCase> {};
TEST_P(WrongValue, IsRefused) {
  const auto found = mistakes(GetParam().json);
  ASSERT_EQ(found.size(), 1U) << GetParam().json;
  EXPECT_NE(found[0].find(GetParam().expected), std::string::npos) << found[0];
}
INSTANTIATE_TEST_SUITE_P(
    Types, WrongValue,
    testing::Values(
        WrongCase{"[]", "test.json:1:1: found a list, expected an object"},
        WrongCase{"3", "test.json:1:1: found 3, expected an object"},
        WrongCase{"null", "found null, expected an object"},
        WrongCase{R"({"name": 1})", ":1:10 /name: found 1, expected a string"},
        WrongCase{R"({"name": null})", "found null, expected a string"},
        WrongCase{R"({"url": ["a"]})", "/url: found a list, expected a string"},
        WrongCase{R"({"$schema": 1})", "/$schema: found 1, expected a string"},
        WrongCase{R"({"connections": [1]})", "/connections: found a list, expected a whole number"},
        WrongCase{R"({"connections": true})", "/connections: found true, expected a whole number"},
        WrongCase{R"({"connections": {"count": {}}})", "/connections/count: found an object, expected"},
        WrongCase{R"({"upgrade": 1})", "/upgrade: found 1, expected an object"},
        WrongCase{R"({"upgrade": {"headers": []}})", "found a list, expected an object of names"},
        WrongCase{R"({"upgrade": {"headers": {"A": 1}}})", "/upgrade/headers/A: found 1, expected a string"},
        WrongCase{R"({"upgrade": {"subprotocols": "a"}})", "found \"a\", expected a list of strings"},
        WrongCase{R"({"message": "hi"})", "/message: found \"hi\", expected an object"},
        WrongCase{R"({"message": {"type": 1}})", "found 1, expected \"text\" or \"binary\""},
        WrongCase{R"({"message": {"text": 1}})", "found 1, expected a string"},
        WrongCase{R"({"waiting": 1})", "found 1, expected \"first\", \"batch\" or \"spin\""},
        WrongCase{R"({"waiting": "bach"})", "(did you mean \"batch\"?)"},
        WrongCase{R"({"pin": "true"})", "found \"true\", expected true or false"},
        WrongCase{R"({"permessage_deflate": 1})", "/permessage_deflate: found 1, expected true or false"},
        WrongCase{R"({"permessage_deflate": {"window_bits": 9}})", "unknown field \"window_bits\""},
        WrongCase{R"({"permessage_deflate": {"keep_context": 1}})", "found 1, expected true or false"},
        WrongCase{R"({"message": {"compress": "no"}})", "found \"no\", expected true or false"},
        WrongCase{R"({"duration": {"s": 1}})", "found an object, expected a duration"}));
INSTANTIATE_TEST_SUITE_P(
    Ranges, WrongValue,
    testing::Values(
        WrongCase{R"({"connections": 0})", "found 0, expected a whole number from 1 to 10,000,000"},
        WrongCase{R"({"connections": 10000001})", "found 10000001, expected"},
        WrongCase{R"({"connections": -5})", "found -5, expected"},
        WrongCase{R"({"connections": 1.5})", "found 1.5, expected"},
        WrongCase{R"({"connections": 18446744073709551616})", "found 18446744073709551616, expected"},
        WrongCase{R"({"connections": "NaN"})", "found \"NaN\", expected"},
        WrongCase{R"({"connections": ""})", "found \"\", expected"},
        WrongCase{R"({"in_flight": 65537})", "from 1 to 65,536"},
        WrongCase{R"({"message": {"size": 1073741825}})", "from 0 B to 1.00 GiB"},
        WrongCase{R"({"message": {"size": "2GiB"}})", "found \"2GiB\", expected"},
        WrongCase{R"({"message": {"max_received": 0}})", "from 1 B to 1.00 TiB"},
        WrongCase{R"({"upgrade": {"max_head": 10}})", "from 256 B to 1.00 MiB"},
        WrongCase{R"({"duration": 0})", "found 0, expected a duration from 1 ms to 720 h"},
        WrongCase{R"({"duration": -1})", "found -1, expected"},
        WrongCase{R"({"duration": "1000h"})", "found \"1000h\", expected"},
        WrongCase{R"({"duration": 1e300})", "found 1e300, expected"},
        WrongCase{R"({"warmup": "25h"})", "from 0 ns to 24 h"},
        WrongCase{R"({"drain": "2h"})", "from 0 ns to 1 h"},
        WrongCase{R"({"messages": 0})", "from 1 to 1,000,000,000,000,000"},
        WrongCase{R"({"shards": 0})", "from 1 to 1,024"}, WrongCase{R"({"seed": -1})", "found -1, expected"},
        WrongCase{R"({"connections": {"open_rate": 0}})", "a rate above 0 and up to 10M/s"},
        WrongCase{R"({"connections": {"open_rate": "20M/s"}})", "found \"20M/s\", expected"},
        WrongCase{R"({"connections": {"open_rate": "10 per s"}})", "found \"10 per s\", expected"},
        WrongCase{R"({"connections": {"max_opening": 0}})", "from 1 to 1,000,000"},
        WrongCase{R"({"connections": {"connect_timeout": 0}})", "a duration from 1 ms to 1 h"},
        WrongCase{R"({"permessage_deflate": {"server_max_window_bits": 7}})", "from 8 to 15"},
        WrongCase{R"({"permessage_deflate": {"server_max_window_bits": 16}})", "from 8 to 15"},
        WrongCase{R"({"permessage_deflate": {"client_max_window_bits": 16}})", "from 0 to 15"},
        WrongCase{R"({"permessage_deflate": {"client_max_window_bits": 7}})",
                  ":1:51 /permessage_deflate/client_max_window_bits: found 7, expected a whole number from 8 "
                  "to 15 (or "
                  "0, and it is not offered)"},
        WrongCase{R"({"permessage_deflate": {"level": 0}})", "from 1 to 9"},
        WrongCase{R"({"permessage_deflate": {"memory_level": 10}})", "from 1 to 9"},
        WrongCase{R"({"waiting": {"max_delay": "2s"}})", "from 1 us to 1 s"}));
INSTANTIATE_TEST_SUITE_P(
    Meanings, WrongValue,
    testing::Values(
        WrongCase{R"({"name": "Two Words"})", ":1:10 /name: found \"Two Words\", expected up to 64"},
        WrongCase{R"({"name": "../up"})", "/name: found \"../up\""},
        WrongCase{R"({"upgrade": {"headers": {"a b": "x"}}})",
                  ":1:33 /upgrade/headers/a b: \"a b\" is no header name"},
        WrongCase{R"({"upgrade": {"headers": {"a/b": "x"}}})", ":1:33 /upgrade/headers/a~1b: \"a/b\" is no"},
        WrongCase{R"({"upgrade": {"headers": {"": "x"}}})", "is no header name"},
        WrongCase{R"({"upgrade": {"headers": {"X": "a\r\nB: c"}}})", "line break or another control"},
        WrongCase{R"({"upgrade": {"headers": {"X": "a\u0000"}}})", "line break or another control"},
        WrongCase{
            R"({"server": {"faults": ["drop 1%", "delay exponental 2ms"]}})",
            ":1:35 /server/faults/1: found \"exponental\", expected a distribution: fixed, uniform, "
            "exponential, lognormal or quantiles, or a time such as 2ms (did you mean \"exponential\"?)"},
        WrongCase{R"({"server": {"faults": ["drop 1%", "drop 2%"]}})",
                  ":1:35 /server/faults/1: \"drop\" is given twice"},
        WrongCase{R"({"server": {"faults": [7]}})", ":1:24 /server/faults/0: found 7, expected a string"},
        WrongCase{R"({"server": {"faults": "drop 1%"}})", "found \"drop 1%\", expected a list of strings"},
        WrongCase{R"({"server": {"verify": 1}})", "found 1, expected true or false"},
        WrongCase{R"({"server": {"fault": []}})", "did you mean \"faults\"?"},
        WrongCase{R"({"upgrade": {"subprotocols": ["a", "b", "a"]}})",
                  ":1:41 /upgrade/subprotocols/2: \"a\" is offered twice"},
        WrongCase{
            R"({"permessage_deflate": {"keep_context": true, "client_no_context_takeover": true}})",
            "/permessage_deflate/keep_context: a client that offers not to keep its context cannot keep it"},
        WrongCase{
            R"({"permessage_deflate": true, "duration": "1s", "sessions": [{"steps": [{"send": "x"}]}]})",
            ":1:24 /permessage_deflate: \"sessions\" go out as they are, without permessage-deflate"},
        WrongCase{R"({"upgrade": {"headers": {"Sec-WebSocket-Extensions": "x"}}})",
                  "permessage-deflate is offered by /permessage_deflate"},
        WrongCase{R"({"upgrade": {"origin": "a b"}})", ":1:24 /upgrade/origin: found \"a b\""},
        WrongCase{R"({"url": "https://host/"})",
                  "/url: \"https://host/\": the scheme is \"https\", expected ws or wss"}));

TEST(ParseScenario, WhoeverSaysHowToCompressAsksForIt) {
  const auto asks = [](const char* json) {
    const auto scenario = parse_scenario(json, "scenario.json");
    return scenario.ok() && scenario->deflate;
  };
  EXPECT_FALSE(asks("{}"));
  EXPECT_TRUE(asks(R"({"permessage_deflate": true})"));
  EXPECT_FALSE(asks(R"({"permessage_deflate": false})"));
  EXPECT_TRUE(asks(R"({"permessage_deflate": {}})"));
  EXPECT_TRUE(asks(R"({"permessage_deflate": {"level": 1}})"));
  EXPECT_FALSE(asks(R"({"permessage_deflate": {"level": 1, "enabled": false}})"));
}

TEST(LoadScenario, ReadsAFile) {
  const std::string path = testing::TempDir() + "ringstorm-load-test.json";
  std::ofstream(path) << "{\"in_flight\": 9}";
  const auto scenario = load_scenario(path);
  ASSERT_TRUE(scenario.ok());
  EXPECT_EQ(scenario->in_flight, 9U);
  EXPECT_EQ(scenario->name, "ringstorm-load-test");
  std::ofstream(path) << "{\"in_fligt\": 9}";
  EXPECT_EQ(load_scenario(path).error().where, path + ":1:2 /in_fligt");
  std::remove(path.c_str());
}

TEST(LoadScenario, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(to_string(load_scenario("/no/such/file.json").error()),
            "/no/such/file.json: cannot be read: No such file or directory");
  EXPECT_EQ(load_scenario(testing::TempDir()).ok(), false);
  EXPECT_NE(load_scenario("/dev/zero").error().what.find("longer than 16.0 MiB"), std::string::npos);
}

}  // namespace
}  // namespace ringstorm
