// The table of fields, schema.json, the README and the ready scenarios say the same.
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "plan/gate.h"
#include "plan/plan.h"
#include "plan/scenario_fields.h"
#include "plan/scenario_file.h"
#include "plan/threshold_metrics.h"

namespace ringstorm {
namespace {

using nlohmann::json;

const std::filesystem::path kRoot = SOURCE_DIR;

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

json schema() {
  return json::parse(read(kRoot / "scenarios/schema.json"));
}

/// Calls `visit` for each property that holds a value, with its JSON pointer in a scenario.
void for_each_leaf(const json& part, const std::string& pointer,
                   const std::function<void(const std::string&, const json&)>& visit) {
  for (const auto& [name, field] : part.at("properties").items()) {
    const std::string here = pointer + "/" + name;
    const json* object = field.contains("properties") ? &field : nullptr;
    for (const json& alternative : field.value("oneOf", json::array())) {
      if (alternative.contains("properties")) object = &field.at("oneOf")[1];
    }
    if (object != nullptr) {
      EXPECT_EQ(object->at("additionalProperties"), false) << here;
      for_each_leaf(*object, here, visit);
    } else {
      visit(here, field);
    }
  }
}

std::map<std::string, json> leaves() {
  std::map<std::string, json> out;
  for_each_leaf(schema(), "", [&](const std::string& pointer, const json& field) { out[pointer] = field; });
  return out;
}

/// What examples name, instead of files.
Result<std::string> file_of_an_example(const std::string& path) {
  if (path.ends_with(".csv")) return std::string("name,city\nAnn,Oslo\n");
  if (path.ends_with(".jsonl")) return std::string("{\"id\": 1}\n");
  return std::string("{\"connections\": 12}");
}

/// The scenario that sets this one field, by way of the parser.
Scenario with(const std::string& pointer, const json& value) {
  json document;
  document[json::json_pointer(pointer)] = value;
  const auto scenario = parse_scenario(document.dump(), "scenario.json", {}, file_of_an_example);
  EXPECT_TRUE(scenario.ok()) << document << ": " << (scenario.ok() ? "" : to_string(scenario.error()));
  return scenario.ok() ? *scenario : Scenario{};
}

const Scenario kDefault = *parse_scenario("{}", "scenario.json");

TEST(ScenarioSchema, NamesTheFieldsOfTheTable) {
  std::set<std::string> in_schema, in_table;
  for (const auto& [pointer, field] : leaves()) in_schema.insert(pointer);
  for (const Field& field : scenario_fields()) in_table.emplace(field.pointer);
  EXPECT_EQ(in_schema, in_table);
}

TEST(ScenarioSchema, GivesTheDefaultsOfTheReader) {
  for (const auto& [pointer, field] : leaves()) {
    if (!field.contains("default")) continue;
    Scenario read = with(pointer, field.at("default"));
    // Whoever says how to compress asks for it.
    if (pointer.starts_with("/permessage_deflate/") && !pointer.ends_with("/enabled")) read.deflate = false;
    EXPECT_EQ(read, kDefault) << pointer;
  }
}

TEST(ScenarioSchema, EveryFieldWithADefaultSaysIt) {
  const std::set<std::string> open{"/$schema",
                                   "/name",
                                   "/url",
                                   "/message/text",
                                   "/duration",
                                   "/messages",
                                   "/shards",
                                   "/rate",
                                   "/fan_out",
                                   "/max_send_lag",
                                   "/proxy/url",
                                   "/socket/receive_buffer",
                                   "/socket/send_buffer",
                                   "/socket/keepalive/idle",
                                   "/socket/keepalive/interval",
                                   "/socket/keepalive/count",
                                   "/socket/congestion",
                                   "/socket/tos",
                                   "/socket/dscp",
                                   "/socket/bind_device",
                                   "/permessage_deflate/server_max_window_bits"};
  for (const auto& [pointer, field] : leaves())
    EXPECT_NE(field.contains("default"), open.contains(pointer)) << pointer;
}

TEST(ScenarioSchema, ExplainsEveryFieldWithExamplesThatWork) {
  for (const auto& [pointer, field] : leaves()) {
    EXPECT_FALSE(field.value("description", "").empty()) << pointer;
    ASSERT_FALSE(field.value("examples", json::array()).empty()) << pointer;
    bool sets_something = false;
    for (const json& example : field.at("examples")) sets_something |= with(pointer, example) != kDefault;
    EXPECT_NE(sets_something, pointer == "/$schema") << pointer;
  }
}

TEST(ScenarioSchema, NamesTheUnitsOfEveryQuantity) {
  for (const auto& [pointer, field] : leaves())
    EXPECT_EQ(field.contains("units"), field.contains("$ref")) << pointer;
}

TEST(ScenarioSchema, AgreesWithTheParser) {
  for (const json& test : json::parse(read(kRoot / "tests/unit/plan/schema_cases.json"))) {
    const auto scenario = parse_scenario(test.at("scenario").dump(), "scenario.json");
    EXPECT_EQ(scenario.ok(), test.at("valid").get<bool>()) << test.at("scenario");
  }
}

TEST(ScenarioSchema, ItsRangesAreThoseOfTheTable) {
  // "a size from 0 B to 1 GiB" in the table is "0 B to 1 GiB" in the description.
  for (const auto& [pointer, field] : leaves()) {
    const Field* row = find_field(pointer);
    ASSERT_NE(row, nullptr) << pointer;
    if (!field.contains("$ref") || pointer == "/seed") continue;
    const std::string expected = row->expected();
    const std::size_t to = expected.find(" to ");
    ASSERT_NE(to, std::string::npos) << expected;
    std::string most = expected.substr(to + 4, expected.find(',', to + 4) - to - 4);
    if (std::holds_alternative<CountField>(row->form)) most = expected.substr(to + 4);
    if (const auto zeros = most.find(".00"); zeros != std::string::npos) most.erase(zeros, 3);
    EXPECT_NE(field.at("description").get<std::string>().find(most), std::string::npos)
        << pointer << ": " << most;
    EXPECT_NE(read(kRoot / "scenarios/README.md").find(most), std::string::npos) << pointer << ": " << most;
  }
}

TEST(ScenarioReadme, DocumentsEveryFieldWithItsDefault) {
  const std::string readme = read(kRoot / "scenarios/README.md");
  for (const auto& [pointer, field] : leaves()) {
    const std::size_t row = readme.find("| `" + pointer + "` |");
    ASSERT_NE(row, std::string::npos) << pointer;
    const std::string line = readme.substr(row, readme.find('\n', row) - row);
    if (!field.contains("default")) continue;
    EXPECT_NE(line.find("| `" + field.at("default").dump() + "` |"), std::string::npos) << line;
  }
}

/// The fenced blocks that are fields of a scenario.
std::vector<std::string> examples_of_the_readme() {
  std::istringstream readme(read(kRoot / "scenarios/README.md"));
  std::vector<std::string> examples;
  std::string block;
  bool inside = false;
  for (std::string line; std::getline(readme, line);) {
    if (!line.starts_with("```")) {
      if (inside) block += line + '\n';
      continue;
    }
    if (inside && block.starts_with('"')) examples.push_back("{" + block + "}");
    inside = !inside;
    block.clear();
  }
  EXPECT_FALSE(inside) << "a fence is not closed";
  return examples;
}

TEST(ScenarioReadme, ItsExamplesAreRead) {
  const std::vector<std::string> examples = examples_of_the_readme();
  EXPECT_GE(examples.size(), 4U);
  for (std::string example : examples) {
    if (example.find("{{users") != std::string::npos && example.find("feeders") == std::string::npos)
      example.insert(1, "\"feeders\": {\"users\": {\"file\": \"users.csv\"}}, ");
    const auto scenario = parse_scenario(example, "scenario.json", {}, file_of_an_example);
    EXPECT_TRUE(scenario.ok()) << example << ": " << (scenario.ok() ? "" : to_string(scenario.error()));
  }
}

TEST(ScenarioReadme, HoldsTheTableOfMetrics) {
  EXPECT_NE(read(kRoot / "scenarios/README.md").find(metric_reference()), std::string::npos)
      << "paste this into the section Thresholds:\n"
      << metric_reference();
}

TEST(ScenarioReadme, HoldsTheTableOfGates) {
  EXPECT_NE(read(kRoot / "scenarios/README.md").find(gate_reference()), std::string::npos)
      << "paste this into the section Gates:\n"
      << gate_reference();
}

TEST(ReadyScenarios, AllLoadPlanAndAreInTheReadme) {
  const std::string readme = read(kRoot / "scenarios/README.md");
  MachineLimits limits;
  limits.cores = 2;
  limits.open_files = 20'000;
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kRoot / "scenarios")) {
    const auto& path = entry.path();
    if (path.extension() != ".json" || path.filename() == "schema.json") continue;
    ++count;
    const auto scenario = load_scenario(path.string());
    ASSERT_TRUE(scenario.ok()) << path << ": " << to_string(scenario.error());
    EXPECT_EQ(scenario->name, path.stem());
    EXPECT_FALSE(scenario->description.empty()) << path;
    const auto plan = make_plan(*scenario, limits);
    EXPECT_TRUE(plan.ok()) << path << ": " << (plan.ok() ? "" : to_string(plan.error()));
    EXPECT_NE(readme.find("`" + path.filename().string() + "`"), std::string::npos) << path;
  }
  EXPECT_EQ(count, 23);
}

}  // namespace
}  // namespace ringstorm
