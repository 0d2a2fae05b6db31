// The decoder says the same of a stream however it is cut: random streams, whole and broken, under random
// cuts.
#include <gtest/gtest.h>

#include "base/prng.h"
#include "codec/frame.h"
#include "property/decoder_trace.h"

namespace ringstorm {
namespace {

using Bytes = std::vector<std::byte>;

/// Writes streams as a peer might, mostly legal; what it meant to say is kept to compare with what was
/// understood.
class StreamWriter {
 public:
  StreamWriter(Prng& prng, bool masked) : prng_(prng), masked_(masked) {}

  void write_message(int fragments) {
    const Opcode opcode = one_in(2) ? Opcode::text : Opcode::binary;
    const Bytes payload = opcode == Opcode::text ? text(size()) : noise(size());
    std::size_t at = 0;
    for (int i = 0; i < fragments; ++i) {
      const bool fin = i + 1 == fragments;
      const std::size_t count = fin ? payload.size() - at : prng_.below(payload.size() - at + 1);
      write_frame(i == 0 ? opcode : Opcode::continuation, fin,
                  {payload.begin() + static_cast<std::ptrdiff_t>(at),
                   payload.begin() + static_cast<std::ptrdiff_t>(at + count)});
      at += count;
      if (!fin && one_in(3)) write_control();
    }
    messages_.push_back(payload);
  }
  void write_control() {
    write_frame(one_in(2) ? Opcode::ping : Opcode::pong, true, noise(prng_.below(126)));
    ++controls_;
  }
  void write_close() {
    Bytes payload =
        one_in(4) ? Bytes{} : Bytes{std::byte{0x03}, static_cast<std::byte>(0xE8 + prng_.below(16))};
    if (!payload.empty()) {
      for (const std::byte byte : text(prng_.below(100))) payload.push_back(byte);
    }
    write_frame(Opcode::close, true, payload);
  }
  /// Breaks what was written: flips a bit, drops a byte, or cuts the end off.
  void damage() {
    if (stream_.empty()) return;
    const std::size_t at = prng_.below(stream_.size());
    switch (prng_.below(3)) {
      case 0: stream_[at] ^= static_cast<std::byte>(1U << prng_.below(8)); break;
      case 1: stream_.erase(stream_.begin() + static_cast<std::ptrdiff_t>(at)); break;
      default: stream_.resize(at);
    }
  }

  const Bytes& stream() const { return stream_; }
  const std::vector<Bytes>& messages() const { return messages_; }
  std::size_t controls() const { return controls_; }

 private:
  bool one_in(std::uint64_t n) { return prng_.below(n) == 0; }
  std::size_t size() {
    if (one_in(40)) return 65'500 + prng_.below(100);
    return one_in(3) ? 100 + prng_.below(300) : prng_.below(30);
  }
  Bytes noise(std::size_t count) {
    Bytes bytes(count);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(prng_.next());
    return bytes;
  }
  Bytes text(std::size_t at_least) {
    static constexpr std::string_view kPieces[] = {"a", "ascii all the way", "\xC3\xA9", "\xE2\x82\xAC",
                                                   "\xF0\x9F\x98\x80"};
    Bytes bytes;
    while (bytes.size() < at_least) {
      for (const char c : kPieces[prng_.below(std::size(kPieces))])
        bytes.push_back(static_cast<std::byte>(c));
    }
    return bytes;
  }
  void write_frame(Opcode opcode, bool fin, Bytes payload) {
    FrameHeader header{.opcode = opcode, .fin = fin, .payload_bytes = payload.size()};
    if (masked_) {
      header.mask = MaskKey{static_cast<std::uint32_t>(prng_.next())};
      mask(payload, *header.mask);
    }
    std::byte bytes[kMaxFrameHeaderBytes];
    stream_.insert(stream_.end(), bytes, bytes + encode_frame_header(bytes, header));
    stream_.insert(stream_.end(), payload.begin(), payload.end());
  }

  Prng& prng_;
  bool masked_;
  Bytes stream_;
  std::vector<Bytes> messages_;
  std::size_t controls_ = 0;
};

void expect_the_same_under_cuts(const Bytes& stream, const DecoderRules& rules, Prng& prng) {
  const test::Trace whole = test::trace_of(stream, rules);
  EXPECT_EQ(test::trace_of(stream, rules, [] { return 1; }), whole) << "byte by byte";
  for (const std::uint64_t largest : {3U, 20U, 400U}) {
    EXPECT_EQ(test::trace_of(stream, rules, [&] { return 1 + prng.below(largest); }), whole)
        << "up to " << largest;
  }
}

std::vector<Bytes> messages_in(const test::Trace& trace) {
  std::vector<Bytes> messages;
  for (const test::TracedEvent& traced : trace) {
    if (traced.event.kind != DecoderEvent::Kind::data) continue;
    if (traced.event.message_start) messages.emplace_back();
    messages.back().insert(messages.back().end(), traced.bytes.begin(), traced.bytes.end());
  }
  return messages;
}

class DecoderCutsTest : public testing::TestWithParam<bool> {};

TEST_P(DecoderCutsTest, LegalStreamsAreUnderstoodUnderAnyCut) {
  const DecoderRules rules{.expect_masked = GetParam()};
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Prng prng(seed);
    StreamWriter writer(prng, rules.expect_masked);
    for (int i = 0; i < 12; ++i) writer.write_message(1 + static_cast<int>(prng.below(3)));
    const test::Trace whole = test::trace_of(writer.stream(), rules);
    ASSERT_EQ(messages_in(whole), writer.messages());
    ASSERT_EQ(static_cast<std::size_t>(std::ranges::count_if(
                  whole, [](const auto& e) { return e.event.kind != DecoderEvent::Kind::data; })),
              writer.controls());
    expect_the_same_under_cuts(writer.stream(), rules, prng);
    if (HasFailure()) return;
  }
}

TEST_P(DecoderCutsTest, BrokenStreamsFailAlikeUnderAnyCut) {
  const DecoderRules rules{.expect_masked = GetParam(), .max_message_bytes = 1000};
  int violations = 0;
  for (std::uint64_t seed = 0; seed < 2500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Prng prng(seed);
    StreamWriter writer(prng, rules.expect_masked);
    for (int i = 0; i < 3; ++i) writer.write_message(1 + static_cast<int>(prng.below(3)));
    writer.write_close();
    for (std::uint64_t i = prng.below(3); i > 0; --i) writer.damage();
    const test::Trace whole = test::trace_of(writer.stream(), rules);
    violations += !whole.empty() && whole.back().event.kind == DecoderEvent::Kind::violation;
    expect_the_same_under_cuts(writer.stream(), rules, prng);
    if (HasFailure()) return;
  }
  EXPECT_GT(violations, 300) << "the streams are not broken enough to mean something";
}

// Pure noise never gets far, so each header's second half comes from a short list of edges.
TEST_P(DecoderCutsTest, NoiseFailsAlikeUnderAnyCut) {
  const DecoderRules rules{.expect_masked = GetParam(), .max_message_bytes = 70'000, .allowed_rsv = 4};
  for (std::uint64_t seed = 0; seed < 2500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Prng prng(seed);
    Bytes stream;
    for (std::uint64_t i = prng.below(200); i > 0; --i) {
      static constexpr unsigned kEdges[] = {0x00, 0x01, 0x02, 0x7E, 0x7F, 0x80, 0x81,
                                            0x82, 0x88, 0x89, 0xFE, 0xFF, 0xC1};
      stream.push_back(static_cast<std::byte>(kEdges[prng.below(std::size(kEdges))]));
    }
    expect_the_same_under_cuts(stream, rules, prng);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Roles, DecoderCutsTest, testing::Bool(),
                         [](const auto& tested) { return tested.param ? "server" : "client"; });

}  // namespace
}  // namespace ringstorm
