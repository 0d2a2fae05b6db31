#include "app/scenario_options.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ringstorm {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kUrl = "ws://127.0.0.1:9001/";

/// What the command line `words` asks for.
Result<Scenario> asked(Words words) {
  CLI::App command;
  ScenarioOptions options;
  options.add_to(command);
  std::ranges::reverse(words);  // as CLI11 takes them
  command.parse(words);
  return options.scenario();
}

/// The errors as lines, for a test to read.
Words complaints(const Words& words) {
  Words lines;
  const auto scenario = asked(words);
  if (!scenario.ok()) {
    for (const Error& error : scenario.errors()) lines.push_back(to_string(error));
  }
  return lines;
}

/// A scenario file that is gone when the test is over.
class ScenarioFile {
 public:
  explicit ScenarioFile(const std::string& json)
      : path_(testing::TempDir() + "scenario_options_" + std::to_string(::getpid()) + "_" +
              std::to_string(++made_) + ".json") {
    std::ofstream(path_) << json;
  }
  ~ScenarioFile() { std::remove(path_.c_str()); }
  ScenarioFile(const ScenarioFile&) = delete;
  ScenarioFile& operator=(const ScenarioFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  static inline int made_ = 0;
  std::string path_;
};

TEST(ScenarioOptions, TakesAUrlInPlaceOfAFile) {
  for (const char* url : {"ws://127.0.0.1:9001/", "ws://[::1]/chat?a=b", "embedded:echo", "embedded:sink"}) {
    const auto scenario = asked({url});
    ASSERT_TRUE(scenario.ok()) << url;
    Scenario expected;
    expected.url = url;
    EXPECT_TRUE(*scenario == expected) << "everything else is the default, " << url;
  }
  EXPECT_EQ(asked({"--url", kUrl})->url, kUrl) << "the flag alone is enough";
  EXPECT_EQ(asked({"embedded:echo", "--url", kUrl})->url, kUrl);
}

TEST(ScenarioOptions, SaysWhenThereIsNothingToRun) {
  const auto scenario = asked({"-c", "10"});
  ASSERT_FALSE(scenario.ok());
  EXPECT_EQ(scenario.error().what, "nothing to run: name a scenario file or a URL");
  EXPECT_NE(scenario.error().hint, "");
}

struct FlagRow {
  Words words;
  std::function<void(Scenario&)> change;
};

// Each flag alone, against a scenario in which one member was set by hand: it lands there and nowhere else.
TEST(ScenarioOptions, EveryFlagLandsInItsField) {
  const FlagRow rows[] = {
      {{"-c", "5k"}, [](Scenario& s) { s.connections = 5'000; }},
      {{"--connections", "7"}, [](Scenario& s) { s.connections = 7; }},
      {{"--open-rate", "2k/s"},
       [](Scenario& s) {
         s.open_rate = {2'000, seconds(1)};
       }},
      {{"--in-flight", "64"}, [](Scenario& s) { s.in_flight = 64; }},
      {{"--size", "16KiB"}, [](Scenario& s) { s.payload_bytes = 16'384; }},
      {{"--size", "0"}, [](Scenario& s) { s.payload_bytes = 0; }},
      {{"--text", "hello"}, [](Scenario& s) { s.payload_text = "hello"; }},
      {{"--text", ""}, [](Scenario& s) { s.payload_text = ""; }},
      {{"--no-reply"}, [](Scenario& s) { s.expects_reply = false; }},
      {{"--binary"}, [](Scenario& s) { s.payload_kind = PayloadKind::binary; }},
      {{"-d", "30s"}, [](Scenario& s) { s.duration = seconds(30); }},
      {{"--duration", "1.5s"}, [](Scenario& s) { s.duration = milliseconds(1'500); }},
      {{"--messages", "1M"}, [](Scenario& s) { s.messages = 1'000'000; }},
      {{"--warmup", "2s"}, [](Scenario& s) { s.warmup = seconds(2); }},
      {{"--drain", "3s"}, [](Scenario& s) { s.drain = seconds(3); }},
      {{"--connect-timeout", "400ms"}, [](Scenario& s) { s.connect_timeout = milliseconds(400); }},
      {{"--insecure"}, [](Scenario& s) { s.tls_insecure = true; }},
      {{"--ca-file", "ca.pem"}, [](Scenario& s) { s.tls_ca_file = "ca.pem"; }},
      {{"--upgrade-timeout", "500ms"}, [](Scenario& s) { s.upgrade_timeout = milliseconds(500); }},
      {{"--close-timeout", "600ms"}, [](Scenario& s) { s.close_timeout = milliseconds(600); }},
      {{"--waiting", "first"}, [](Scenario& s) { s.waiting = Waiting::first; }},
      {{"--waiting", "batch"}, [](Scenario& s) { s.waiting = Waiting::batch; }},
      {{"--waiting", "spin"}, [](Scenario& s) { s.waiting = Waiting::spin; }},
      {{"--shards", "3"}, [](Scenario& s) { s.shards = 3; }},
      {{"--seed", "42"}, [](Scenario& s) { s.seed = 42; }},
      {{"-H", "Cookie: a=b; c"}, [](Scenario& s) { s.headers.emplace_back("Cookie", "a=b; c"); }},
      {{"-H", "A:1", "--header", "B: \t2:3"},
       [](Scenario& s) {
         s.headers.emplace_back("A", "1");
         s.headers.emplace_back("B", "2:3");
       }},
      {{"-H", "Empty:"}, [](Scenario& s) { s.headers.emplace_back("Empty", ""); }},
      {{"--subprotocol", "mqtt", "--subprotocol", "chat"},
       [](Scenario& s) {
         s.subprotocols = {"mqtt", "chat"};
       }},
      {{"--fault", "delay exponential 2ms", "--fault", "drop 1%"},
       [](Scenario& s) {
         s.faults = {"delay exponential 2ms", "drop 1%"};
       }},
      {{"--verify"}, [](Scenario& s) { s.verify = true; }},
  };
  for (const FlagRow& row : rows) {
    Scenario expected;
    expected.url = kUrl;
    row.change(expected);
    for (const bool url_first : {true, false}) {
      Words words = row.words;
      words.insert(url_first ? words.begin() : words.end(), kUrl);
      const auto scenario = asked(words);
      ASSERT_TRUE(scenario.ok()) << testing::PrintToString(words) << to_string(scenario.error());
      EXPECT_TRUE(*scenario == expected) << testing::PrintToString(words);
    }
  }
}

TEST(ScenarioOptions, LaysFlagsOverTheFile) {
  const ScenarioFile file(R"({
    "name": "from-the-file", "url": "ws://file.example/", "connections": {"count": 5, "open_rate": "7/s"},
    "upgrade": {"headers": {"A": "file"}, "subprotocols": ["file"]},
    "in_flight": 3, "waiting": "spin", "warmup": "1s"})");
  const auto plain = asked({file.path()});
  ASSERT_TRUE(plain.ok()) << to_string(plain.error());
  Scenario expected = *plain;
  EXPECT_EQ(expected.name, "from-the-file");
  EXPECT_EQ(expected.connections, 5U);
  expected.url = kUrl;
  expected.connections = 9;
  expected.waiting = Waiting::first;
  expected.headers.emplace_back("B", "flag");
  expected.subprotocols.emplace_back("flag");
  const auto laid = asked({file.path(), "--url", kUrl, "-c", "9", "--waiting", "first", "-H", "B: flag",
                           "--subprotocol", "flag"});
  ASSERT_TRUE(laid.ok()) << to_string(laid.error());
  EXPECT_TRUE(*laid == expected);
}

TEST(ScenarioOptions, AHeaderReplacesTheFilesOfThatName) {
  const ScenarioFile file(
      R"({"url": "ws://file.example/", "upgrade": {"headers": {"Cookie": "old", "A": "kept"}}})");
  const auto laid = asked({file.path(), "-H", "cookie: new", "-H", "Cookie: newer"});
  ASSERT_TRUE(laid.ok()) << to_string(laid.error());
  using Headers = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(laid->headers, (Headers{{"A", "kept"}, {"cookie", "new"}, {"Cookie", "newer"}}));
}

TEST(ScenarioOptions, FaultsGivenTakeThePlaceOfTheFiles) {
  const ScenarioFile file(R"({"url": "embedded:echo", "server": {"faults": ["drop 1%"], "verify": true}})");
  EXPECT_EQ(asked({file.path()})->faults, Words{"drop 1%"});
  const auto laid = asked({file.path(), "--fault", "delay 2ms"});
  ASSERT_TRUE(laid.ok()) << to_string(laid.error());
  EXPECT_EQ(laid->faults, Words{"delay 2ms"});
  EXPECT_TRUE(laid->verify);
}

TEST(ScenarioOptions, TellsTheEmbeddedServerToSpeakTls) {
  EXPECT_FALSE(asked({"embedded:echo"})->server_tls);
  EXPECT_TRUE(asked({"embedded:echo", "--tls"})->server_tls);
  const ScenarioFile file(R"({"url": "embedded:echo", "server": {"tls": true}})");
  EXPECT_TRUE(asked({file.path()})->server_tls);
}

TEST(ScenarioOptions, NamesTheFaultThatIsNone) {
  EXPECT_EQ(complaints({"embedded:echo", "--fault", "drop 1%", "--fault", "reset", "--fault", "dealy 2ms"}),
            (Words{"--fault \"reset\": found nothing, expected a share above 0, such as 1% or 0.01",
                   "--fault \"dealy 2ms\": found \"dealy\", expected a fault: delay, stall, drop, reset, "
                   "slow-read, garbage, reorder or burn (did you mean \"delay\"?)"}));
}

TEST(ScenarioOptions, ReplacesTheOtherBoundOfTheFile) {
  const auto bounds = [](const char* in_file, const Words& flags) {
    const ScenarioFile file(std::string(R"({"url": "embedded:echo", )") + in_file + "}");
    Words words{file.path()};
    words.insert(words.end(), flags.begin(), flags.end());
    const auto scenario = asked(words);
    EXPECT_TRUE(scenario.ok());
    return std::pair(scenario->duration, scenario->messages);
  };
  using Bounds = std::pair<std::optional<Duration>, std::optional<std::uint64_t>>;
  const char* both = R"("duration": "4s", "messages": 50)";
  EXPECT_EQ(bounds(R"("duration": "4s")", {"--messages", "9"}), Bounds(std::nullopt, 9));
  EXPECT_EQ(bounds(R"("messages": 50)", {"-d", "1s"}), Bounds(seconds(1), std::nullopt));
  EXPECT_EQ(bounds(both, {}), Bounds(seconds(4), 50));
  EXPECT_EQ(bounds(both, {"--messages", "9"}), Bounds(std::nullopt, 9));
  EXPECT_EQ(bounds(both, {"-d", "1s"}), Bounds(seconds(1), std::nullopt));
  EXPECT_EQ(bounds(both, {"-d", "1s", "--messages", "9"}), Bounds(seconds(1), 9));
  EXPECT_EQ(bounds(both, {"-c", "1"}), Bounds(seconds(4), 50));
}

TEST(ScenarioOptions, LetsTextAndSizeReplaceEachOtherButNotStandTogether) {
  const ScenarioFile text(R"({"url": "embedded:echo", "message": {"text": "from the file"}})");
  const auto sized = asked({text.path(), "--size", "8"});
  EXPECT_EQ(sized->payload_text, std::nullopt);
  EXPECT_EQ(sized->payload_bytes, 8U);
  EXPECT_EQ(asked({text.path(), "--text", "flag"})->payload_text, "flag");
  const ScenarioFile size(R"({"url": "embedded:echo", "message": {"size": 8}})");
  EXPECT_EQ(asked({size.path(), "--text", "flag"})->payload_text, "flag");
  EXPECT_EQ(complaints({kUrl, "--text", "a", "--size", "8"}),
            Words{"--text with --size: expected one of the two"});
}

TEST(ScenarioOptions, NamesEveryFlagWhoseValueCannotBeRead) {
  const Words words{kUrl,
                    "-c",
                    "many",  //
                    "--open-rate",
                    "0/s",  //
                    "--in-flight",
                    "-1",  //
                    "--size",
                    "1.5B",  //
                    "-d",
                    "soon",  //
                    "--messages",
                    "1.5",  //
                    "--warmup",
                    "x",  //
                    "--drain",
                    "x",  //
                    "--connect-timeout",
                    "x",  //
                    "--upgrade-timeout",
                    "x",  //
                    "--close-timeout",
                    "x",  //
                    "--waiting",
                    "Batch",
                    "--shards",
                    "2s",  //
                    "--seed",
                    "x",  //
                    "-H",
                    "Cookie",
                    "-H",
                    ": empty name"};
  const Words expected{
      "--connections many: expected a whole number such as 5000 or 5k",
      "--open-rate 0/s: expected a rate such as 10k/s",
      "--in-flight -1: expected a whole number such as 5000 or 5k",
      "--size 1.5B: expected a size such as 125 or 16KiB",
      "--duration soon: expected a time such as 500ms, 30s or 2m",
      "--messages 1.5: expected a whole number such as 5000 or 5k",
      "--warmup x: expected a time such as 500ms, 30s or 2m",
      "--drain x: expected a time such as 500ms, 30s or 2m",
      "--connect-timeout x: expected a time such as 500ms, 30s or 2m",
      "--upgrade-timeout x: expected a time such as 500ms, 30s or 2m",
      "--close-timeout x: expected a time such as 500ms, 30s or 2m",
      "--waiting Batch: expected first, batch or spin",
      "--shards 2s: expected a whole number such as 5000 or 5k",
      "--seed x: expected a whole number such as 5000 or 5k",
      "--header Cookie: expected 'Name: value'",
      "--header : empty name: expected 'Name: value'",
  };
  EXPECT_EQ(complaints(words), expected);
}

// As a script gives it whose variable is not set.
TEST(ScenarioOptions, DoesNotOverlookAnEmptyValue) {
  EXPECT_EQ(complaints({kUrl, "-c", ""}).size(), 1U);
  EXPECT_EQ(complaints({kUrl, "-d", "", "--size", ""}).size(), 2U);
  EXPECT_EQ(complaints({kUrl, "-H", ""}).size(), 1U);
}

TEST(ScenarioOptions, GivesTheMistakesOfTheFile) {
  const ScenarioFile file(R"({"url": "embedded:echo", "in_fligth": 3, "warmup": "soon"})");
  const Words mistakes = complaints({file.path()});
  ASSERT_EQ(mistakes.size(), 2U);
  EXPECT_NE(mistakes[0].find("in_flight"), std::string::npos) << mistakes[0];
  EXPECT_EQ(complaints({"/nowhere/scenario.json"}).size(), 1U);
}

TEST(ScenarioOptions, LeavesWhatItDoesNotKnowToTheParser) {
  EXPECT_THROW((void)asked({kUrl, "--conections", "5"}), CLI::ParseError);
  EXPECT_THROW((void)asked({kUrl, "-c"}), CLI::ParseError);
  EXPECT_THROW((void)asked({kUrl, "-c", "1", "-c", "2"}), CLI::ParseError) << "which of the two?";
}

}  // namespace
}  // namespace ringstorm
