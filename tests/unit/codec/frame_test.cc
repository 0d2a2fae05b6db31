#include "codec/frame.h"

#include <cstring>

#include <gtest/gtest.h>

#include "unit/codec/bytes.h"

namespace ringstorm {
namespace {

using test::Bytes;
using test::hex;

MaskKey key_of(std::string_view digits) {
  MaskKey key;
  std::memcpy(&key.wire, hex(digits).data(), 4);
  return key;
}

Bytes encode(const FrameHeader& header) {
  Bytes out(kMaxFrameHeaderBytes, std::byte{0xEE});
  const std::size_t size = encode_frame_header(out, header);
  for (std::size_t i = size; i < out.size(); ++i)
    EXPECT_EQ(out[i], std::byte{0xEE}) << "wrote beyond its size";
  EXPECT_EQ(size, frame_header_bytes(header.payload_bytes, header.mask.has_value()));
  out.resize(size);
  return out;
}

TEST(FrameHeader, EncodesTheExamplesOfRfc6455Section57) {
  const MaskKey key = key_of("37 fa 21 3d");
  EXPECT_EQ(encode({.opcode = Opcode::text, .payload_bytes = 5}), hex("81 05"));
  EXPECT_EQ(encode({.opcode = Opcode::text, .mask = key, .payload_bytes = 5}), hex("81 85 37 fa 21 3d"));
  EXPECT_EQ(encode({.opcode = Opcode::text, .fin = false, .payload_bytes = 3}), hex("01 03"));
  EXPECT_EQ(encode({.opcode = Opcode::continuation, .payload_bytes = 2}), hex("80 02"));
  EXPECT_EQ(encode({.opcode = Opcode::ping, .payload_bytes = 5}), hex("89 05"));
  EXPECT_EQ(encode({.opcode = Opcode::pong, .mask = key, .payload_bytes = 5}), hex("8a 85 37 fa 21 3d"));
  EXPECT_EQ(encode({.opcode = Opcode::binary, .payload_bytes = 256}), hex("82 7e 01 00"));
  EXPECT_EQ(encode({.opcode = Opcode::binary, .payload_bytes = 65536}), hex("82 7f 00 00 00 00 00 01 00 00"));
}

TEST(FrameHeader, UsesTheShortestLengthEncoding) {
  EXPECT_EQ(encode({.payload_bytes = 0}), hex("81 00"));
  EXPECT_EQ(encode({.payload_bytes = 125}), hex("81 7d"));
  EXPECT_EQ(encode({.payload_bytes = 126}), hex("81 7e 00 7e"));
  EXPECT_EQ(encode({.payload_bytes = 0xFFFF}), hex("81 7e ff ff"));
  EXPECT_EQ(encode({.payload_bytes = 0x10000}), hex("81 7f 00 00 00 00 00 01 00 00"));
  EXPECT_EQ(encode({.payload_bytes = 0x7FFFFFFFFFFFFFFF}), hex("81 7f 7f ff ff ff ff ff ff ff"));
  EXPECT_EQ(encode({.mask = key_of("01020304"), .payload_bytes = 126}), hex("81 fe 00 7e 01 02 03 04"));
  EXPECT_EQ(encode({.mask = key_of("01020304"), .payload_bytes = 0x123456}),
            hex("81 ff 00 00 00 00 00 12 34 56 01 02 03 04"));
}

TEST(FrameHeader, PlacesTheReservedBits) {
  EXPECT_EQ(encode({.opcode = Opcode::binary, .rsv = 4}), hex("c2 00"));
  EXPECT_EQ(encode({.opcode = Opcode::binary, .rsv = 2}), hex("a2 00"));
  EXPECT_EQ(encode({.opcode = Opcode::binary, .rsv = 1}), hex("92 00"));
}

TEST(CloseCode, SendableAreThoseOfTheRfcAndTheRegistry) {
  const auto expected = [](unsigned code) {
    if (code == 1004 || code == 1005 || code == 1006 || code == 1015)
      return false;  // reserved, never on the wire
    return (code >= 1000 && code <= 1014) || (code >= 3000 && code <= 4999);
  };
  for (unsigned code = 0; code <= 0xFFFF; ++code) {
    ASSERT_EQ(is_sendable_close_code(static_cast<std::uint16_t>(code)), expected(code)) << code;
  }
}

TEST(CloseCode, NamesTheViolation) {
  EXPECT_EQ(close_code_for(Cause::invalid_utf8), 1007);
  EXPECT_EQ(close_code_for(Cause::message_too_large), 1009);
  for (const Cause cause :
       {Cause::masked_frame, Cause::reserved_bit, Cause::overlong_length, Cause::malformed_close}) {
    EXPECT_EQ(close_code_for(cause), 1002);
  }
}

}  // namespace
}  // namespace ringstorm
