#include "compare/stored_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compare/ab_judgement.h"
#include "unit/compare/example_record.h"

namespace ringstorm {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

StoredResult run(int minute, double throughput) {
  StoredResult result;
  result.path = "run.json";
  result.scenario = "echo";
  result.started_at = "2026-11-25T13:" + std::to_string(10 + minute) + ":00Z";
  result.measured_s = 10;
  result.values = {{"throughput", throughput}, {"latency.p99", 1e6}};
  result.load = {{"plan connections", "100"}};
  result.machine = {{"cpu", "Example"}, {"cores", "2"}, {"kernel", "6.18.1"}};
  result.other = {{"url", "ws://127.0.0.1:9001/"}};
  return result;
}

struct Sides {
  std::vector<StoredResult> base;
  std::vector<StoredResult> fresh;
};

/// b at `change` times a, each run off by up to `noise`.
Sides sides(int runs, double change, double noise, bool in_turns) {
  Prng prng(4);
  Sides result;
  for (int i = 0; i < runs; ++i) {
    const bool a_first = i % 3 == 0;
    const double off = 1 + noise * (prng.unit() - 0.5);
    const double off_b = 1 + noise * (prng.unit() - 0.5);
    result.base.push_back(run(in_turns ? 2 * i + (a_first ? 0 : 1) : i, 5e4 * off));
    result.fresh.push_back(run(in_turns ? 2 * i + (a_first ? 1 : 0) : 20 + i, 5e4 * change * off_b));
  }
  return result;
}

AbRecord record_of(const Sides& s, StoredRules rules = {}) {
  auto record = compare_stored(s.base, s.fresh, rules);
  EXPECT_TRUE(record.ok()) << to_string(record.error());
  return std::move(*record);
}

TEST(StoredComparison, RunsTakenInTurnsAreRounds) {
  const AbRecord record = record_of(sides(10, 0.95, 0.02, true));
  EXPECT_EQ(record.design, AbDesign::alternating);
  EXPECT_EQ(record.rounds.size(), 10u);
  EXPECT_THAT(record.advisory, IsEmpty());
  EXPECT_EQ(judge(record).verdict, AbVerdict::regressed);
}

TEST(StoredComparison, SetsOneAfterTheOtherShowOnlyLargeChanges) {
  const AbRecord small = record_of(sides(10, 0.95, 0.02, false));
  EXPECT_EQ(small.design, AbDesign::batches);
  EXPECT_EQ(judge(small).verdict, AbVerdict::ok);
  EXPECT_EQ(judge(record_of(sides(10, 0.85, 0.02, false))).verdict, AbVerdict::regressed);
}

TEST(StoredComparison, SetsThatScatterAdviseOnly) {
  const AbRecord record = record_of(sides(10, 0.7, 0.3, false));
  EXPECT_THAT(record.advisory, HasSubstr("were not taken in turns"));
  EXPECT_EQ(judge(record).verdict, AbVerdict::inconclusive);
}

TEST(StoredComparison, TooFewAreSaidToBeTooFew) {
  EXPECT_THAT(record_of(sides(3, 0.5, 0.01, true)).advisory, HasSubstr("3 and 3 results are too few"));
  EXPECT_THAT(record_of(sides(1, 0.5, 0.01, false)).advisory, HasSubstr("1 and 1 results are too few"));
}

TEST(StoredComparison, AnotherMachineAdvisesOnly) {
  Sides s = sides(10, 0.5, 0.01, true);
  for (StoredResult& result : s.fresh) result.machine["cpu"] = "Another";
  const AbRecord record = record_of(s);
  EXPECT_THAT(record.advisory, HasSubstr("the machines are not alike (cpu)"));
  ASSERT_EQ(record.differences.size(), 1u);
  EXPECT_EQ(record.differences[0], (AbDifference{"cpu", "Example", "Another"}));
}

TEST(StoredComparison, AReferenceMakesMachinesComparable) {
  Sides s = sides(10, 0.40, 0.01, false);  // the other machine is half as fast, and the server a fifth slower
  for (StoredResult& result : s.fresh) result.machine["cpu"] = "Another";
  for (int i = 0; i < 10; ++i) {
    s.base.push_back(run(i, 1e5));
    s.base.back().embedded = true;
    s.fresh.push_back(run(20 + i, 0.5e5));
    s.fresh.back().embedded = true;
    s.fresh.back().machine["cpu"] = "Another";
  }
  const AbRecord record = record_of(s);
  EXPECT_THAT(record.advisory, IsEmpty());
  const AbJudgement judgement = judge(record);
  EXPECT_NEAR(judgement.metrics[0].change.value(), -0.2, 0.01);
  EXPECT_EQ(judgement.verdict, AbVerdict::regressed);
}

TEST(StoredComparison, UnlikePlansAreNamed) {
  Sides s = sides(10, 0.5, 0.01, true);
  for (StoredResult& result : s.fresh) result.load["plan connections"] = "200";
  EXPECT_THAT(record_of(s).advisory, HasSubstr("the plans differ (plan connections)"));
}

TEST(StoredComparison, AUrlMayDifferAndIsListed) {
  Sides s = sides(10, 0.95, 0.02, true);
  for (StoredResult& result : s.fresh) result.other["url"] = "ws://127.0.0.1:9002/";
  const AbRecord record = record_of(s);
  EXPECT_THAT(record.advisory, IsEmpty());
  EXPECT_EQ(record.differences.size(), 1u);
}

TEST(StoredComparison, ARunThatIsNotValidMakesTheComparisonSo) {
  Sides s = sides(10, 1, 0.01, true);
  s.base[3].invalid = "run.json is not valid: interrupted";
  EXPECT_EQ(judge(record_of(s)).verdict, AbVerdict::not_valid);
}

TEST(StoredComparison, ResultsOfDifferentScenariosAreAnError) {
  Sides s = sides(2, 1, 0.01, true);
  s.fresh[1].scenario = "firehose";
  const auto record = compare_stored(s.base, s.fresh, {});
  ASSERT_FALSE(record.ok());
  EXPECT_THAT(to_string(record.error()), HasSubstr("is of scenario \"firehose\""));
  EXPECT_FALSE(compare_stored({}, s.fresh, {}).ok());
}

TEST(StoredComparison, EveryBenchmarkOfBothSidesGates) {
  Sides s = sides(12, 1, 0.01, true);
  for (auto* side : {&s.base, &s.fresh}) {
    for (StoredResult& result : *side) {
      result.kind = StoredResult::Kind::google_benchmark;
      result.values = {{"mask/avx2/64", side == &s.base ? 10.0 : 11.0}, {"mask/scalar/64", 30.0}};
      if (side == &s.fresh) result.values["mask/new/64"] = 1;
    }
  }
  const AbRecord record = record_of(s);
  ASSERT_EQ(record.metrics.size(), 2u);
  EXPECT_EQ(record.differences[0].what, "mask/new/64");
  const AbJudgement judgement = judge(record);
  EXPECT_EQ(judgement.metrics[0].verdict, AbVerdict::regressed);
  EXPECT_EQ(judgement.metrics[1].verdict, AbVerdict::ok);
}

TEST(MachineClass, IsAFolderName) {
  StoredResult result = run(0, 1);
  result.machine = {{"cpu", "AMD EPYC (tm) ../x"}, {"cores", "2"}, {"kernel", "6.18.44-fc-v669"}};
  EXPECT_EQ(machine_class(result), "amd-epyc-tm-..-x-2-cores-linux-6.18");
  EXPECT_EQ(folder_name("../.."), "unknown");
  EXPECT_EQ(folder_name(".."), "unknown");
}

}  // namespace
}  // namespace ringstorm
