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

/// A session with the places that live outside of it. A message sent at some time was due 5 ns before.
struct Rig {
  explicit Rig(const Program& what) : program(what), places(what.expects_reply ? what.in_flight : 0) {}

  void sent(std::int64_t ns) { session.sent(program, places, at(ns - 5), at(ns)); }
  /// When the answered message was sent.
  std::optional<Instant> replied(std::int64_t now_ns = 0) {
    const auto answered = session.replied(program, places, at(now_ns));
    if (!answered) return std::nullopt;
    EXPECT_EQ(answered->intended, answered->since - nanoseconds(5));
    return answered->since;
  }
  std::uint32_t room() const { return session.room(program); }
  Instant room_since() const { return session.room_since(program, places); }
  std::vector<Instant> waiting() const {
    std::vector<Instant> sent;
    session.for_each_waiting(program, places, [&](const Place& place) { sent.push_back(place.since); });
    return sent;
  }

  Program program;
  std::vector<Place> places;
  Session session;
};

TEST(Session, HasRoomForAsManyAsItsProgramSays) {
  Rig rig(closed_loop(3));
  EXPECT_EQ(rig.room(), 3U);
  rig.sent(1);
  EXPECT_EQ(rig.room(), 2U);
  rig.sent(2);
  rig.sent(3);
  EXPECT_EQ(rig.room(), 0U);
  EXPECT_TRUE(rig.replied());
  EXPECT_EQ(rig.room(), 1U) << "a reply makes room for one";
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
  EXPECT_EQ(rig.room(), 2U);
}

TEST(Session, KnowsSinceWhenThereIsRoom) {
  Rig rig(closed_loop(2));
  EXPECT_EQ(rig.room_since(), Instant{}) << "since ever";
  rig.sent(10);
  rig.sent(20);
  EXPECT_TRUE(rig.replied(100));
  EXPECT_EQ(rig.room_since(), at(100));
  EXPECT_TRUE(rig.replied(130));
  EXPECT_EQ(rig.room_since(), at(100)) << "the first of two free places";
  rig.sent(140);
  EXPECT_EQ(rig.room_since(), at(130));
}

TEST(Session, ListsWhatIsUnansweredOldestFirst) {
  Rig rig(closed_loop(3));
  for (const std::int64_t ns : {10, 20, 30}) rig.sent(ns);
  EXPECT_TRUE(rig.replied());
  rig.sent(40);
  EXPECT_EQ(rig.waiting(), (std::vector{at(20), at(30), at(40)}));
}

// Against a queue, over many turns round the ring of times, with every depth up to 9.
TEST(Session, IsAQueueHoweverOftenItGoesRound) {
  for (std::uint32_t in_flight = 1; in_flight <= 9; ++in_flight) {
    Rig rig(closed_loop(in_flight));
    std::deque<Instant> oracle;
    Prng random{in_flight};
    for (std::int64_t ns = 0; ns < 1'000; ++ns) {
      ASSERT_EQ(rig.session.outstanding(), oracle.size());
      ASSERT_EQ(rig.room(), in_flight - oracle.size());
      if (random.below(2) == 0 && rig.room() > 0) {
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

TEST(SessionWithoutReplies, AlwaysHasRoom) {
  Rig rig(without_replies());
  EXPECT_EQ(rig.room(), 4U);
  for (int i = 0; i < 100; ++i) rig.sent(i);
  EXPECT_EQ(rig.room(), 4U) << "however many went out";
  EXPECT_EQ(rig.room_since(), Instant{});
  EXPECT_TRUE(rig.waiting().empty());
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
