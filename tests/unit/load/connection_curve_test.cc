#include "load/connection_curve.h"

#include <vector>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

const std::vector<ConnectionStage> kStages{
    {200, seconds(1)}, {200, seconds(1)}, {50, seconds(2)}, {100, seconds(1)}};

TEST(ConnectionCurve, HoldsWhatItBeganWithWithoutStages) {
  const ConnectionCurve curve(7, {});
  EXPECT_EQ(curve.count_at(Duration{0}), 7U);
  EXPECT_EQ(curve.count_at(seconds(1'000'000)), 7U);
  EXPECT_EQ(curve.next_change(Duration{0}), Duration::max());
  EXPECT_EQ(curve.most(), 7U);
  EXPECT_EQ(curve.opened(), 7U);
}

TEST(ConnectionCurve, GrowsHoldsAndShrinks) {
  const ConnectionCurve curve(100, kStages);
  const struct {
    Duration at;
    std::uint64_t count;
  } rows[] = {
      {seconds(-1), 100},  // before the start
      {Duration{0}, 101},  // the first comes at once
      {milliseconds(10) - nanoseconds(1), 101},
      {milliseconds(10), 102},
      {milliseconds(999), 200},    // the last before the stage's end
      {milliseconds(1'500), 200},  // held
      {seconds(2), 199},           // the first goes at once
      {milliseconds(3'999), 50},
      {milliseconds(4'500), 76},
      {seconds(99), 100},  // and that is how it stays
  };
  for (const auto& row : rows) EXPECT_EQ(curve.count_at(row.at), row.count) << row.at.count();
  EXPECT_EQ(curve.most(), 200U);
  EXPECT_EQ(curve.opened(), 250U) << "those that came back are opened anew";
}

// Walking from change to change meets every single one.
TEST(ConnectionCurve, SaysWhenItChangesNext) {
  const ConnectionCurve curve(100, kStages);
  Duration at = seconds(-1);
  std::uint64_t changes = 0;
  while (curve.next_change(at) != Duration::max()) {
    const Duration next = curve.next_change(at);
    ASSERT_GT(next, at);
    ASSERT_EQ(curve.opened_by(next) + curve.closed_by(next), curve.opened_by(at) + curve.closed_by(at) + 1);
    ASSERT_EQ(curve.count_at(next - nanoseconds(1)), curve.count_at(at));
    at = next;
    ++changes;
  }
  EXPECT_EQ(changes, 100U + 150U + 50U);
}

}  // namespace
}  // namespace ringstorm
