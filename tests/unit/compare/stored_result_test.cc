#include "compare/stored_result.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using testing::HasSubstr;

class StoredResultTest : public testing::Test {
 protected:
  ~StoredResultTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& text) {
    const std::string path = folder_ + "/x.json";
    std::ofstream(path) << text;
    return path;
  }
  std::string error_of(const std::string& text) {
    const auto results = read_stored(file(text));
    return results.ok() ? "" : to_string(results.error());
  }

 private:
  static std::string fresh_folder() {
    std::string name = testing::TempDir() + "/stored.XXXXXX";
    return mkdtemp(name.data()) == nullptr ? "" : name;
  }
  std::string folder_ = fresh_folder();
};

constexpr const char* kBenchmark = R"({
  "context": {"date": "2026-11-25T13:00:00+00:00", "executable": "bench/microbench", "num_cpus": 2},
  "benchmarks": [
    {"name": "mask/64", "run_name": "mask/64", "run_type": "iteration", "repetition_index": 0, "cpu_time": 1.5, "time_unit": "us"},
    {"name": "mask/64", "run_name": "mask/64", "run_type": "iteration", "repetition_index": 1, "cpu_time": 1600, "time_unit": "ns"},
    {"name": "mask/64_mean", "run_name": "mask/64", "run_type": "aggregate", "cpu_time": 1.55, "time_unit": "us"}
  ]})";

TEST_F(StoredResultTest, EveryRepetitionIsAResult) {
  const auto results = read_stored(file(kBenchmark));
  ASSERT_TRUE(results.ok()) << to_string(results.error());
  ASSERT_EQ(results->size(), 2u);
  EXPECT_EQ((*results)[0].kind, StoredResult::Kind::google_benchmark);
  EXPECT_DOUBLE_EQ((*results)[0].values.at("mask/64"), 1500);
  EXPECT_DOUBLE_EQ((*results)[1].values.at("mask/64"), 1600);
  EXPECT_EQ((*results)[0].scenario, "microbench");
  EXPECT_EQ((*results)[0].started_at, "2026-11-25T13:00:00Z");
}

TEST_F(StoredResultTest, AReportHasItsFigures) {
  std::ifstream golden(RINGSTORM_GOLDEN_DIR "/report.json");
  const std::string text{std::istreambuf_iterator<char>(golden), {}};
  const auto results = read_stored(file(text));
  ASSERT_TRUE(results.ok()) << to_string(results.error());
  const StoredResult& result = results->front();
  EXPECT_EQ(result.scenario, "echo");
  EXPECT_DOUBLE_EQ(result.values.at("throughput"), 6000);
  EXPECT_DOUBLE_EQ(result.values.at("latency.p99"), 1635327);
  EXPECT_FALSE(result.embedded);
  EXPECT_EQ(result.load.at("plan connections"), "1000");
  EXPECT_FALSE(result.load.contains("plan url"));
  EXPECT_EQ(result.invalid, "");
  EXPECT_EQ(machine_class(result), "example-cpu-9000-8-cores-linux-6.18");
}

TEST_F(StoredResultTest, SaysWhyAFileIsNoResult) {
  EXPECT_THAT(error_of(R"({"schema": "ringstorm.rep)"), HasSubstr("no JSON, or it was cut off"));
  EXPECT_THAT(error_of("7"), HasSubstr("found 7, expected an object"));
  EXPECT_THAT(error_of("{}"), HasSubstr("/schema: found nothing"));
  EXPECT_THAT(error_of(R"({"schema": "ringstorm.report/2"})"),
              HasSubstr("is of version 2, and this ringstorm reads 1"));
  EXPECT_THAT(error_of(R"({"schema": "ringstorm.capacity/1"})"),
              HasSubstr("expected \"ringstorm.report/1\""));
  EXPECT_THAT(error_of(R"({"schema": "ringstorm.report/1", "scenario": 3})"),
              HasSubstr("/scenario: found 3, expected a string"));
  EXPECT_THAT(error_of(R"({"context": {}, "benchmarks": []})"),
              HasSubstr("at least one that is no aggregate"));
  EXPECT_THAT(to_string(read_stored("/nowhere/x.json").error()), HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace ringstorm
