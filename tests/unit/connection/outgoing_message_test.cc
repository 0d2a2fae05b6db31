#include "connection/outgoing_message.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "base/prng.h"
#include "codec/message_inflater.h"
#include "unit/codec/bytes.h"
#include "unit/connection/masked_frames.h"

namespace ringstorm {
namespace {

using test::Bytes;
using test::hex;
using test::to_bytes;

MaskKey rfc_key() {
  const Bytes bytes = hex("37 fa 21 3d");
  MaskKey key;
  std::memcpy(&key.wire, bytes.data(), sizeof key.wire);
  return key;
}

Bytes payload_of(std::size_t bytes) {
  Bytes payload(bytes);
  Prng random{bytes};
  for (std::byte& octet : payload) octet = static_cast<std::byte>(random.next());
  return payload;
}

std::size_t header_bytes(std::size_t payload) {
  return payload < 126 ? 6 : payload < 65536 ? 8 : 14;
}

/// One write into `room` bytes, with a look at what it must not touch.
Bytes write(OutgoingMessage& message, std::size_t room, const Bytes& payload) {
  Bytes out(room, std::byte{0xEE});
  const std::size_t used = message.write(out, Opcode::binary, payload);
  EXPECT_LE(used, room);
  EXPECT_TRUE(std::all_of(out.begin() + static_cast<std::ptrdiff_t>(used), out.end(),
                          [](std::byte octet) { return octet == std::byte{0xEE}; }));
  out.resize(used);
  return out;
}

/// The whole frame, written with `next_room()` bytes of room at a time.
template <class NextRoom>
Bytes in_pieces(const Bytes& payload, NextRoom next_room) {
  OutgoingMessage message;
  message.begin(rfc_key());
  Bytes frame;
  while (message.begun()) {
    const std::size_t room = next_room();
    const std::size_t header = frame.empty() ? header_bytes(payload.size()) : 0;
    const std::size_t left = header_bytes(payload.size()) + payload.size() - frame.size();
    const Bytes piece = write(message, room, payload);
    // As much as fits, but never a part of the header.
    EXPECT_EQ(piece.size(), room < header ? 0 : std::min(room, left));
    frame.insert(frame.end(), piece.begin(), piece.end());
  }
  return frame;
}

void expect_frame(const Bytes& frame, const Bytes& payload) {
  const auto parsed = test::first_frame(frame);
  ASSERT_TRUE(parsed) << payload.size();
  EXPECT_EQ(parsed->first, 0x82U);
  EXPECT_EQ(parsed->key, hex("37 fa 21 3d"));
  EXPECT_EQ(parsed->wire_bytes, frame.size());
  EXPECT_EQ(frame.size(), header_bytes(payload.size()) + payload.size());
  EXPECT_TRUE(parsed->payload == payload) << payload.size() << " bytes are not those given";
}

TEST(OutgoingMessage, WritesTheExampleOfTheRfc) {
  OutgoingMessage message;
  EXPECT_FALSE(message.begun());
  message.begin(rfc_key());
  EXPECT_TRUE(message.begun());
  Bytes out(11);
  EXPECT_EQ(message.write(out, Opcode::text, to_bytes("Hello")), 11U);
  EXPECT_EQ(out, hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"));
  EXPECT_FALSE(message.begun());
}

TEST(OutgoingMessage, MayBeEmpty) {
  OutgoingMessage message;
  message.begin(rfc_key());
  EXPECT_EQ(write(message, 100, {}), hex("82 80 37 fa 21 3d"));
  EXPECT_FALSE(message.begun());
}

TEST(OutgoingMessage, EncodesEveryLengthShortest) {
  for (const std::size_t bytes : {0U, 1U, 125U, 126U, 127U, 255U, 256U, 65'535U, 65'536U, 70'000U}) {
    const Bytes payload = payload_of(bytes);
    expect_frame(in_pieces(payload, [] { return std::size_t{100'000}; }), payload);
  }
}

TEST(OutgoingMessage, IsTheSameFrameInAnyPieces) {
  Prng random{7};
  for (std::size_t bytes = 0; bytes <= 300; ++bytes) {
    const Bytes payload = payload_of(bytes);
    for (const std::size_t most : {9U, 20U, 131U}) {
      expect_frame(in_pieces(payload, [&] { return static_cast<std::size_t>(random.below(most)); }), payload);
    }
  }
}

TEST(OutgoingMessage, IsTheSameFrameInAnyPiecesWhenItIsLong) {
  Prng random{8};
  for (const std::size_t bytes : {65'535U, 65'536U}) {
    const Bytes payload = payload_of(bytes);
    for (const std::size_t most : {300U, 5'000U, 66'000U}) {
      expect_frame(in_pieces(payload, [&] { return static_cast<std::size_t>(random.below(most)); }), payload);
    }
  }
}

TEST(OutgoingMessage, NeverSplitsItsHeader) {
  for (const std::size_t bytes : {0U, 125U, 126U, 65'535U, 65'536U}) {
    const Bytes payload = payload_of(bytes);
    OutgoingMessage message;
    message.begin(rfc_key());
    for (std::size_t room = 0; room < header_bytes(bytes); ++room) {
      EXPECT_EQ(write(message, room, payload), Bytes{});
      EXPECT_TRUE(message.begun());
    }
    EXPECT_EQ(write(message, header_bytes(bytes), payload).size(), header_bytes(bytes));
    EXPECT_EQ(message.begun(), bytes > 0);
  }
}

TEST(OutgoingMessage, StartsAfreshWithItsNextKey) {
  const Bytes payload = payload_of(10);
  OutgoingMessage message;
  message.begin(rfc_key());
  write(message, 9, payload);
  write(message, 100, payload);
  EXPECT_FALSE(message.begun());
  message.begin(MaskKey{});
  EXPECT_EQ(write(message, 100, payload), test::join({hex("82 8a 00 00 00 00"), payload}));
}

TEST(OutgoingMessage, AFragmentIsAFrameOfItsOwnInAnyPieces) {
  Prng random{9};
  for (const std::size_t bytes : {0U, 5U, 125U, 126U, 300U}) {
    const Bytes payload = payload_of(bytes);
    for (const bool fin : {false, true}) {
      OutgoingMessage message;
      message.begin(rfc_key());
      Bytes frame;
      while (message.begun()) {
        Bytes out(static_cast<std::size_t>(random.below(60)));
        out.resize(message.write_fragment(out, Opcode::continuation, fin, payload));
        frame.insert(frame.end(), out.begin(), out.end());
      }
      const auto parsed = test::first_frame(frame);
      ASSERT_TRUE(parsed);
      EXPECT_EQ(parsed->first, fin ? 0x80U : 0x00U);
      EXPECT_EQ(parsed->wire_bytes, frame.size());
      EXPECT_TRUE(parsed->payload == payload);
    }
  }
}

#ifndef NDEBUG
TEST(OutgoingMessageDeathTest, IsOneMessageAtATime) {
  OutgoingMessage message;
  EXPECT_DEATH(write(message, 100, {}), "begun");
  message.begin(MaskKey{});
  EXPECT_DEATH(message.begin(MaskKey{}), "begun");
}
#endif

/// Compresses `payload` on its way out, with `room` bytes for each frame, and gives what a server makes of
/// the frames.
struct Received {
  Bytes payload;
  std::size_t frames = 0;
  std::set<std::uint32_t> keys;
};

Received deflated_and_received(const Bytes& payload, std::size_t room) {
  std::vector<std::byte> memory(Deflater::memory_bytes({}));
  Deflater deflater(memory, {});
  deflater.begin(true);
  deflater.feed(payload, true);
  Prng random{7};
  OutgoingMessage message;
  message.begin({});
  Decoder decoder;
  ContextPool<Inflater> pool(1, Inflater::memory_bytes(15));
  Bytes scratch(4096);
  CompressionTally tally;
  MessageInflater inflater(15, true);
  const DecoderRules rules{.expect_masked = true, .allowed_rsv = kCompressedRsv};
  Received received;
  bool whole = false;
  while (message.begun()) {
    Bytes out(room, std::byte{0xEE});
    const MaskKey key{static_cast<std::uint32_t>(random.next())};
    const std::size_t used = message.write_deflated(out, Opcode::binary, deflater, key);
    EXPECT_GT(used, 0U);
    EXPECT_LE(used, room);
    ++received.frames;
    std::span<std::byte> input = std::span(out).first(used);
    for (;;) {
      const DecoderEvent event = inflater.next(decoder, input, rules, {pool, scratch, tally});
      EXPECT_NE(event.kind, DecoderEvent::Kind::violation) << to_string(event.violation);
      if (event.kind != DecoderEvent::Kind::data) break;
      received.payload.insert(received.payload.end(), event.bytes.begin(), event.bytes.end());
      whole = event.message_end;
    }
    received.keys.insert(decoder.mask_key().wire);
  }
  EXPECT_TRUE(whole);
  EXPECT_EQ(message.written(), tally.compressed_bytes);
  return received;
}

TEST(OutgoingMessage, HasTheReservedBitsItIsGivenOnItsOneFrame) {
  for (const std::size_t size : {5U, 300U}) {
    const Bytes payload = payload_of(size);
    for (const std::size_t room : {size + 14, std::size_t{100}}) {
      OutgoingMessage message;
      message.begin(rfc_key());
      Bytes frame;
      while (message.begun()) {
        Bytes out(room);
        const std::size_t used = message.write(out, Opcode::text, payload, kCompressedRsv);
        frame.insert(frame.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(used));
      }
      EXPECT_EQ(frame[0], std::byte{0xC1});
      EXPECT_EQ(message.written(), size);
    }
  }
}

TEST(OutgoingMessageDeflated, IsOneFrameWhereItFits) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 3000U, 60'000U}) {
    const Bytes payload = payload_of(size);
    const Received received = deflated_and_received(payload, 2 * size + 200);
    EXPECT_EQ(received.payload, payload) << size;
    EXPECT_EQ(received.frames, 1U) << size;
  }
}

TEST(OutgoingMessageDeflated, IsCutIntoFramesWhereItDoesNot) {
  const Bytes payload = payload_of(50'000);
  for (const std::size_t room :
       {OutgoingMessage::kLeastDeflatedRoom, std::size_t{100}, std::size_t{512}, std::size_t{4096}}) {
    const Received received = deflated_and_received(payload, room);
    EXPECT_EQ(received.payload, payload) << room;
    EXPECT_GT(received.frames, 10U) << room;
    EXPECT_EQ(received.keys.size(), received.frames) << "every frame has a key of its own";
  }
}

TEST(OutgoingMessageDeflated, WritesNothingIntoTooLittleRoom) {
  std::vector<std::byte> memory(Deflater::memory_bytes({}));
  Deflater deflater(memory, {});
  deflater.begin(true);
  deflater.feed(memory, true);
  OutgoingMessage message;
  message.begin({});
  Bytes out(OutgoingMessage::kLeastDeflatedRoom - 1);
  EXPECT_EQ(message.write_deflated(out, Opcode::text, deflater, {}), 0U);
  EXPECT_TRUE(message.begun());
}

}  // namespace
}  // namespace ringstorm
