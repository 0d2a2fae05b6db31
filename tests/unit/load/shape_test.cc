#include "load/shape.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using Kind = Stage::Kind;

Stage steady(std::uint64_t per_second, Duration length) {
  return {.from = {per_second, seconds(1)}, .length = length};
}
Stage ramp(std::uint64_t from, std::uint64_t to, Duration length) {
  return {.kind = Kind::ramp, .from = {from, seconds(1)}, .to = {to, seconds(1)}, .length = length};
}
Stage burst(std::uint64_t messages, Duration every, Duration length) {
  return {.kind = Kind::burst, .burst = messages, .every = every, .length = length};
}

LoadShape shape_of(const std::vector<Stage>& stages) {
  return LoadShape(stages);
}

struct Case {
  const char* what;
  std::vector<Stage> stages;
  std::uint64_t message;
  Duration due;  ///< Duration::max(): never
};

const Case kCases[] = {
    {"the first is due at the start", {steady(1'000, seconds(1))}, 0, Duration{0}},
    {"the second one period later", {steady(1'000, seconds(1))}, 1, milliseconds(1)},
    {"the last before the end", {steady(1'000, seconds(1))}, 999, milliseconds(999)},
    {"the end itself is outside", {steady(1'000, seconds(1))}, 1'000, Duration::max()},
    {"a third of a second, rounded down", {steady(3, seconds(1))}, 1, nanoseconds(333'333'333)},
    {"a second stage goes on from the first",
     {steady(10, seconds(1)), steady(2, seconds(1))},
     11,
     milliseconds(1'500)},
    {"half a message of the stage before counts",
     {steady(1, milliseconds(1'500)), steady(1, seconds(9))},
     2,
     seconds(2)},
    {"a ramp from nothing: t = sqrt(2 k / a)", {ramp(0, 200, seconds(10))}, 10, seconds(1)},
    {"and its last", {ramp(0, 200, seconds(10))}, 1'000, Duration::max()},
    {"a ramp down", {ramp(20, 0, seconds(1))}, 5, Duration{292'893'218}},
    {"silence, then the next stage's first", {steady(0, seconds(5)), steady(10, seconds(1))}, 0, seconds(5)},
    {"silence for ever", {steady(1, seconds(1)), steady(0, seconds(5))}, 1, Duration::max()},
    {"a burst is due all at once", {burst(100, seconds(1), seconds(3))}, 99, Duration{0}},
    {"the next burst", {burst(100, seconds(1), seconds(3))}, 100, seconds(1)},
    {"no burst at the end", {burst(100, seconds(1), seconds(3))}, 300, Duration::max()},
    {"a burst begun is a burst",
     {burst(100, seconds(2), seconds(3)), steady(1, seconds(1))},
     200,
     seconds(3)},
};

TEST(LoadShape, SaysWhenEachMessageIsDue) {
  for (const Case& c : kCases) {
    const Duration due = shape_of(c.stages).due_at({c.message, 0});
    EXPECT_LE(std::abs((due - c.due).count()), c.stages[0].kind == Kind::ramp ? 1 : 0) << c.what;
  }
}

// What a schedule that adds up periods would have lost: an hour at 50,000/s, and a rate without a whole
// period.
TEST(LoadShape, DoesNotDriftOverAnHour) {
  const LoadShape even = shape_of({steady(50'000, seconds(7'200))});
  EXPECT_EQ(even.due_at({180'000'000, 0}), seconds(3'600));
  EXPECT_EQ(even.due_at({180'000'001, 0}), seconds(3'600) + microseconds(20));
  const LoadShape uneven = shape_of({steady(49'999, seconds(7'200))});
  for (const std::uint64_t second : {1U, 60U, 3600U, 7199U})
    EXPECT_EQ(uneven.due_at({49'999 * second, 0}), seconds(static_cast<std::int64_t>(second)));
  EXPECT_EQ(uneven.count_before(seconds(3'600)), 49'999U * 3'600U);
}

TEST(LoadShape, DoesNotDriftInADecade) {
  const LoadShape shape = shape_of({{.from = {7'000'003, seconds(1)}, .length = Duration::max()}});
  constexpr std::int64_t kDecade = 10LL * 365 * 24 * 3'600;
  EXPECT_EQ(shape.due_at({7'000'003ULL * kDecade, 0}), seconds(kDecade));
}

const std::vector<std::vector<Stage>> kShapes = {
    {steady(1'000, seconds(1))},
    {steady(3, milliseconds(777)), steady(7, milliseconds(1'001))},
    {ramp(0, 1'000, seconds(2)), steady(1'000, seconds(1)), ramp(1'000, 0, seconds(2))},
    {steady(0, seconds(1)), burst(7, milliseconds(130), seconds(1)), steady(0, milliseconds(10)),
     steady(99, seconds(1))},
    {ramp(10, 999, milliseconds(3'333)), burst(50, milliseconds(100), milliseconds(250)),
     ramp(5, 1, seconds(3))},
};

TEST(LoadShape, NeverGoesBackAndCountsWhatItSays) {
  for (const std::vector<Stage>& stages : kShapes) {
    const LoadShape shape = shape_of(stages);
    Duration last{0};
    for (std::uint64_t k = 0; shape.due_at({k, 0}) != Duration::max(); ++k) {
      const Duration due = shape.due_at({k, 0});
      ASSERT_GE(due, last);
      ASSERT_LE(shape.count_before(due), k);
      ASSERT_GT(shape.count_before(due + nanoseconds(1)), k);
      ASSERT_GE(shape.due_at({k, 0.5}), due);
      last = due;
    }
  }
}

TEST(LoadShape, SendsAsManyAsTheAreaUnderItsRate) {
  EXPECT_EQ(shape_of({steady(1'000, seconds(10))}).count_before(seconds(10)), 10'000U);
  EXPECT_EQ(shape_of({ramp(0, 1'000, seconds(10))}).count_before(seconds(10)), 5'000U);
  EXPECT_EQ(shape_of({ramp(1'000, 500, seconds(10))}).count_before(seconds(10)), 7'500U);
  EXPECT_EQ(shape_of({burst(20, milliseconds(100), seconds(10))}).count_before(seconds(10)), 2'000U);
  EXPECT_EQ(shape_of(kShapes[2]).count_before(seconds(60)), 3'000U);
  EXPECT_EQ(shape_of(kShapes[2]).count_before(Duration{0}), 0U);
}

TEST(Position, CarriesItsParts) {
  Position position{7, 0.75};
  position.advance(3.5);
  EXPECT_EQ(position.whole, 11U);
  EXPECT_DOUBLE_EQ(position.part, 0.25);
}

}  // namespace
}  // namespace ringstorm
