// `ringstorm bench mask`: what it prints, for people and for programs, and what it refuses.
#include <map>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json bench_json(std::vector<std::string> more) {
  more.insert(more.begin(), {"bench", "mask", "--quick", "--json"});
  const Outcome outcome = ringstorm(more);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  return json::parse(outcome.out, nullptr, false);
}

std::string bytes_of(const json& row) {
  return row["bytes"].is_string() ? row["bytes"].get<std::string>() : row["bytes"].dump();
}

// The yardsticks are of the same run, so all kernels of a line have the same.
void yardsticks_belong_to_the_line(const json& rows) {
  std::map<std::string, json> yardsticks;
  for (const json& row : rows) {
    const json found{row["noop_ns"], row["memcpy_ns"], row["limit_ns"]};
    const auto [line, is_new] = yardsticks.emplace(row["case"].get<std::string>() + bytes_of(row), found);
    EXPECT_TRUE(is_new || line->second == found) << row.dump();
  }
}

std::set<std::string> keys_of(const json& object) {
  std::set<std::string> keys;
  for (const auto& item : object.items()) keys.insert(item.key());
  return keys;
}

TEST(BenchMask, JsonHasEveryCaseOfEveryKernel) {
  const json document = bench_json({});
  ASSERT_TRUE(document.is_object());
  EXPECT_EQ(document["schema"], "ringstorm.bench_mask/1");
  EXPECT_TRUE(document["cpu"].is_string());
  std::map<std::string, std::set<std::string>> lines_of_kernel;
  std::set<std::string> cases;
  for (const json& row : document["rows"]) {
    EXPECT_EQ(keys_of(row),
              (std::set<std::string>{"case", "bytes", "kernel", "ns", "noop_ns", "memcpy_ns", "limit_ns"}));
    for (const char* time : {"ns", "noop_ns", "memcpy_ns", "limit_ns"}) {
      EXPECT_GT(row[time].get<double>(), 0) << row.dump();
    }
    EXPECT_EQ(row["bytes"].is_number(), row["case"].get<std::string>().ends_with("_fixed")) << row.dump();
    cases.insert(row["case"]);
    EXPECT_TRUE(lines_of_kernel[row["kernel"]].insert(row["case"].get<std::string>() + bytes_of(row)).second)
        << "twice: " << row.dump();
  }
  EXPECT_EQ(cases, (std::set<std::string>{"in_place_fixed", "in_place_random", "copy_fixed", "copy_random",
                                          "encode_fixed", "encode_random"}));
  EXPECT_TRUE(lines_of_kernel.contains("scalar"));
  EXPECT_TRUE(lines_of_kernel.contains(document["kernel"].get<std::string>()));
  for (const auto& [kernel, lines] : lines_of_kernel) EXPECT_EQ(lines, lines_of_kernel["scalar"]) << kernel;
  yardsticks_belong_to_the_line(document["rows"]);
}

TEST(BenchMask, OneKernelOnRequest) {
  const json document = bench_json({"--kernel", "scalar"});
  ASSERT_FALSE(document["rows"].empty());
  for (const json& row : document["rows"]) EXPECT_EQ(row["kernel"], "scalar");
}

TEST(BenchMask, TheTableEndsWithAVerdict) {
  const Outcome outcome = ringstorm({"bench", "mask", "--quick", "--kernel", "scalar"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.all();
  for (const char* part :
       {"in place, of one length", "in place, of random lengths", "copy, of one length",
        "whole frame with a fresh key", "noop", "memcpy", "limit", "1..125", "1048576", "\n\nscalar is "}) {
    EXPECT_THAT(outcome.out, HasSubstr(part)) << outcome.all();
  }
}

TEST(BenchMask, RefusesAnUnknownKernelAndNamesTheNearest) {
  for (const char* name : {"scaler", "SCALAR", "scal"}) {
    const Outcome outcome = ringstorm({"bench", "mask", "--quick", "--kernel", name});
    EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr("did you mean \"scalar\"?")) << outcome.all();
  }
}

TEST(BenchMask, RefusesNonsense) {
  const std::vector<std::vector<std::string>> nonsense{
      {"bench"},
      {"bench", "msk"},
      {"bench", "mask", "unmask"},
      {"bench", "mask", "--fast"},
      {"bench", "mask", "--kernel"},
      {"bench", "mask", "--kernel", "", "--quick", "extra"},
      {"bench", "mask", "--kernel", std::string(5000, 'x')},
      {"bench", "mask", "--kernel", "\xff\x01%s"},
  };
  for (const auto& arguments : nonsense) {
    const Outcome outcome = ringstorm(arguments);
    EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
    EXPECT_NE(outcome.err, "") << outcome.all();
  }
}

TEST(BenchMask, NamesTheBenchmarkThatWasMeant) {
  EXPECT_THAT(ringstorm({"bench", "msk"}).err, HasSubstr("did you mean \"mask\"?"));
}

}  // namespace
}  // namespace ringstorm::e2e
