// Messages with holes, word for word as servers that share no code with ringstorm received them; and the ways
// a scenario's file is put together, as a user does it.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "e2e/peer.h"
#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct Server {
  const char* name;
  const char* script;
  std::vector<std::string> peer = {};     ///< what the server is started with
  std::vector<std::string> options = {};  ///< ringstorm's, against it
};
void PrintTo(const Server& value, std::ostream* out) {
  *out << value.name;
}

/// A folder that goes when the test does.
class Folder {
 public:
  Folder() : path_(testing::TempDir() + "ringstorm-texts-" + std::to_string(::getpid())) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name) << text;
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

class Texts : public testing::TestWithParam<Server> {
 protected:
  static std::vector<std::string> with(std::vector<std::string> some, const std::vector<std::string>& more) {
    some.insert(some.end(), more.begin(), more.end());
    return some;
  }
  Outcome run_with(const std::vector<std::string>& arguments) {
    return run(with(arguments, GetParam().options));
  }

  Peer peer_{GetParam().script, with({"--keep", "1000"}, GetParam().peer)};
  Folder folder_;
};

TEST_P(Texts, ArriveWithTheirHolesFilled) {
  ::setenv("RINGSTORM_TEST_TOKEN", "tök{{en", 1);
  std::string users = "name,city\n";
  for (int i = 0; i < 100; ++i)
    users += "user " + std::to_string(i) + ",\"town, \"\"no\"\" " + std::to_string(i) + "\"\n";
  folder_.write("users.csv", users);
  const json scenario = {{"connections", 7},
                         {"messages", 400},
                         {"shards", 3},
                         {"seed", 5},
                         {"feeders", {{"users", {{"file", "users.csv"}, {"order", "shuffled"}}}}},
                         {"message",
                          {{"text",
                            "{\"c\":{{connection}},\"n\":{{sequence}},\"u\":\"{{uuid}}\",\"h\":\"{{random."
                            "hex(5)}}\",\"d\":{{random.int(1,6)}},"
                            "\"who\":\"{{users.name}}\",\"stamp\":\"{{stamp}}\",\"ms\":{{time.ms}},\"token\":"
                            "\"{{env.RINGSTORM_TEST_TOKEN}}\"}"}}}};
  const auto began = std::chrono::system_clock::now();
  const Outcome outcome = run_with({folder_.write("s.json", scenario.dump()), "--url", peer_.url()});
  const auto ended = std::chrono::system_clock::now();
  const PeerCounts counts = peer_.stop();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(outcome.count("/messages/answered"), 400u);
  if (!GetParam().options.empty()) {
    EXPECT_EQ(outcome.count("/compression/sent/messages"), 400u);
    EXPECT_EQ(outcome.count("/compression/sent/payload_bytes"), counts.bytes);
  }
  EXPECT_EQ(outcome.count("/bytes/sent_payload"), counts.bytes);
  EXPECT_EQ(schema_violations(outcome.report), "");
  ASSERT_EQ(counts.all["texts"].size(), 400u);

  const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  const std::regex stamp("~rs[0-9a-f]{48}~"), hex("[0-9a-f]{5}");
  const auto ms = [](auto t) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
  };
  std::map<int, int> next;
  std::map<std::string, int> times;
  std::set<std::string> uuids;
  for (const json& text : counts.all["texts"]) {
    const json message = json::parse(text.get<std::string>());
    const int connection = message["c"];
    EXPECT_EQ(message["n"], next[connection]++) << message;
    EXPECT_TRUE(std::regex_match(message["u"].get<std::string>(), uuid)) << message;
    EXPECT_TRUE(std::regex_match(message["stamp"].get<std::string>(), stamp)) << message;
    EXPECT_TRUE(std::regex_match(message["h"].get<std::string>(), hex)) << message;
    EXPECT_GE(message["d"], 1);
    EXPECT_LE(message["d"], 6);
    EXPECT_EQ(message["token"], "tök{{en");
    EXPECT_GE(message["ms"].get<std::int64_t>(), ms(began) - 1000);
    EXPECT_LE(message["ms"].get<std::int64_t>(), ms(ended) + 1000);
    uuids.insert(message["u"]);
    ++times[message["who"]];
  }
  EXPECT_EQ(uuids.size(), 400u);
  EXPECT_EQ(next.size(), 7u);
  EXPECT_EQ(times.size(), 100u);
}

// Each row of a feeder that is gone through once arrives exactly once, whatever the shards.
TEST_P(Texts, GoThroughAFeederOnce) {
  std::string rows;
  for (int i = 0; i < 50; ++i) rows += "{\"id\": " + std::to_string(i) + "}\n";
  folder_.write("rows.jsonl", rows);
  const std::string file = folder_.write(
      "s.json", R"({"connections": 5, "shards": 3, "feeders": {"r": {"file": "rows.jsonl", "at_end": "once"}},
                    "message": {"text": "{{r.id}}"},})");
  const Outcome outcome = run_with({file, "--url", peer_.url()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  std::set<int> seen;
  const PeerCounts counts = peer_.stop();
  for (const json& text : counts.all["texts"]) seen.insert(std::stoi(text.get<std::string>()));
  EXPECT_EQ(counts.messages, 50u);
  EXPECT_EQ(seen.size(), 50u);
}

// Longer than a send: the connections share one place to fill them in, and take turns in the middle of a
// message.
TEST_P(Texts, ArriveWholeWhenTheyLeaveInPieces) {
  const std::string filler(20'000, 'x');
  const std::string text =
      "{{connection}} {{sequence}} {{random.hex(32)}} " + filler + " {{connection}} {{sequence}}";
  const Outcome outcome =
      run_with({peer_.url(), "-c", "6", "--in-flight", "8", "--messages", "300", "--text", text});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  const PeerCounts counts = peer_.stop();
  EXPECT_EQ(outcome.count("/bytes/sent_payload"), counts.bytes);
  ASSERT_EQ(counts.all["texts"].size(), 300u);
  std::set<std::string> seen;
  for (const json& item : counts.all["texts"]) {
    const auto received = item.get<std::string>();
    const std::size_t first = received.find(" x"), last = received.rfind("x ");
    ASSERT_EQ(last - first, filler.size()) << received.substr(0, 60);
    const std::string head = received.substr(0, first - 33), tail = received.substr(last + 2);
    EXPECT_EQ(head, tail);
    seen.insert(head);
  }
  EXPECT_EQ(seen.size(), 300u);
}

INSTANTIATE_TEST_SUITE_P(
    Servers, Texts,
    testing::Values(Server{"PythonWebsockets", "echo_websockets.py"}, Server{"NpmWs", "echo_ws.js"},
                    Server{"Deflated", "echo_websockets.py", {"--deflate", "{}"}, {"--deflate"}},
                    Server{"DeflatedAfterThoseBefore",
                           "echo_websockets.py",
                           {"--deflate", "{}"},
                           {"--set", "permessage_deflate.keep_context=true"}},
                    Server{"DeflatedWithoutContext",
                           "echo_ws.js",
                           {"--deflate", R"({"threshold": 0, "clientNoContextTakeover": true})"},
                           {"--set", "permessage_deflate.keep_context=true"}}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST(ScenarioFiles, AreIncludedAndSet) {
  const Folder folder;
  folder.write("shared.json",
               "{\"connections\": {\"count\": 3,}, \"messages\": 5, \"url\": \"embedded:echo\"} // shared");
  const std::string file =
      folder.write("s.json", R"({"include": "shared.json", "connections": {"open_rate": "1k/s"}})");
  const Outcome outcome = run({file, "--set", "messages=9", "--set", "connections.count=4"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  EXPECT_EQ(outcome.count("/messages/sent"), 9u);
  EXPECT_EQ(outcome.count("/connections/opened"), 4u);
  const Outcome refused = ringstorm({"check", file, "--set", "conections.count=4"});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("--set conections.count=4 /conections: unknown field"));
}

TEST(ScenarioFiles, TheirSchemaIsPrinted) {
  const Outcome outcome = ringstorm({"schema"});
  EXPECT_EQ(outcome.exit_code, 0);
  std::ifstream file(std::string{RINGSTORM_SOURCE_DIR} + "/scenarios/schema.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(outcome.out, text);
}

}  // namespace
}  // namespace ringstorm::e2e
