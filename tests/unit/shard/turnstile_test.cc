// When a closed loop may send: each row is a time, and what the turnstile says of it.
#include "shard/turnstile.h"

#include <vector>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

constexpr Instant at(std::int64_t ms) {
  return Instant{seconds(100) + milliseconds(ms)};
}

std::vector<StageSpan> two_spans() {
  return {{.name = "1", .begin = milliseconds(10), .end = milliseconds(20)},
          {.name = "2", .begin = milliseconds(40), .end = milliseconds(50)}};
}

TEST(Turnstile, WithoutSpansItIsAlwaysOpen) {
  Turnstile turnstile({});
  EXPECT_TRUE(turnstile.is_open());
  turnstile.start(at(0));
  EXPECT_FALSE(turnstile.moves_to(at(1'000'000))) << "nothing begins";
  EXPECT_TRUE(turnstile.is_open());
  EXPECT_EQ(turnstile.opened_at(), at(0));
  EXPECT_EQ(turnstile.next(), kNever);
}

TEST(Turnstile, OpensAndClosesWithItsSpans) {
  const std::vector<StageSpan> spans = two_spans();
  Turnstile turnstile(spans);
  EXPECT_FALSE(turnstile.is_open());
  turnstile.start(at(0));
  const struct {
    std::int64_t ms;
    bool begins;
    bool is_open;
    Instant next;
  } rows[] = {
      {0, false, false, at(10)},  {9, false, false, at(10)}, {10, true, true, at(40)},
      {11, false, true, at(40)},  {19, false, true, at(40)}, {20, false, false, at(40)},
      {39, false, false, at(40)}, {41, true, true, kNever},  {50, false, false, kNever},
      {99, false, false, kNever},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(turnstile.moves_to(at(row.ms)), row.begins) << row.ms;
    EXPECT_EQ(turnstile.is_open(), row.is_open) << row.ms;
    EXPECT_EQ(turnstile.next(), row.next) << row.ms;
  }
  EXPECT_EQ(turnstile.opened_at(), at(40)) << "when the span began, not when somebody looked";
}

TEST(Turnstile, ALoopThatSleptThroughASpanIsTooLateForIt) {
  const std::vector<StageSpan> spans = two_spans();
  Turnstile turnstile(spans);
  turnstile.start(at(0));
  EXPECT_FALSE(turnstile.moves_to(at(30)));
  EXPECT_FALSE(turnstile.is_open());
  EXPECT_EQ(turnstile.next(), at(40));
}

TEST(Turnstile, ALoopThatSleptFromOneSpanIntoTheNextIsInTheNext) {
  const std::vector<StageSpan> spans = two_spans();
  Turnstile turnstile(spans);
  turnstile.start(at(0));
  EXPECT_TRUE(turnstile.moves_to(at(12)));
  EXPECT_TRUE(turnstile.moves_to(at(45)));
  EXPECT_EQ(turnstile.opened_at(), at(40));
}

}  // namespace
}  // namespace ringstorm
