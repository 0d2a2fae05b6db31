#include "codec/decoder.h"

#include <gtest/gtest.h>

#include "property/decoder_trace.h"
#include "unit/codec/bytes.h"

namespace ringstorm {
namespace {

using Kind = DecoderEvent::Kind;
using test::Bytes;
using test::hex;
using test::to_bytes;
using test::to_text;
using test::Trace;

constexpr DecoderRules kClient{};
constexpr DecoderRules kServer{.expect_masked = true};

/// The stream's events, which must be the same when it comes byte by byte.
Trace decode(const Bytes& stream, const DecoderRules& rules = kClient) {
  Trace whole = test::trace_of(stream, rules);
  EXPECT_EQ(test::trace_of(stream, rules, [] { return 1; }), whole);
  return whole;
}

Cause violation_of(const Bytes& stream, const DecoderRules& rules = kClient) {
  const Trace trace = decode(stream, rules);
  return trace.empty() ? Cause::none : trace.back().event.violation.cause;
}

void expect_message(const test::TracedEvent& traced, Opcode opcode, std::string_view text) {
  EXPECT_EQ(traced.event.kind, Kind::data);
  EXPECT_EQ(traced.event.opcode, opcode);
  EXPECT_TRUE(traced.event.message_start && traced.event.frame_start);
  EXPECT_TRUE(traced.event.message_end && traced.event.frame_end && traced.event.frame_fin);
  EXPECT_EQ(traced.event.frame_bytes, text.size());
  EXPECT_EQ(to_text(traced.bytes), text);
}

// The examples of RFC 6455 section 5.7, byte for byte.
TEST(DecoderRfcExamples, SingleFrameUnmaskedText) {
  const Trace trace = decode(hex("81 05 48 65 6c 6c 6f"));
  ASSERT_EQ(trace.size(), 1U);
  expect_message(trace[0], Opcode::text, "Hello");
}

TEST(DecoderRfcExamples, SingleFrameMaskedText) {
  const Trace trace = decode(hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"), kServer);
  ASSERT_EQ(trace.size(), 1U);
  expect_message(trace[0], Opcode::text, "Hello");
}

TEST(DecoderRfcExamples, FragmentedUnmaskedText) {
  const Trace trace = decode(hex("01 03 48 65 6c  80 02 6c 6f"));
  ASSERT_EQ(trace.size(), 2U);
  EXPECT_EQ(to_text(trace[0].bytes), "Hel");
  EXPECT_TRUE(trace[0].event.message_start && trace[0].event.frame_end);
  EXPECT_FALSE(trace[0].event.message_end || trace[0].event.frame_fin);
  EXPECT_EQ(to_text(trace[1].bytes), "lo");
  EXPECT_EQ(trace[1].event.opcode, Opcode::text);
  EXPECT_TRUE(trace[1].event.frame_start && trace[1].event.message_end && trace[1].event.frame_fin);
  EXPECT_FALSE(trace[1].event.message_start);
}

TEST(DecoderRfcExamples, PingAndMaskedPong) {
  const Trace ping = decode(hex("89 05 48 65 6c 6c 6f"));
  ASSERT_EQ(ping.size(), 1U);
  EXPECT_EQ(ping[0].event.kind, Kind::ping);
  EXPECT_EQ(to_text(ping[0].bytes), "Hello");
  const Trace pong = decode(hex("8a 85 37 fa 21 3d 7f 9f 4d 51 58"), kServer);
  ASSERT_EQ(pong.size(), 1U);
  EXPECT_EQ(pong[0].event.kind, Kind::pong);
  EXPECT_EQ(to_text(pong[0].bytes), "Hello");
}

TEST(DecoderRfcExamples, BinaryOf256BytesAnd64KiB) {
  const Trace trace = decode(
      test::join({hex("82 7e 01 00"), Bytes(256), hex("82 7f 00 00 00 00 00 01 00 00"), Bytes(65536)}));
  ASSERT_EQ(trace.size(), 2U);
  expect_message(trace[0], Opcode::binary, std::string(256, '\0'));
  expect_message(trace[1], Opcode::binary, std::string(65536, '\0'));
}

TEST(Decoder, GivesManySmallFramesFromOneInput) {
  const Trace trace = decode(hex("81 01 61  82 02 01 02  81 00  8a 00  82 01 ff"));
  ASSERT_EQ(trace.size(), 5U);
  expect_message(trace[0], Opcode::text, "a");
  expect_message(trace[1], Opcode::binary, "\x01\x02");
  expect_message(trace[2], Opcode::text, "");
  EXPECT_EQ(trace[3].event.kind, Kind::pong);
  expect_message(trace[4], Opcode::binary, "\xff");
}

TEST(Decoder, GivesDataAsItComesAndSaysWhereItStands) {
  Decoder decoder;
  Bytes first = hex("82 04 01 02");
  Bytes second = hex("03 04");
  std::span<std::byte> input(first);
  DecoderEvent event = decoder.next(input, kClient);
  EXPECT_EQ(event.kind, Kind::data);
  EXPECT_EQ(event.bytes.data(), &first[2]) << "not copied";
  EXPECT_TRUE(event.frame_start && event.message_start && event.frame_fin);
  EXPECT_FALSE(event.frame_end || event.message_end);
  EXPECT_EQ(decoder.next(input, kClient).kind, Kind::need_more);
  input = second;
  event = decoder.next(input, kClient);
  EXPECT_EQ(event.bytes.size(), 2U);
  EXPECT_TRUE(event.frame_end && event.message_end);
  EXPECT_FALSE(event.frame_start || event.message_start);
  EXPECT_TRUE(input.empty());
}

TEST(Decoder, LetsControlFramesComeBetweenFragments) {
  const Trace trace = decode(hex("01 02 48 65  89 01 70  00 00  8a 00  80 03 6c 6c 6f"));
  ASSERT_EQ(trace.size(), 5U);
  EXPECT_EQ(trace[1].event.kind, Kind::ping);
  EXPECT_EQ(to_text(trace[1].bytes), "p");
  EXPECT_TRUE(trace[2].event.frame_start && trace[2].event.frame_end) << "an empty fragment is said too";
  EXPECT_EQ(trace[3].event.kind, Kind::pong);
  EXPECT_EQ(to_text(trace[4].bytes), "llo");
  EXPECT_TRUE(trace[4].event.message_end);
}

TEST(Decoder, ReadsTheCloseFrame) {
  Trace trace = decode(hex("88 00"));
  ASSERT_EQ(trace.size(), 1U);
  EXPECT_EQ(trace[0].event.kind, Kind::close);
  EXPECT_EQ(trace[0].event.close_code, 1005);
  trace = decode(hex("88 06 03 e9 62 79 65 21"));
  ASSERT_EQ(trace.size(), 1U);
  EXPECT_EQ(trace[0].event.close_code, 1001);
  EXPECT_EQ(to_text(trace[0].bytes), "bye!");
  trace = decode(hex("88 82 01 02 03 04 02 ea"), kServer);
  ASSERT_EQ(trace.size(), 1U);
  EXPECT_EQ(trace[0].event.close_code, 1000);
}

TEST(Decoder, TakesTheLongestControlPayload) {
  const Trace trace = decode(test::join({hex("89 7d"), Bytes(125, std::byte{'x'}), hex("81 01 61")}));
  ASSERT_EQ(trace.size(), 2U);
  EXPECT_EQ(to_text(trace[0].bytes), std::string(125, 'x'));
  expect_message(trace[1], Opcode::text, "a");
}

struct Violation {
  const char* bytes;
  Cause cause;
  DecoderRules rules = kClient;
};

TEST(DecoderViolations, AreNamed) {
  const Violation rows[] = {
      {"c1 01 61", Cause::reserved_bit},
      {"a1 01 61", Cause::reserved_bit},
      {"91 01 61", Cause::reserved_bit},
      {"c1 01 61", Cause::none, {.allowed_rsv = 4}},
      {"a1 01 61", Cause::reserved_bit, {.allowed_rsv = 4}},
      {"c9 00", Cause::reserved_bit, {.allowed_rsv = 4}},
      {"c8 00", Cause::reserved_bit, {.allowed_rsv = 4}},
      {"41 01 61 c0 01 61", Cause::reserved_bit, {.allowed_rsv = 4}},
      {"41 01 ff 80 01 ff", Cause::none, {.allowed_rsv = 4}},
      {"83 00", Cause::reserved_opcode},
      {"8b 00", Cause::reserved_opcode},
      {"81 85 37 fa 21 3d 7f 9f 4d 51 58", Cause::masked_frame},
      {"81 05 48 65 6c 6c 6f", Cause::unmasked_frame, kServer},
      {"82 7e 00 7d", Cause::overlong_length},
      {"82 7e 00 7e", Cause::none},
      {"82 7f 00 00 00 00 00 00 ff ff", Cause::overlong_length},
      {"82 7f 00 00 00 00 00 01 00 00", Cause::none},
      {"82 7f 80 00 00 00 00 00 00 00", Cause::impossible_length},
      {"82 7f 7f ff ff ff ff ff ff ff", Cause::message_too_large},
      {"09 00", Cause::fragmented_control},
      {"08 02 03 e8", Cause::fragmented_control},
      {"89 7e 00 7e", Cause::oversized_control},
      {"89 7e", Cause::oversized_control},
      {"80 00", Cause::unexpected_continuation},
      {"81 01 61 80 00", Cause::unexpected_continuation},
      {"01 01 61 81 01 62", Cause::interrupted_message},
      {"02 00 02 00", Cause::interrupted_message},
      {"88 01 03", Cause::malformed_close},
      {"88 02 03 e7", Cause::malformed_close},  // 999
      {"88 02 03 ec", Cause::malformed_close},  // 1004
      {"88 02 03 ed", Cause::malformed_close},  // 1005 is never on the wire
      {"88 02 03 ee", Cause::malformed_close},  // 1006
      {"88 02 03 f7", Cause::malformed_close},  // 1015
      {"88 02 07 d0", Cause::malformed_close},  // 2000
      {"88 02 13 88", Cause::malformed_close},  // 5000
      {"88 02 0b b8", Cause::none},             // 3000
      {"88 03 03 e8 ff", Cause::invalid_utf8},
      {"88 03 03 e8 c3", Cause::invalid_utf8},  // a reason that ends inside a code point
      {"81 01 ff", Cause::invalid_utf8},
      {"82 01 ff", Cause::none},
      {"89 01 ff", Cause::none},
      {"81 02 e2 82", Cause::invalid_utf8},   // a message that ends inside a code point
      {"01 02 e2 82 80 01 ac", Cause::none},  // the code point goes on in the next fragment
      {"01 02 e2 82 80 00", Cause::invalid_utf8},
      {"01 02 e2 82 00 01 41", Cause::invalid_utf8},
      {"01 01 c3 89 01 ff 80 01 a9", Cause::none},  // a ping between its two bytes
      {"81 02 ed a0", Cause::invalid_utf8},
  };
  for (const Violation& row : rows)
    EXPECT_EQ(violation_of(hex(row.bytes), row.rules), row.cause) << row.bytes;
}

TEST(DecoderViolations, KeepMessagesToTheirLimit) {
  const DecoderRules rules{.max_message_bytes = 4};
  EXPECT_EQ(violation_of(hex("82 04 01 02 03 04"), rules), Cause::none);
  EXPECT_EQ(violation_of(hex("82 05"), rules), Cause::message_too_large) << "before a byte of it came";
  EXPECT_EQ(violation_of(hex("82 05 01 02 03 04 05"), rules), Cause::message_too_large);
  EXPECT_EQ(decode(hex("81 05 01 02 03 04 05"), rules).size(), 1U) << "and none of it is given out";
  EXPECT_EQ(violation_of(hex("02 03 01 02 03 80 01"), rules), Cause::none);
  EXPECT_EQ(violation_of(hex("02 03 01 02 03 80 02"), rules), Cause::message_too_large) << "fragments add up";
  EXPECT_EQ(violation_of(hex("82 03 01 02 03 82 03 01 02 03"), rules), Cause::none) << "messages do not";
  EXPECT_EQ(violation_of(hex("89 05 01 02 03 04 05"), rules), Cause::none) << "controls are no messages";
  EXPECT_EQ(violation_of(hex("82 7e 01 00"), rules), Cause::message_too_large);
  EXPECT_EQ(violation_of(hex("02 02 01 02 80 7f 7f ff ff ff ff ff ff ff"), {.max_message_bytes = ~0ULL}),
            Cause::none);
  EXPECT_EQ(violation_of(hex("82 01"), {.max_message_bytes = 0}), Cause::message_too_large);
}

TEST(DecoderViolations, ComeAfterTheTextBeforeThem) {
  const Trace trace = decode(hex("81 05 61 62 c3 28 63"));
  ASSERT_EQ(trace.size(), 2U);
  EXPECT_EQ(test::to_text(trace[0].bytes), "ab\xc3");
  EXPECT_FALSE(trace[0].event.message_end || trace[0].event.frame_end);
  EXPECT_EQ(trace[1].event.violation.cause, Cause::invalid_utf8);
}

TEST(DecoderViolations, ComeAtTheFirstBadByteOfAnUnfinishedFrame) {
  Decoder decoder;
  Bytes bytes = hex("81 7d f4 90");
  std::span<std::byte> input(bytes);
  EXPECT_EQ(decoder.next(input, kClient).bytes.size(), 1U);
  EXPECT_EQ(decoder.next(input, kClient).violation.cause, Cause::invalid_utf8);
}

TEST(DecoderViolations, AreFinal) {
  Decoder decoder;
  Bytes bytes = hex("83 00");
  std::span<std::byte> input(bytes);
  EXPECT_EQ(decoder.next(input, kClient).violation.cause, Cause::reserved_opcode);
  Bytes good = hex("81 01 61");
  input = good;
  EXPECT_EQ(decoder.next(input, kClient).violation.cause, Cause::reserved_opcode);
  EXPECT_EQ(decoder.next(input, kClient).kind, Kind::violation);
}

TEST(Decoder, UnmasksPiecesAtTheirPhase) {
  const Trace trace = decode(hex("82 8b 01 02 03 04 69 67 6f 68 6e 22 74 6b 73 6e 67"), kServer);
  ASSERT_EQ(trace.size(), 1U);
  expect_message(trace[0], Opcode::binary, "hello world");
}

}  // namespace
}  // namespace ringstorm
