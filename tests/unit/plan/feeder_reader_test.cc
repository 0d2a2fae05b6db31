#include "plan/feeder_reader.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "plan/feeder_table.h"
#include "plan/plan.h"
#include "plan/scenario_file.h"

namespace ringstorm {
namespace {

using Lines = std::vector<std::string>;

Lines cells(const FeederTable& table) {
  Lines out;
  for (std::uint64_t row = 0; row < table.rows(); ++row) {
    std::string line;
    for (std::size_t i = 0; i < table.columns().size(); ++i) {
      line += '[';
      line += table.cell(row, i);
      line += ']';
    }
    out.push_back(line);
  }
  return out;
}

Lines rows_of(std::string_view text, TableFormat format = TableFormat::csv) {
  const TableReading reading = read_table(text, format);
  EXPECT_TRUE(reading.mistakes.empty()) << text << ": " << reading.mistakes[0].what;
  return cells(reading.table);
}

Lines wrong_in(std::string_view text, TableFormat format = TableFormat::csv) {
  Lines out;
  for (const RowMistake& mistake : read_table(text, format).mistakes)
    out.push_back(std::to_string(mistake.line) + ": " + mistake.what);
  return out;
}

TEST(Csv, ReadsWhatTheRfcAllows) {
  EXPECT_EQ(rows_of("name,city\r\nAnn,Oslo\r\n\"B, \"\"b\"\"\",\"two\r\nlines\"\r\n"),
            (Lines{"[Ann][Oslo]", "[B, \"b\"][two\r\nlines]"}));
  EXPECT_EQ(rows_of("\xEF\xBB\xBFn\n1\n\n2"), (Lines{"[1]", "[2]"}));
  EXPECT_EQ(rows_of("a,b\n,\n\"\",x"), (Lines{"[][]", "[][x]"}));
  EXPECT_EQ(rows_of("a\n\xC3\xBC\ry"), (Lines{"[\xC3\xBC\ry]"}));
}

TEST(Csv, NamesTheLineOfEachRaggedRow) {
  EXPECT_EQ(wrong_in("a,b\n1\n\"x\ny\",2\n\n1,2,3\n"),
            (Lines{"2: found 1 fields, expected 2 as in the first line",
                   "6: found 3 fields, expected 2 as in the first line"}));
}

TEST(Csv, RefusesWhatIsMalformed) {
  EXPECT_EQ(wrong_in("a\nb\"c\n"), (Lines{"2: a quotation mark in a field that does not begin with one"}));
  EXPECT_EQ(wrong_in("a\nx\n\"b\nc"), (Lines{"3: a quotation mark opens a field and none closes it"}));
  EXPECT_EQ(wrong_in("a\n\"b\nx\"c\n"),
            (Lines{"3: expected a comma or the end of the line after the closing quotation mark"}));
  EXPECT_EQ(wrong_in("a\n\xFF\n"), (Lines{"1: the file is not valid UTF-8"}));
  EXPECT_EQ(wrong_in(""), (Lines{"1: the file holds no row"}));
  EXPECT_EQ(wrong_in("a,b\n"), (Lines{"1: the file holds no row"}));
  EXPECT_EQ(wrong_in("a,,a\n1,2,3").size(), 2U);
  EXPECT_EQ(wrong_in("a}}\n1").size(), 1U);
  std::string many = "a,b\n";
  for (int i = 0; i < 100; ++i) many += "1\n";
  EXPECT_EQ(wrong_in(many).size(), 20U);
}

TEST(JsonLines, TakesTheColumnsOfTheFirstObject) {
  EXPECT_EQ(rows_of("{\"id\": 1, \"name\": \"A\\\"n\"}\n\n{\"name\": \"B\", \"id\": [1, 2]}\r\n",
                    TableFormat::json_lines),
            (Lines{"[1][A\"n]", "[[1, 2]][B]"}));
}

TEST(JsonLines, NamesTheLineAndTheColumn) {
  EXPECT_EQ(
      wrong_in("{\"id\": 1, \"name\": \"A\"}\n{\"id\": 2}\n{\"id\": 3, \"name\": \"\", \"nam\": 1}\n[]\n{\n",
               TableFormat::json_lines),
      (Lines{"2: the column \"name\" is missing",
             "3: \"nam\" is no column of the first line (did you mean \"name\"?)",
             "4: expected an object with a value for each column",
             wrong_in("{", TableFormat::json_lines)[0].replace(0, 1, "5")}));
}

Result<std::string> users(const std::string& path) {
  if (path == "dir/users.csv") return std::string("name,city\nAnn,Oslo\nBob,Rome\nCid,Bern\n");
  if (path == "dir/ragged.csv") return std::string("name,city\nAnn\n");
  return Error{path, "is not there", ""};
}

Result<Scenario> parsed(const std::string& json) {
  return parse_scenario(json, "dir/main.json", {}, users);
}

Lines mistakes(const std::string& json) {
  const auto made = parsed(json);
  Lines out;
  if (made.ok()) return out;
  for (const Error& error : made.errors()) out.push_back(to_string(error));
  return out;
}

TEST(Feeders, AreReadWithTheirRules) {
  const auto made =
      parsed(R"({"feeders": {"u": {"file": "users.csv", "order": "shuffled", "share": "per_connection",
                                                 "at_end": "once"}, "v": {"file": "users.csv"}}})");
  ASSERT_TRUE(made.ok()) << to_string(made.error());
  ASSERT_EQ(made->feeders.size(), 2U);
  EXPECT_EQ(made->feeders[0].name, "u");
  EXPECT_EQ(made->feeders[0].rules,
            (FeederRules{FeederOrder::shuffled, FeederShare::per_connection, FeederEnd::once}));
  EXPECT_EQ(made->feeders[1].rules, FeederRules{});
  EXPECT_EQ(made->feeders[1].table->rows(), 3U);
}

TEST(Feeders, EveryMistakeIsNamed) {
  EXPECT_EQ(
      mistakes(
          "{\"message\": {\"text\": \"{{u.name}}\"}, \"feeders\": {\n\"u\": {\"file\": \"ragged.csv\"},\n"
          "\"v\": {\"order\": \"shufled\"},\n\"time\": {\"file\": \"users.csv\"},\n\"w\": 3,\n"
          "\"x\": {\"file\": \"users.txt\"},\n\"y\": {\"file\": \"none.csv\", \"ordr\": 1}}}"),
      (Lines{"dir/main.json:2:15 /feeders/u/file: dir/ragged.csv:2: found 1 fields, expected 2 as in the "
             "first line",
             "dir/main.json:3:6 /feeders/v: \"file\" is missing: it holds the rows",
             "dir/main.json:3:16 /feeders/v/order: found \"shufled\", expected \"in_order\" or \"random\" or "
             "\"shuffled\" (did you mean \"shuffled\"?)",
             "dir/main.json:4:1 /feeders/time: \"time\" is no name for a feeder: expected letters, digits, "
             "\"-\" and \"_\", and none of time, random and env",
             "dir/main.json:5:6 /feeders/w: found 3, expected an object such as {\"file\": \"users.csv\"}",
             "dir/main.json:6:15 /feeders/x/file: found \"users.txt\", expected the name of a file that ends "
             "with "
             ".csv, .jsonl or .ndjson",
             "dir/main.json:7:15 /feeders/y/file: dir/none.csv: is not there",
             "dir/main.json:7:27 /feeders/y/ordr: unknown field \"ordr\" (did you mean \"order\"?)"}));
}

TEST(Feeders, AMissingColumnIsNamedWithTheNearest) {
  EXPECT_EQ(
      mistakes(R"({"message": {"text": "{{u.nam}}"}, "feeders": {"u": {"file": "users.csv"}}})"),
      (Lines{"dir/main.json:1:25 /message/text: nothing has the name \"u.nam\", which is to fill a hole "
             "(did you mean \"u.name\"?)"}));
}

Result<Plan> planned(const std::string& fields) {
  const auto scenario = parsed(
      R"({"url": "embedded:echo", "connections": 2, "message": {"text": "{{u.name}}"}, )" + fields + "}");
  EXPECT_TRUE(scenario.ok()) << to_string(scenario.error());
  MachineLimits limits;
  limits.cores = 4;
  return make_plan(*scenario, limits);
}

TEST(FeederPlan, RowsThatAreGoneThroughOnceBoundTheRun) {
  const auto plan = planned(R"("shards": 2, "feeders": {"u": {"file": "users.csv", "at_end": "once"}})");
  ASSERT_TRUE(plan.ok()) << to_string(plan.error());
  EXPECT_EQ(plan->scenario.messages, 3U);
  EXPECT_EQ(plan->segments[0].messages + plan->segments[1].messages, 3U);
  EXPECT_FALSE(plan->scenario.duration.has_value());
}

TEST(FeederPlan, RefusesTooFewRows) {
  const auto refused = [](const std::string& fields) {
    const auto plan = planned(fields);
    return plan.ok() ? "" : to_string(plan.error());
  };
  EXPECT_EQ(refused(R"("messages": 4, "feeders": {"u": {"file": "users.csv", "at_end": "once"}})"),
            "/feeders/u/at_end: users.csv has 3 rows, which are gone through once, and the run is to send 4 "
            "messages "
            "(\"circular\" begins anew at the end)");
  EXPECT_EQ(refused(R"("messages": 3, "feeders": {"u": {"file": "users.csv", "at_end": "once"}})"), "");
  EXPECT_EQ(refused(R"("messages": 4, "feeders": {"u": {"file": "users.csv"}})"), "");
  EXPECT_NE(refused(R"("warmup": "1s", "feeders": {"u": {"file": "users.csv", "at_end": "once"}})"), "");
  EXPECT_NE(
      refused(R"("feeders": {"u": {"file": "users.csv", "at_end": "once", "share": "per_connection"}})"), "");
  // What no message uses may have any length.
  EXPECT_EQ(
      refused(
          R"("messages": 4, "feeders": {"u": {"file": "users.csv"}, "v": {"file": "users.csv", "at_end": "once"}})"),
      "");
}

TEST(FeederPlan, TextsAreInTheMemoryBudget) {
  const auto bytes = [](const std::string& fields) { return planned(fields)->memory_bytes; };
  const std::string one = R"("seed": 1, "feeders": {"u": {"file": "users.csv"}})";
  const std::string two = R"("seed": 1, "feeders": {"u": {"file": "users.csv"}, "v": {"file": "users.csv"}})";
  EXPECT_GT(bytes(two), bytes(one));
}

TEST(MessageText, IsRefusedTogetherWithVerify) {
  const auto plan = planned(R"("server": {"verify": true}, "feeders": {"u": {"file": "users.csv"}})");
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().where, "/server/verify");
}

TEST(MessageText, WithoutHolesIsThePayload) {
  const auto scenario =
      parse_scenario(R"({"url": "embedded:echo", "message": {"text": "a {{{{b}}"}})", "m.json");
  const auto plan = make_plan(*scenario, {});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->payload, "a {{b}}");
  EXPECT_FALSE(plan->text.has_value());
  EXPECT_EQ(plan->longest_payload(), 7U);
}

}  // namespace
}  // namespace ringstorm
