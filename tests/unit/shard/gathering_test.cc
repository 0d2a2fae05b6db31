#include "shard/gathering.h"

#include <gtest/gtest.h>

#include "shard/echoes.h"

namespace ringstorm {
namespace {

ConnectionEvent piece(std::string& bytes, bool start, bool end, Opcode opcode = Opcode::text) {
  ConnectionEvent event;
  event.kind = ConnectionEvent::Kind::data;
  event.opcode = opcode;
  event.message_start = start;
  event.message_end = end;
  event.bytes = std::as_writable_bytes(std::span(bytes));
  return event;
}

TEST(Gathering, HandsAMessageInOnePieceOnWhereItIs) {
  Gathering gathering(2, 0, 0);
  std::string text = "hello";
  EXPECT_EQ(gathering.take(1, piece(text, true, true, Opcode::binary), true), Cause::none);
  const HeardMessage message = gathering.message(1);
  EXPECT_EQ(message.text().data(), text.data());
  EXPECT_EQ(message.size, 5U);
  EXPECT_EQ(message.opcode, Opcode::binary);
  EXPECT_TRUE(message.has_bytes);
}

TEST(Gathering, PutsPiecesTogetherThatAreLookedAt) {
  Gathering gathering(2, 2, 8);
  std::string a = "one ", b = "two", c = "x", none;
  EXPECT_EQ(gathering.take(0, piece(a, true, false), true), Cause::none);
  EXPECT_EQ(gathering.take(1, piece(c, true, false), true), Cause::none);
  EXPECT_EQ(gathering.take(0, piece(b, false, false), false), Cause::none);
  EXPECT_EQ(gathering.take(0, piece(none, false, true), false), Cause::none);
  EXPECT_EQ(gathering.message(0).text(), "one two");
  gathering.release(0);
  EXPECT_EQ(gathering.take(1, piece(c, false, true), false), Cause::none);
  EXPECT_EQ(gathering.message(1).text(), "xx");
}

TEST(Gathering, OnlyCountsWhatNobodyLooksAt) {
  Gathering gathering(1, 0, 0);
  std::string text = "some";
  gathering.take(0, piece(text, true, false), false);
  gathering.take(0, piece(text, false, true), true);
  EXPECT_EQ(gathering.message(0).size, 8U);
  EXPECT_FALSE(gathering.message(0).has_bytes);
}

TEST(Gathering, SaysWhyAMessageCannotBeKept) {
  Gathering gathering(3, 1, 8);
  std::string text = "12345";
  EXPECT_EQ(gathering.take(0, piece(text, true, false), true), Cause::none);
  EXPECT_EQ(gathering.take(1, piece(text, true, false), true), Cause::no_room_to_match);
  EXPECT_EQ(gathering.take(0, piece(text, false, false), true), Cause::message_too_large_to_match);
  gathering.release(0);
  EXPECT_EQ(gathering.take(1, piece(text, true, false), true), Cause::none) << "the buffer is free again";
}

TEST(Echoes, ComeBackInTheirOrder) {
  Echoes echoes(2, 3, 8);
  const auto message = [](std::string_view text, Opcode opcode) {
    return HeardMessage{
        .opcode = opcode, .size = text.size(), .bytes = std::as_bytes(std::span(text)), .has_bytes = true};
  };
  EXPECT_TRUE(echoes.empty(0));
  EXPECT_TRUE(echoes.push(0, message("a", Opcode::text)));
  EXPECT_TRUE(echoes.push(1, message("other", Opcode::text)));
  EXPECT_TRUE(echoes.push(0, message("bc", Opcode::binary)));
  EXPECT_FALSE(echoes.push(0, message("d", Opcode::text))) << "no buffer is left";
  EXPECT_EQ(echoes.payload(0).size(), 1U);
  echoes.pop(0);
  EXPECT_EQ(echoes.payload(0).size(), 2U);
  EXPECT_EQ(echoes.opcode(0), Opcode::binary);
  EXPECT_FALSE(echoes.push(1, message("123456789", Opcode::text))) << "longer than a buffer";
  echoes.clear(0);
  EXPECT_TRUE(echoes.empty(0));
  EXPECT_FALSE(echoes.empty(1));
  EXPECT_TRUE(echoes.push(0, message("e", Opcode::text)));
  EXPECT_TRUE(echoes.push(0, message("", Opcode::text)));
}

}  // namespace
}  // namespace ringstorm
