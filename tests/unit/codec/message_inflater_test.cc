#include "codec/message_inflater.h"

#include <gtest/gtest.h>

#include "unit/codec/bytes.h"

namespace ringstorm {
namespace {

using test::Bytes;
using test::hex;
using test::to_text;
using Kind = DecoderEvent::Kind;

constexpr DecoderRules kRules{.max_message_bytes = 1'000'000, .allowed_rsv = kCompressedRsv};

/// What came of a stream: the messages that ended, and the violation at its end.
struct Heard {
  std::vector<std::string> messages;
  std::string unfinished;
  Cause violation = Cause::none;
  std::size_t controls = 0;
};

class MessageInflaterTest : public testing::Test {
 protected:
  Heard hear(Bytes stream, const DecoderRules& rules = kRules, bool keeps_context = true) {
    MessageInflater inflater(15, keeps_context);
    Decoder decoder;
    std::span<std::byte> input(stream);
    Heard heard;
    for (;;) {
      const DecoderEvent event = inflater.next(decoder, input, rules, {pool_, scratch_, tally_});
      switch (event.kind) {
        case Kind::need_more: inflater.release(pool_); return heard;
        case Kind::violation:
          heard.violation = event.violation.cause;
          EXPECT_EQ(inflater.next(decoder, input, rules, {pool_, scratch_, tally_}).violation,
                    event.violation);
          inflater.release(pool_);
          return heard;
        case Kind::data:
          heard.unfinished += to_text(event.bytes);
          if (!event.message_end) break;
          heard.messages.push_back(std::exchange(heard.unfinished, {}));
          break;
        default: ++heard.controls;
      }
    }
  }

  static Bytes frame(unsigned first, std::string_view payload) {
    Bytes bytes(kMaxFrameHeaderBytes);
    bytes.resize(encode_frame_header(bytes, {.payload_bytes = payload.size()}));
    bytes[0] = static_cast<std::byte>(first);
    return test::join({bytes, test::to_bytes(payload)});
  }

  ContextPool<Inflater> pool_{4, Inflater::memory_bytes(15)};
  std::array<std::byte, 256> scratch_{};
  CompressionTally tally_;
};

using Messages = std::vector<std::string>;

TEST_F(MessageInflaterTest, TheExamplesOfRfc7692Section723) {
  EXPECT_EQ(hear(hex("c1 07 f2 48 cd c9 c9 07 00")).messages, Messages{"Hello"});
  EXPECT_EQ(hear(hex("41 03 f2 48 cd 80 04 c9 c9 07 00")).messages, Messages{"Hello"});
  EXPECT_EQ(hear(hex("c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00")).messages,
            (Messages{"Hello", "Hello"}));
  EXPECT_EQ(hear(hex("c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00")).messages, Messages{"Hello"});
  EXPECT_EQ(hear(hex("c1 08 f3 48 cd c9 c9 07 00 00")).messages, Messages{"Hello"});
  EXPECT_EQ(hear(hex("c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00")).messages, Messages{"Hello"});
  EXPECT_EQ(hear(hex("c1 01 00")).messages, Messages{""});
}

TEST_F(MessageInflaterTest, CompressedAndPlainMessagesMix) {
  const Heard heard = hear(hex("81 02 68 69 c1 07 f2 48 cd c9 c9 07 00 82 01 ff 89 00 c1 05 f2 00 11 00 00"));
  EXPECT_EQ(heard.messages, (Messages{"hi", "Hello", "\xff", "Hello"}));
  EXPECT_EQ(heard.controls, 1U);
}

TEST_F(MessageInflaterTest, CountsWhatWasCompressed) {
  hear(hex("81 02 68 69 c1 07 f2 48 cd c9 c9 07 00 41 03 f2 00 11 80 02 00 00 c1 06 f2 48 cd c9 c9 07"));
  EXPECT_EQ(tally_.messages, 2U) << "not the plain one, nor the one that breaks off";
  EXPECT_EQ(tally_.plain_bytes, 10U);
  EXPECT_EQ(tally_.compressed_bytes, 12U);
}

TEST_F(MessageInflaterTest, AControlFrameMayStandInsideAMessage) {
  const Heard heard = hear(hex("41 03 f2 48 cd 89 00 00 00 80 04 c9 c9 07 00"));
  EXPECT_EQ(heard.messages, Messages{"Hello"});
  EXPECT_EQ(heard.controls, 1U);
}

TEST_F(MessageInflaterTest, AnEmptyLastFrameEndsTheMessage) {
  EXPECT_EQ(hear(hex("41 07 f2 48 cd c9 c9 07 00 80 00")).messages, Messages{"Hello"});
}

struct Row {
  const char* bytes;
  Cause violation;
};

TEST_F(MessageInflaterTest, NamesEachViolation) {
  const Row rows[] = {
      {"41 03 f2 48 cd c0 04 c9 c9 07 00", Cause::reserved_bit},  // RSV1 on a continuation
      {"c9 00", Cause::reserved_bit},                             // on a ping
      {"c8 00", Cause::reserved_bit},
      {"a1 01 00", Cause::reserved_bit},  // RSV2 belongs to nobody
      {"e1 01 00", Cause::reserved_bit},
      {"c1 06 f2 48 cd c9 c9 07", Cause::truncated_deflate},
      {"c1 00", Cause::truncated_deflate},
      {"c1 01 07", Cause::invalid_deflate},
      {"c1 0b f2 48 cd c9 c9 07 00 ff ff ff ff", Cause::invalid_deflate},
      {"c1 09 00 03 00 fc ff 61 ff 62 00", Cause::invalid_utf8},
      {"c1 07 00 01 00 fe ff c3 00", Cause::invalid_utf8},  // ends inside a code point
      {"c2 09 00 03 00 fc ff 61 ff 62 00", Cause::none},    // binary may hold anything
  };
  for (const Row& row : rows) EXPECT_EQ(hear(hex(row.bytes)).violation, row.violation) << row.bytes;
}

TEST_F(MessageInflaterTest, WithoutAnAgreementTheBitIsReserved) {
  EXPECT_EQ(hear(hex("c1 07 f2 48 cd c9 c9 07 00"), {}).violation, Cause::reserved_bit);
}

TEST_F(MessageInflaterTest, ABombEndsAtTheLimit) {
  const std::string bomb = deflate_message(std::string(50'000'000, 'a'), {});
  ASSERT_LT(bomb.size(), 60'000U);
  const Heard heard = hear(frame(0xC1, bomb));
  EXPECT_EQ(heard.violation, Cause::message_too_large);
  EXPECT_LE(heard.unfinished.size(), kRules.max_message_bytes);
  EXPECT_GT(heard.unfinished.size(), kRules.max_message_bytes - 1000);
  EXPECT_EQ(close_code_for(heard.violation), close_code::too_large);
}

// Compressed data that says nothing may not go on for ever either.
TEST_F(MessageInflaterTest, WhatInflatesToNothingEndsAtTheLimitToo) {
  constexpr DecoderRules kSmall{.max_message_bytes = 100, .allowed_rsv = kCompressedRsv};
  Bytes stream = hex("41 05 00 00 00 ff ff");
  for (int i = 0; i < 100; ++i) stream = test::join({stream, hex("00 05 00 00 00 ff ff")});
  EXPECT_EQ(hear(stream, kSmall).violation, Cause::message_too_large);
}

TEST_F(MessageInflaterTest, AMessageOfExactlyTheLimitPassesEvenWhenItGrew) {
  constexpr DecoderRules kSmall{.max_message_bytes = 100, .allowed_rsv = kCompressedRsv};
  std::string text(100, ' ');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 89);
  EXPECT_EQ(hear(frame(0xC2, deflate_message(text, {})), kSmall).messages, Messages{text});
  EXPECT_EQ(hear(frame(0xC2, deflate_message(text + "x", {})), kSmall).violation, Cause::message_too_large);
}

TEST_F(MessageInflaterTest, HoldsAnInflaterNoLongerThanItMust) {
  hear(hex("c1 07 f2 48 cd c9 c9 07 00 c1 07 f2 48 cd c9 c9 07 00"), kRules, false);
  EXPECT_EQ(pool_.in_use(), 0U);
  EXPECT_EQ(pool_.most_in_use(), 1U);

  Decoder decoder;
  MessageInflater inflater(15, false);
  Bytes stream = hex("c1 07 f2 48 cd");
  std::span<std::byte> input(stream);
  while (inflater.next(decoder, input, kRules, {pool_, scratch_, tally_}).kind == Kind::data) {
  }
  EXPECT_EQ(pool_.in_use(), 1U) << "inside a message";
  stream = hex("c9 c9 07 00");
  input = stream;
  EXPECT_TRUE(inflater.next(decoder, input, kRules, {pool_, scratch_, tally_}).message_end);
  EXPECT_EQ(pool_.in_use(), 0U);
}

TEST_F(MessageInflaterTest, WithoutContextNothingIsLookedBackTo) {
  const Heard heard = hear(hex("c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00"), kRules, false);
  EXPECT_EQ(heard.violation, Cause::invalid_deflate);
}

}  // namespace
}  // namespace ringstorm
