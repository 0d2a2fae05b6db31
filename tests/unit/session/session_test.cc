#include "session/session.h"

#include <deque>
#include <vector>

#include <gtest/gtest.h>

#include "base/prng.h"

namespace ringstorm {
namespace {

Instant at(std::int64_t ns) {
  return Instant{nanoseconds(ns)};
}

Program closed_loop(std::uint32_t in_flight) {
  Program program;
  program.in_flight = in_flight;
  return program;
}

Program without_replies() {
  Program program = closed_loop(4);
  program.expects_reply = false;
  return program;
}

/// A session with the times that live outside of it.
struct Rig {
  explicit Rig(const Program& what) : program(what), times(what.expects_reply ? what.in_flight : 0) {}

  void sent(std::int64_t ns) { session.sent(program, times, at(ns)); }
  std::optional<Instant> replied() { return session.replied(program, times); }
  std::uint32_t due(bool sending = false) const { return session.due(program, sending); }

  Program program;
  std::vector<Instant> times;
  Session session;
};

TEST(Session, KeepsAsManyInFlightAsItsProgramSays) {
  Rig rig(closed_loop(3));
  EXPECT_EQ(rig.due(), 3U);
  rig.sent(1);
  EXPECT_EQ(rig.due(), 2U);
  rig.sent(2);
  rig.sent(3);
  EXPECT_EQ(rig.due(), 0U);
  EXPECT_TRUE(rig.replied());
  EXPECT_EQ(rig.due(), 1U) << "a closed loop: a reply makes room for one";
}

TEST(Session, AnswersInTheOrderOfSending) {
  Rig rig(closed_loop(3));
  for (const std::int64_t ns : {10, 20, 30}) rig.sent(ns);
  EXPECT_EQ(rig.replied(), at(10));
  rig.sent(40);
  EXPECT_EQ(rig.replied(), at(20));
  EXPECT_EQ(rig.replied(), at(30));
  EXPECT_EQ(rig.replied(), at(40));
}

TEST(Session, KnowsAMessageThatAnswersNothing) {
  Rig rig(closed_loop(2));
  EXPECT_EQ(rig.replied(), std::nullopt);
  rig.sent(1);
  EXPECT_EQ(rig.replied(), at(1));
  EXPECT_EQ(rig.replied(), std::nullopt);
  EXPECT_EQ(rig.session.outstanding(), 0U);
  EXPECT_EQ(rig.due(), 2U);
}

TEST(Session, AwaitsRepliesWhetherItIsSendingOrNot) {
  Rig rig(closed_loop(2));
  EXPECT_EQ(rig.due(true), 2U);
  rig.sent(1);
  EXPECT_EQ(rig.due(true), 1U);
}

// Against a queue, over many turns round the ring of times, with every depth up to 9.
TEST(Session, IsAQueueHoweverOftenItGoesRound) {
  for (std::uint32_t in_flight = 1; in_flight <= 9; ++in_flight) {
    Rig rig(closed_loop(in_flight));
    std::deque<Instant> oracle;
    Prng random{in_flight};
    for (std::int64_t ns = 0; ns < 1'000; ++ns) {
      ASSERT_EQ(rig.session.outstanding(), oracle.size());
      ASSERT_EQ(rig.due(), in_flight - oracle.size());
      if (random.below(2) == 0 && rig.due() > 0) {
        rig.sent(ns);
        oracle.push_back(at(ns));
      } else if (oracle.empty()) {
        ASSERT_EQ(rig.replied(), std::nullopt);
      } else {
        ASSERT_EQ(rig.replied(), oracle.front());
        oracle.pop_front();
      }
    }
  }
}

TEST(SessionWithoutReplies, SendsWhenNothingIsOnItsWayOut) {
  Rig rig(without_replies());
  EXPECT_EQ(rig.due(false), 4U);
  EXPECT_EQ(rig.due(true), 0U);
  for (int i = 0; i < 100; ++i) rig.sent(i);
  EXPECT_EQ(rig.due(false), 4U) << "however many went out";
  EXPECT_EQ(rig.due(true), 0U);
}

TEST(SessionWithoutReplies, CountsWhatItSentAndMatchesNothing) {
  Rig rig(without_replies());
  for (int i = 0; i < 100; ++i) rig.sent(i);
  EXPECT_EQ(rig.session.outstanding(), 100U);
  EXPECT_EQ(rig.replied(), std::nullopt);
  EXPECT_EQ(rig.session.outstanding(), 100U);
}

#ifndef NDEBUG
TEST(SessionDeathTest, NeverHasMoreInFlightThanThereIsRoomFor) {
  Rig rig(closed_loop(1));
  rig.sent(1);
  EXPECT_DEATH(rig.sent(2), "in_flight");
}
#endif

}  // namespace
}  // namespace ringstorm
