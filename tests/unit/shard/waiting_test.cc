// The waiting policies as a table.
#include "shard/waiting.h"

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

struct Row {
  const char* why;
  Waiting policy;
  std::uint32_t completions;  // asked for before the policy
  std::uint64_t connections;
  std::uint32_t expected_completions;
  Duration expected_delay;
};

TEST(WithPolicy, FollowsTheTable) {
  constexpr Duration kDelay = microseconds(20);
  const Row rows[] = {
      {"first leaves the wait alone", Waiting::first, 1, 1000, 1, Duration{0}},
      {"spin never sleeps", Waiting::spin, 1, 1000, 0, Duration{0}},
      {"batch waits for a batch", Waiting::batch, 1, 1000, kBatchCompletions, kDelay},
      {"batch waits for a share of the connections", Waiting::batch, 1, 30, 5, kDelay},
      {"batch is first where there are few", Waiting::batch, 1, 11, 1, kDelay},
      {"batch with nobody left still waits for one", Waiting::batch, 1, 0, 1, kDelay},
      {"a poll stays a poll", Waiting::batch, 0, 1000, 0, Duration{0}},
  };
  for (const Row& row : rows) {
    const Wait wait = with_policy(Wait{.completions = row.completions}, row.policy, kDelay, row.connections);
    EXPECT_EQ(wait.completions, row.expected_completions) << row.why;
    EXPECT_EQ(wait.at_most_after_first, row.expected_delay) << row.why;
    EXPECT_EQ(wait.until, kNever) << row.why;
  }
}

}  // namespace
}  // namespace ringstorm
