// The state machine as tables: every command and every kind of frame in every state.
#include "connection/connection.h"

#include <algorithm>
#include <optional>

#include <gtest/gtest.h>

#include "unit/codec/bytes.h"
#include "unit/connection/masked_frames.h"

namespace ringstorm {
namespace {

using State = ConnectionState;
using Kind = ConnectionEvent::Kind;
using test::Bytes;
using test::hex;
using test::to_text;

// The states, with `closing` on both sides of our close frame's leaving.
enum class Standing {
  idle,
  connecting,
  establishing,
  upgrading,
  open,
  close_due,
  close_sent,
  lingering,
  finishing,
  finished,  ///< finishing, and the last close frame has gone
  ended,
};

constexpr Standing kStandings[] = {Standing::idle,       Standing::connecting, Standing::establishing,
                                   Standing::upgrading,  Standing::open,       Standing::close_due,
                                   Standing::close_sent, Standing::lingering,  Standing::finishing,
                                   Standing::finished,   Standing::ended};

/// A connection with what it needs around it.
class Rig {
 public:
  ConnectionEvent receive(std::span<std::byte>& input) { return connection.next(input, rules, pong); }
  ConnectionEvent receive(const char* bytes) {
    input_ = hex(bytes);
    rest = input_;
    return receive(rest);
  }
  Bytes write(std::size_t room = 300, std::string_view reason = {}) {
    Bytes out(room);
    out.resize(connection.write_control(out, random, pong, pongs, reason));
    return out;
  }

  Connection connection;
  DecoderRules rules;
  SeldomUsed pong{};
  std::uint64_t pongs = 0;
  std::span<std::byte> rest;  ///< what receive() left of its bytes
  SecureRandom random;

 private:
  Bytes input_;
};

void bring_to(Rig& rig, Standing standing) {
  Connection& connection = rig.connection;
  if (standing == Standing::idle) return;
  connection.begin_connect();
  if (standing == Standing::connecting) return;
  connection.connected();
  if (standing == Standing::establishing) return;
  connection.established();
  if (standing == Standing::upgrading) return;
  connection.upgraded();
  if (standing == Standing::open) return;
  if (standing == Standing::finishing || standing == Standing::finished) {
    rig.receive("83 00");
    if (standing == Standing::finished) rig.write();
    return;
  }
  if (standing == Standing::ended) return connection.end();
  connection.begin_close(1000);
  if (standing == Standing::close_due) return;
  rig.write();
  if (standing == Standing::lingering) rig.receive("88 02 03 e8");
}

struct CommandRow {
  Standing from;
  // The state each command leads to; nothing where it is a bug that aborts.
  std::optional<State> begin_connect;
  std::optional<State> connected;
  std::optional<State> established;
  std::optional<State> upgraded;
  std::optional<State> begin_close;
};

constexpr auto kNo = std::nullopt;
constexpr CommandRow kCommands[] = {
    // from                 begin_connect      connected         established     upgraded     begin_close
    {Standing::idle, State::connecting, kNo, kNo, kNo, kNo},
    {Standing::connecting, kNo, State::establishing, kNo, kNo, kNo},
    {Standing::establishing, kNo, kNo, State::upgrading, kNo, kNo},
    {Standing::upgrading, kNo, kNo, kNo, State::open, kNo},
    {Standing::open, kNo, kNo, kNo, kNo, State::closing},
    {Standing::close_due, kNo, kNo, kNo, kNo, kNo},
    {Standing::close_sent, kNo, kNo, kNo, kNo, kNo},
    {Standing::lingering, kNo, kNo, kNo, kNo, kNo},
    {Standing::finishing, kNo, kNo, kNo, kNo, kNo},
    {Standing::finished, kNo, kNo, kNo, kNo, kNo},
    {Standing::ended, kNo, kNo, kNo, kNo, kNo},
};

template <class Command>
void expect_move(Standing from, std::optional<State> to, Command command) {
  Rig rig;
  bring_to(rig, from);
  if (to) {
    command(rig.connection);
    EXPECT_EQ(rig.connection.state(), *to) << "from " << static_cast<int>(from);
  } else {
    EXPECT_DEATH(command(rig.connection), "state_ ==") << "from " << static_cast<int>(from);
  }
}

TEST(ConnectionDeathTest, EveryCommandInEveryStateMovesOrAborts) {
  static_assert(std::size(kCommands) == std::size(kStandings));
  for (const CommandRow& row : kCommands) {
    expect_move(row.from, row.begin_connect, [](Connection& c) { c.begin_connect(); });
    expect_move(row.from, row.connected, [](Connection& c) { c.connected(); });
    expect_move(row.from, row.established, [](Connection& c) { c.established(); });
    expect_move(row.from, row.upgraded, [](Connection& c) { c.upgraded(); });
    expect_move(row.from, row.begin_close, [](Connection& c) { c.begin_close(1000); });
  }
}

TEST(Connection, IsFinishedOnceTcpIsUpAndOwesNothingThen) {
  for (const Standing from : kStandings) {
    Rig rig;
    bring_to(rig, from);
    if (from < Standing::establishing || from == Standing::ended) {
      EXPECT_DEATH(rig.connection.finish(), "state_ >=") << static_cast<int>(from);
      continue;
    }
    if (from == Standing::open || from == Standing::close_due) rig.receive("89 01 70");
    rig.connection.finish();
    EXPECT_EQ(rig.connection.state(), State::finishing);
    EXPECT_EQ(rig.write(), Bytes{}) << "from " << static_cast<int>(from);
  }
}

TEST(Connection, EndsFromEveryStateAndOwesNothingThen) {
  for (const Standing from : kStandings) {
    Rig rig;
    bring_to(rig, from);
    if (from == Standing::open || from == Standing::close_due) rig.receive("89 01 70");
    rig.connection.end();
    EXPECT_EQ(rig.connection.state(), State::ended);
    EXPECT_FALSE(rig.connection.has_control());
    EXPECT_EQ(rig.write(), Bytes{}) << "from " << static_cast<int>(from);
  }
}

TEST(Connection, SendsDataOnlyWhileOpen) {
  for (const Standing standing : kStandings) {
    Rig rig;
    bring_to(rig, standing);
    EXPECT_EQ(rig.connection.may_send(), standing == Standing::open) << static_cast<int>(standing);
  }
}

struct FrameRow {
  Standing from;
  const char* frame;
  Kind kind;
  State state;
  const char* due;  ///< the control frames that are written then, unmasked
};

constexpr const char* kText = "81 02 68 69";
constexpr const char* kPing = "89 01 70";
constexpr const char* kPong = "8a 01 70";
constexpr const char* kClose1001 = "88 02 03 e9";
constexpr const char* kCloseWithoutCode = "88 00";
constexpr const char* kReservedOpcode = "83 00";

constexpr FrameRow kFrames[] = {
    {Standing::open, kText, Kind::data, State::open, ""},
    {Standing::open, kPing, Kind::control, State::open, "8a 01 70"},
    {Standing::open, kPong, Kind::pong, State::open, ""},
    // The peer closes: its code goes back, and none when it gave none.
    {Standing::open, kClose1001, Kind::failed, State::finishing, "88 02 03 e9"},
    {Standing::open, kCloseWithoutCode, Kind::failed, State::finishing, "88 00"},
    {Standing::open, kReservedOpcode, Kind::failed, State::finishing, "88 02 03 ea"},

    // Replies still count while our close frame waits, and a pong goes before it.
    {Standing::close_due, kText, Kind::data, State::closing, "88 02 03 e8"},
    {Standing::close_due, kPing, Kind::control, State::closing, "8a 01 70  88 02 03 e8"},
    {Standing::close_due, kPong, Kind::pong, State::closing, "88 02 03 e8"},
    // Both began at once: ours answers theirs.
    {Standing::close_due, kClose1001, Kind::closed, State::lingering, "88 02 03 e8"},
    {Standing::close_due, kCloseWithoutCode, Kind::closed, State::lingering, "88 02 03 e8"},
    // A violation has its own code, and it is not too late to say it.
    {Standing::close_due, kReservedOpcode, Kind::failed, State::finishing, "88 02 03 ea"},

    // After our close frame no second one.
    {Standing::close_sent, kText, Kind::data, State::closing, ""},
    // RFC 6455 5.5.2: a ping is answered until the peer's close has come.
    {Standing::close_sent, kPing, Kind::control, State::closing, "8a 01 70"},
    {Standing::close_sent, kPong, Kind::pong, State::closing, ""},
    {Standing::close_sent, kClose1001, Kind::closed, State::lingering, ""},
    {Standing::close_sent, kCloseWithoutCode, Kind::closed, State::lingering, ""},
    {Standing::close_sent, kReservedOpcode, Kind::failed, State::finishing, ""},
};

TEST(Connection, EveryFrameInEveryListeningState) {
  for (const FrameRow& row : kFrames) {
    SCOPED_TRACE(testing::Message() << row.frame << " at " << static_cast<int>(row.from));
    Rig rig;
    bring_to(rig, row.from);
    EXPECT_EQ(rig.receive(row.frame).kind, row.kind);
    EXPECT_EQ(rig.connection.state(), row.state);
    EXPECT_EQ(rig.receive(rig.rest).kind, Kind::need_more) << "one frame, one event";
    EXPECT_TRUE(rig.rest.empty());
    EXPECT_EQ(rig.connection.has_control(), *row.due != '\0');
    EXPECT_EQ(test::unmasked_hex(rig.write()), row.due);
    EXPECT_FALSE(rig.connection.has_control());
    EXPECT_EQ(rig.write(), Bytes{}) << "each frame once";
  }
}

TEST(Connection, DropsEverythingInEveryOtherState) {
  for (const Standing standing :
       {Standing::idle, Standing::connecting, Standing::upgrading, Standing::lingering, Standing::finishing,
        Standing::finished, Standing::ended}) {
    for (const char* frame : {kText, kPing, kPong, kClose1001, kCloseWithoutCode, kReservedOpcode}) {
      SCOPED_TRACE(testing::Message() << frame << " at " << static_cast<int>(standing));
      Rig rig;
      bring_to(rig, standing);
      const State before = rig.connection.state();
      EXPECT_EQ(rig.receive(frame).kind, Kind::need_more);
      EXPECT_TRUE(rig.rest.empty());
      EXPECT_EQ(rig.connection.state(), before);
      EXPECT_EQ(test::unmasked_hex(rig.write()), standing == Standing::finishing ? "88 02 03 ea" : "");
    }
  }
}

TEST(Connection, DropsWhatFollowsTheEndInTheSameBytes) {
  for (const Standing standing : {Standing::open, Standing::close_due, Standing::close_sent}) {
    for (const char* last : {"88 02 03 e9  81 02 68 69  89 01 70", "83 00  81 02 68 69  89 01 70"}) {
      Rig rig;
      bring_to(rig, standing);
      const Kind kind = rig.receive(last).kind;
      EXPECT_TRUE(kind == Kind::closed || kind == Kind::failed);
      EXPECT_EQ(rig.receive(rig.rest).kind, Kind::need_more);
      EXPECT_TRUE(rig.rest.empty());
    }
  }
}

TEST(Connection, GivesDataInPieces) {
  Rig rig;
  bring_to(rig, Standing::open);
  ConnectionEvent event = rig.receive("81 05 48 65 6c");
  EXPECT_EQ(event.kind, Kind::data);
  EXPECT_EQ(to_text(event.bytes), "Hel");
  EXPECT_FALSE(event.message_end);
  EXPECT_EQ(rig.receive(rig.rest).kind, Kind::need_more);
  event = rig.receive("6c 6f 82 01");
  EXPECT_EQ(to_text(event.bytes), "lo");
  EXPECT_TRUE(event.message_end);
  EXPECT_EQ(rig.receive(rig.rest).kind, Kind::need_more);
  EXPECT_EQ(rig.receive("07").bytes.size(), 1U);
}

TEST(Connection, SaysWhyThePeerClosed) {
  Rig rig;
  bring_to(rig, Standing::open);
  const ConnectionEvent event = rig.receive("88 05 0f a0 62 79 65");
  EXPECT_EQ(event.kind, Kind::failed);
  EXPECT_EQ(event.failure, (Failure{Cause::closed_by_server, 4000}));
  EXPECT_EQ(to_text(event.bytes), "bye");
  EXPECT_EQ(test::unmasked_hex(rig.write()), "88 02 0f a0") << "the code alone goes back";
}

TEST(Connection, CountsACloseWithoutACodeAs1005) {
  Rig rig;
  bring_to(rig, Standing::open);
  EXPECT_EQ(rig.receive("88 00").failure, (Failure{Cause::closed_by_server, 1005}));
}

TEST(Connection, BeginsTheCloseWithTheCodeGiven) {
  Rig rig;
  bring_to(rig, Standing::open);
  rig.connection.begin_close(1001);
  EXPECT_EQ(test::unmasked_hex(rig.write()), "88 02 03 e9");
}

TEST(Connection, GivesAReasonWithACloseOfItsOwnAlone) {
  Rig rig;
  bring_to(rig, Standing::open);
  rig.connection.begin_close(4000);
  EXPECT_EQ(test::unmasked_hex(rig.write(300, "bye")), "88 05 0f a0 62 79 65");
  EXPECT_EQ(rig.receive("88 02 0f a1").close_code, 4001U);
  Rig closed;
  bring_to(closed, Standing::open);
  closed.receive("88 02 0f a0");
  EXPECT_EQ(test::unmasked_hex(closed.write(300, "bye")), "88 02 0f a0");
}

struct ViolationRow {
  const char* bytes;
  Cause cause;
  const char* close;
};

TEST(Connection, FailsEachViolationWithItsCloseCode) {
  // RFC 6455 section 7.4.1: 1002 (03 ea) protocol error, 1007 (03 ef) bad text, 1009 (03 f1) too big.
  constexpr ViolationRow kRows[] = {
      {"81 82 00 00 00 00 68 69", Cause::masked_frame, "88 02 03 ea"},
      {"c1 01 61", Cause::reserved_bit, "88 02 03 ea"},
      {"83 00", Cause::reserved_opcode, "88 02 03 ea"},
      {"82 7e 00 05", Cause::overlong_length, "88 02 03 ea"},
      {"82 7f 80 00 00 00 00 00 00 00", Cause::impossible_length, "88 02 03 ea"},
      {"09 00", Cause::fragmented_control, "88 02 03 ea"},
      {"89 7e 00 7e", Cause::oversized_control, "88 02 03 ea"},
      {"80 00", Cause::unexpected_continuation, "88 02 03 ea"},
      {"88 01 03", Cause::malformed_close, "88 02 03 ea"},
      {"88 02 03 ed", Cause::malformed_close, "88 02 03 ea"},
      {"88 03 03 e8 ff", Cause::invalid_utf8, "88 02 03 ef"},
      {"81 01 ff", Cause::invalid_utf8, "88 02 03 ef"},
      {"82 05", Cause::message_too_large, "88 02 03 f1"},
  };
  for (const ViolationRow& row : kRows) {
    Rig rig;
    rig.rules.max_message_bytes = 4;
    bring_to(rig, Standing::open);
    const ConnectionEvent event = rig.receive(row.bytes);
    EXPECT_EQ(event.kind, Kind::failed) << row.bytes;
    EXPECT_EQ(event.failure.cause, row.cause) << row.bytes;
    EXPECT_EQ(test::unmasked_hex(rig.write()), row.close) << row.bytes;
  }
}

TEST(ConnectionPong, CarriesACopyOfThePing) {
  Rig rig;
  bring_to(rig, Standing::open);
  Bytes bytes = hex("89 05 48 65 6c 6c 6f");
  std::span<std::byte> input(bytes);
  rig.receive(input);
  std::fill(bytes.begin(), bytes.end(), std::byte{0xAA});
  EXPECT_EQ(test::unmasked_hex(rig.write()), "8a 05 48 65 6c 6c 6f");
  EXPECT_EQ(rig.pongs, 1U);
}

TEST(ConnectionPong, AnswersTheLatestOfSeveralPings) {
  Rig rig;
  bring_to(rig, Standing::open);
  rig.receive("89 03 61 62 63  89 01 64");
  rig.receive(rig.rest);
  EXPECT_EQ(test::unmasked_hex(rig.write()), "8a 01 64");
  EXPECT_EQ(rig.pongs, 1U);
  rig.receive("89 00");
  EXPECT_EQ(test::unmasked_hex(rig.write()), "8a 00");
  EXPECT_EQ(rig.pongs, 2U);
}

TEST(ConnectionPong, IsDroppedWhenTheConnectionFails) {
  Rig rig;
  bring_to(rig, Standing::open);
  rig.receive("89 01 70  83 00");
  rig.receive(rig.rest);
  EXPECT_EQ(test::unmasked_hex(rig.write()), "88 02 03 ea");
  EXPECT_EQ(rig.pongs, 0U);
}

TEST(ConnectionPong, IsNotOwedOnceThePeerHasClosed) {
  for (const Standing standing : {Standing::close_due, Standing::close_sent}) {
    Rig rig;
    bring_to(rig, standing);
    rig.receive("89 01 70  88 02 03 e8");
    EXPECT_EQ(rig.receive(rig.rest).kind, Kind::closed);
    EXPECT_EQ(test::unmasked_hex(rig.write()), standing == Standing::close_due ? "88 02 03 e8" : "");
  }
}

TEST(ConnectionControl, IsMaskedWithAFreshKeyEachTime) {
  Rig rig;
  bring_to(rig, Standing::open);
  rig.receive("89 01 70");
  const Bytes pong = rig.write();
  ASSERT_EQ(pong.size(), 7U);
  EXPECT_EQ(pong[1], std::byte{0x81}) << "the mask bit and the length";
  rig.receive("89 01 70");
  // Equal keys come once in four thousand million times.
  EXPECT_NE(test::first_frame(pong)->key, test::first_frame(rig.write())->key);
}

TEST(ConnectionControl, WaitsForRoomForAWholeFrame) {
  Rig rig;
  bring_to(rig, Standing::open);
  rig.connection.begin_close(1000);
  for (std::size_t room = 0; room < 8; ++room) EXPECT_EQ(rig.write(room), Bytes{}) << room;
  EXPECT_TRUE(rig.connection.has_control());
  EXPECT_EQ(test::unmasked_hex(rig.write(8)), "88 02 03 e8");
}

TEST(ConnectionControl, LetsTheCloseFrameWaitForThePong) {
  Rig rig;
  bring_to(rig, Standing::open);
  Bytes ping = test::join({hex("89 7d"), Bytes(125, std::byte{'x'})});
  std::span<std::byte> input(ping);
  rig.receive(input);
  rig.connection.begin_close(1000);
  EXPECT_EQ(rig.write(130), Bytes{}) << "there is room for the close frame, but it must be the last";
  const Bytes pong = rig.write(131);
  ASSERT_EQ(pong.size(), 131U);
  EXPECT_EQ(test::first_frame(pong)->payload, Bytes(125, std::byte{'x'}));
  EXPECT_TRUE(rig.connection.has_control());
  EXPECT_EQ(test::unmasked_hex(rig.write()), "88 02 03 e8");
}

}  // namespace
}  // namespace ringstorm
