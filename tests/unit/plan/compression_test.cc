#include "plan/compression.h"

#include <set>

#include <gtest/gtest.h>

#include "codec/context_pool.h"
#include "plan/plan.h"

namespace ringstorm {
namespace {

constexpr std::uint64_t kKibibyte = 1024;

Scenario deflating(std::string url = "ws://127.0.0.1:9/") {
  Scenario scenario;
  scenario.url = std::move(url);
  scenario.deflate = true;
  scenario.shards = 1;
  return scenario;
}

Plan planned(const Scenario& scenario) {
  auto plan = make_plan(scenario, {.open_files = 20'000});
  EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : to_string(plan.error()));
  return plan.ok() ? *plan : Plan{};
}

TEST(CompressionPlan, OffersWhatTheScenarioSays) {
  EXPECT_FALSE(deflate_offer(Scenario{}));
  Scenario scenario = deflating();
  EXPECT_EQ(to_string(*deflate_offer(scenario)), "permessage-deflate; client_max_window_bits")
      << "as browsers do";
  scenario.client_max_window_bits = 0;
  scenario.server_no_context_takeover = true;
  scenario.server_max_window_bits = 9;
  EXPECT_EQ(to_string(*deflate_offer(scenario)),
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=9");
  const Plan plan = planned(scenario);
  EXPECT_EQ(plan.upgrade.deflate, deflate_offer(scenario));
}

TEST(PreparedMessageTest, IsWhatEachWindowMakesOfIt) {
  std::string message;
  for (int i = 0; message.size() < 40'000; ++i) message += "row " + std::to_string(i * i) + "; ";
  const PreparedMessage prepared(message, deflating(), {.client_max_window_bits = 15});
  std::set<std::string_view> forms;
  for (int bits = 8; bits <= 15; ++bits) {
    EXPECT_EQ(prepared.for_window(bits), deflate_message(message, {.window_bits = bits})) << bits;
    forms.insert(prepared.for_window(bits));
  }
  EXPECT_GT(forms.size(), 5U);
  EXPECT_GT(prepared.bytes(), forms.size() * 1000);
}

TEST(PreparedMessageTest, KeepsOnlyWhatDiffers) {
  const PreparedMessage small("hello hello hello", deflating(), {.client_max_window_bits = 15});
  for (int bits = 8; bits <= 15; ++bits)
    EXPECT_EQ(small.for_window(bits), deflate_message("hello hello hello", {.window_bits = bits})) << bits;
  EXPECT_LE(small.bytes(), 2 * small.for_window(15).size());
  const std::string large(100'000, 'x');
  const PreparedMessage unlimited(large, deflating(), {});
  EXPECT_EQ(unlimited.bytes(), unlimited.for_window(15).size()) << "the server may not limit it";
}

struct BudgetRow {
  const char* what;
  void (*set)(Scenario&);
  std::uint64_t least;  ///< KiB a connection
  std::uint64_t most;
};

// zconf.h: inflating takes 1 << bits and about 7 KB, compressing (1 << (bits + 2)) + (1 << (level + 9)) and
// about 6 KB.
TEST(CompressionPlan, CountsTheMemoryOfEveryConnection) {
  const BudgetRow rows[] = {
      {"an inflater", [](Scenario&) {}, 39, 42},
      {"a small inflater", [](Scenario& s) { s.server_max_window_bits = 9; }, 7, 10},
      {"both", [](Scenario& s) { s.keep_context = true; }, 39 + 256, 42 + 266},
      {"both small",
       [](Scenario& s) {
         s.keep_context = true;
         s.server_max_window_bits = s.client_max_window_bits = 10;
         s.deflate_memory_level = 1;
       },
       8 + 5, 11 + 14},
      {"what has holes is compressed on its way", [](Scenario& s) { s.payload_text = "{{sequence}}"; },
       39 + 256, 42 + 266},
      {"what is not compressed needs no compressor",
       [](Scenario& s) {
         s.keep_context = true;
         s.compress = false;
       },
       39, 42},
  };
  for (const BudgetRow& row : rows) {
    Scenario scenario = deflating();
    row.set(scenario);
    const CompressionBudget budget = compression_budget(scenario, 1000);
    EXPECT_GE(budget.total_bytes, 1000 * row.least * kKibibyte) << row.what;
    EXPECT_LE(budget.total_bytes, 1000 * row.most * kKibibyte) << row.what;
    EXPECT_EQ(budget.inflaters, 1000U);
  }
  EXPECT_EQ(compression_budget(Scenario{}, 1000).total_bytes, 0U);
}

TEST(CompressionPlan, AServerThatForgetsNeedsNoMemoryBetweenMessages) {
  Scenario scenario = deflating();
  scenario.server_no_context_takeover = true;
  EXPECT_LT(compression_budget(scenario, 100'000).total_bytes, 20'000 * kKibibyte);
  EXPECT_EQ(compression_budget(scenario, 100'000).inflaters, 100'000U) << "there is room for the worst case";
}

TEST(CompressionPlan, IsPartOfTheMemoryAndOfTheDescription) {
  Scenario scenario = deflating();
  scenario.keep_context = true;
  const Plan with = planned(scenario);
  scenario.deflate = false;
  const Plan without = planned(scenario);
  EXPECT_EQ(with.budget.total_bytes, without.budget.total_bytes + with.budget.compression_bytes);
  EXPECT_GT(with.memory_bytes, without.memory_bytes + 100 * 290 * kKibibyte);
  EXPECT_NE(describe(with).find(
                "permessage-deflate; client_max_window_bits offered, level 6, each message compressed"),
            std::string::npos)
      << describe(with);
  EXPECT_EQ(describe(without).find("deflate"), std::string::npos);
}

TEST(CompressionPlan, MoreThanThereIsIsRefused) {
  Scenario scenario = deflating();
  scenario.connections = 10'000;
  scenario.keep_context = true;
  EXPECT_FALSE(make_plan(scenario, {.open_files = 20'000, .available_memory_bytes = 1ULL << 30}).ok());
  const auto refused = make_plan(scenario, {.open_files = 20'000, .available_memory_bytes = 1ULL << 30});
  ASSERT_FALSE(refused.ok());
  scenario.connections = 3'300;  // about what is said to fit
  EXPECT_NE(refused.error().what.find(": 3,"), std::string::npos) << refused.error().what;
  EXPECT_TRUE(make_plan(scenario, {.open_files = 20'000, .available_memory_bytes = 1ULL << 30}).ok());
  scenario.connections = 10'000;
  scenario.keep_context = false;
  EXPECT_TRUE(make_plan(scenario, {.open_files = 20'000, .available_memory_bytes = 1ULL << 30}).ok());
}

}  // namespace
}  // namespace ringstorm
