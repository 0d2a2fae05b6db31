// Several files and settings as one scenario, and every mistake at its own place.
#include "plan/scenario_text.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "plan/scenario_file.h"

namespace ringstorm {
namespace {

using Files = std::map<std::string, std::string>;
using Lines = std::vector<std::string>;

ReadFile from(const Files& files) {
  return [files](const std::string& path) -> Result<std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return Error{path, "is not there", ""};
    return found->second;
  };
}

Result<Scenario> parsed(std::string_view json, const Files& files = {}, const Lines& settings = {}) {
  return parse_scenario(json, "dir/main.json", settings, from(files));
}

Scenario scenario(std::string_view json, const Files& files = {}, const Lines& settings = {}) {
  const auto made = parsed(json, files, settings);
  EXPECT_TRUE(made.ok()) << json << ": " << (made.ok() ? "" : to_string(made.error()));
  return made.ok() ? *made : Scenario{};
}

Lines mistakes(std::string_view json, const Files& files = {}, const Lines& settings = {}) {
  const auto made = parsed(json, files, settings);
  Lines out;
  if (made.ok()) return out;
  for (const Error& error : made.errors()) out.push_back(to_string(error));
  return out;
}

TEST(ScenarioText, MergesObjectsAndReplacesTheRest) {
  const Files files{{"dir/a.json", R"({"connections": {"count": 10, "open_rate": "5/s"}, "in_flight": 3,
                                      "thresholds": ["latency.p99 < 5ms"], "name": "a"})"},
                    {"dir/b.json", R"({"in_flight": 4, "duration": "3s"})"}};
  const Scenario s =
      scenario(R"({"include": ["a.json", "b.json"], "connections": {"count": 20}, "thresholds": []})", files);
  EXPECT_EQ(s.connections, 20U);
  EXPECT_EQ(s.open_rate, (Rate{5, seconds(1)}));
  EXPECT_EQ(s.in_flight, 4U);
  EXPECT_EQ(s.duration, seconds(3));
  EXPECT_TRUE(s.thresholds.empty());
  EXPECT_EQ(s.name, "a");
}

TEST(ScenarioText, NamesAreMeantBesideTheFileTheyAreWrittenIn) {
  const Files files{{"dir/sub/a.json", R"({"include": "../b.json", "feeders": {"u": {"file": "u.csv"}}})"},
                    {"dir/b.json", R"({"in_flight": 7})"},
                    {"dir/sub/u.csv", "name\nAnn\n"}};
  const Scenario s = scenario(R"({"include": "sub/a.json"})", files);
  EXPECT_EQ(s.in_flight, 7U);
  ASSERT_EQ(s.feeders.size(), 1U);
  EXPECT_EQ(s.feeders[0].table->cell(0, 0), "Ann");
}

TEST(ScenarioText, MistakesHaveThePlaceOfTheirOwnFile) {
  const Files files{{"dir/a.json", "{\n  \"in_flight\": 0,\n  \"conections\": 4\n}"}};
  EXPECT_EQ(
      mistakes("{\"include\": \"a.json\",\n \"pin\": 3}", files),
      (Lines{"dir/main.json:2:9 /pin: found 3, expected true or false",
             "dir/a.json:2:16 /in_flight: found 0, expected a whole number from 1 to 65,536",
             "dir/a.json:3:3 /conections: unknown field \"conections\" (did you mean \"connections\"?)"}));
}

TEST(ScenarioText, ACircleIsRefusedWithItsFiles) {
  const Files files{{"dir/a.json", R"({"include": "b.json"})"},
                    {"dir/b.json", R"({"include": "main.json"})"},
                    {"dir/main.json", R"({"include": "a.json"})"}};
  EXPECT_EQ(
      mistakes(R"({"include": "a.json"})", files),
      (Lines{"dir/b.json:1:13 /include: the files include one another without end: dir/main.json includes "
             "dir/a.json includes dir/b.json includes dir/main.json"}));
  EXPECT_EQ(mistakes(R"({"include": "main.json"})", files).size(), 1U);
}

TEST(ScenarioText, TheSameFileTwiceIsNoCircle) {
  const Files files{{"dir/a.json", R"({"include": "c.json"})"},
                    {"dir/b.json", R"({"include": "c.json"})"},
                    {"dir/c.json", R"({"in_flight": 7})"}};
  EXPECT_EQ(scenario(R"({"include": ["a.json", "b.json"]})", files).in_flight, 7U);
}

TEST(ScenarioText, RefusesWhatCannotBeIncluded) {
  const Files files{{"dir/list.json", "[]"}, {"dir/bad.json", "{\"a\": }"}};
  EXPECT_EQ(mistakes(R"({"include": "none.json"})"),
            (Lines{"dir/main.json:1:13 /include: dir/none.json: is not there"}));
  EXPECT_EQ(mistakes(R"({"include": ["list.json", 3]})", files),
            (Lines{"dir/main.json:1:27 /include/1: expected the name of a file, or a list of them",
                   "dir/list.json:1:1: expected an object with fields of a scenario"}));
  const Lines malformed = mistakes(R"({"include": "bad.json"})", files);
  ASSERT_EQ(malformed.size(), 1U);
  EXPECT_TRUE(malformed[0].starts_with("dir/bad.json:1:7: malformed JSON")) << malformed[0];
  std::string many = "{\"include\": [";
  for (int i = 0; i < 70; ++i) many += "\"list.json\",";
  EXPECT_FALSE(mistakes(many + "]}", files).empty());
}

TEST(ScenarioText, SettingsLieOverAll) {
  const Files files{{"dir/a.json", R"({"stages": [{"rate": 5, "for": "1s"}], "waiting": "spin"})"}};
  const Scenario s =
      scenario(R"({"include": "a.json", "connections": 1000})", files,
               {"connections.open_rate=7/s", "/upgrade/headers/X-A.b=one two", "stages.0.rate=9",
                "stages.1={\"for\": \"2s\"}", "name=\"set\"", "waiting.max_delay=1ms", "pin=false"});
  EXPECT_EQ(s.connections, 1000U);
  EXPECT_EQ(s.open_rate, (Rate{7, seconds(1)}));
  EXPECT_EQ(s.headers, (std::vector<std::pair<std::string, std::string>>{{"X-A.b", "one two"}}));
  ASSERT_EQ(s.stages.size(), 2U);
  EXPECT_EQ(s.stages[0].rate->from.events, 9U);
  EXPECT_EQ(s.stages[1].length, seconds(2));
  EXPECT_EQ(s.name, "set");
  EXPECT_EQ(s.waiting, Waiting::spin);
  EXPECT_FALSE(s.pin);
}

TEST(ScenarioText, ASettingMakesTheGroupItIsOf) {
  const Scenario s = scenario(
      "{}", {}, {"permessage_deflate.keep_context=true", "connections.count=7", "tls.insecure=true"});
  EXPECT_TRUE(s.deflate);
  EXPECT_TRUE(s.keep_context);
  EXPECT_EQ(s.connections, 7U);
}

TEST(ScenarioText, MistakesInSettingsNameThem) {
  EXPECT_EQ(
      mistakes("{}", {}, {"conections.count=5", "in_flight=0", "pin", "=3", "pin=maybe", "stages.7.for=1s"}),
      (Lines{"--set conections.count=5 /conections: unknown field \"conections\" (did you mean "
             "\"connections\"?)",
             "--set in_flight=0 /in_flight: found 0, expected a whole number from 1 to 65,536",
             "--set pin: expected a field and its value, such as connections.count=5000",
             "--set =3: expected a field and its value, such as connections.count=5000",
             "--set pin=maybe /pin: found maybe, expected true or false",
             "--set stages.7.for=1s /stages: found an object, expected a list of up to 64 objects such as "
             "{\"rate\": \"50k/s\", \"for\": \"30s\"}"}));
  EXPECT_EQ(mistakes(R"({"stages": [{"rate": 5, "for": "1s"}]})", {}, {"stages.2.for=1s"}),
            (Lines{"--set stages.2.for=1s /stages: \"2\" is no item of this list, which has 1"}));
  std::string deep = "a";
  for (int i = 0; i < 100'000; ++i) deep += ".a";
  EXPECT_EQ(mistakes("{}", {}, {deep + "=1"}).size(), 1U);
}

TEST(ScenarioText, AcceptsACommaBehindTheLastItem) {
  const Scenario s = scenario("{\"upgrade\": {\"subprotocols\": [\"a\", \"b\", /* , */ ],}, // last,\n}");
  EXPECT_EQ(s.subprotocols, (std::vector<std::string>{"a", "b"}));
  for (const char* wrong : {"{,}", "{\"a\": [,]}", "{\"pin\": true,,}", "{\"pin\":,}", "[1,,]"})
    EXPECT_FALSE(parsed(wrong).ok()) << wrong;
  EXPECT_EQ(mistakes("{\n \"shards\": 1,\n \"pin\": [1, 2,],\n}"),
            (Lines{"dir/main.json:3:9 /pin: found a list, expected true or false"}));
}

TEST(ScenarioText, AMistakeInATextHasItsPlaceInIt) {
  EXPECT_EQ(
      mistakes("{\n  \"message\": {\"text\": \"\\u00fc\\\"\\ud83d\\ude00 {{conection}}\"}\n}"),
      (Lines{"dir/main.json:2:47 /message/text: nothing has the name \"conection\", which is to fill a hole "
             "(did you mean \"connection\"?)"}));
  EXPECT_EQ(mistakes("{\"message\": {\"text\": \"a {{}} {{uuid\"}}").size(), 2U);
  EXPECT_EQ(mistakes("{}", {}, {"message.text=a {{conection}}"})[0].substr(0, 60),
            "--set message.text=a {{conection}} /message/text: nothing ha");
}

}  // namespace
}  // namespace ringstorm
