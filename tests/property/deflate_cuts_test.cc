// Compressed messages in any fragmentation, received in any cut, are the messages that were sent; damaged
// ones fail or not, but never crash, and never give out more than the limit.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/prng.h"
#include "codec/message_inflater.h"

namespace ringstorm {
namespace {

using Kind = DecoderEvent::Kind;
using Bytes = std::vector<std::byte>;

/// What one side agreed to, and its compressor.
class Sender {
 public:
  Sender(const DeflateSettings& settings, bool keeps_context)
      : memory_(std::make_unique<std::byte[]>(Deflater::memory_bytes(settings))),
        deflater_({memory_.get(), Deflater::memory_bytes(settings)}, settings),
        keeps_context_(keeps_context) {}

  Bytes compress(const std::string& message) {
    Bytes out(static_cast<std::size_t>(Deflater::bound(message.size())));
    deflater_.begin(keeps_context_);
    deflater_.feed(std::as_bytes(std::span(message)), true);
    const Deflater::Output output = deflater_.write(out);
    EXPECT_TRUE(output.message_end);
    out.resize(output.bytes);
    return out;
  }

 private:
  std::unique_ptr<std::byte[]> memory_;
  Deflater deflater_;
  bool keeps_context_;
};

void write_frame(Bytes& stream, const FrameHeader& header, std::span<const std::byte> payload) {
  std::array<std::byte, kMaxFrameHeaderBytes> bytes;
  const std::size_t size = encode_frame_header(bytes, header);
  stream.insert(stream.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  stream.insert(stream.end(), payload.begin(), payload.end());
  if (header.mask) mask(std::span(stream).last(payload.size()), *header.mask);
}

/// In one to six frames, some of them empty, with a ping between two of them now and then.
void write_message(Bytes& stream, Prng& prng, bool masked, Opcode opcode, std::uint8_t rsv,
                   std::span<const std::byte> payload) {
  for (std::uint64_t left = 1 + prng.below(6); left > 0; --left) {
    const std::size_t count = left == 1 ? payload.size() : prng.below(payload.size() + 1);
    FrameHeader header{.opcode = opcode, .fin = left == 1, .rsv = rsv, .payload_bytes = count};
    if (masked) header.mask = MaskKey{static_cast<std::uint32_t>(prng.next())};
    write_frame(stream, header, payload.first(count));
    payload = payload.subspan(count);
    opcode = Opcode::continuation;
    rsv = 0;
    if (left == 1 || prng.below(4) != 0) continue;
    header = {.opcode = Opcode::ping, .mask = header.mask, .payload_bytes = 0};
    write_frame(stream, header, {});
  }
}

struct Heard {
  std::vector<std::string> messages;
  std::string unfinished;
  Cause violation = Cause::none;
};

/// What a receiver with these rules hears when each piece is as long as `next_piece()` says.
template <class NextPiece>
Heard hear(const Bytes& stream, const DecoderRules& rules, int window_bits, bool keeps_context,
           std::size_t scratch_bytes, NextPiece next_piece) {
  ContextPool<Inflater> pool(1, Inflater::memory_bytes(window_bits));
  Bytes scratch(scratch_bytes);
  CompressionTally tally;
  MessageInflater inflater(window_bits, keeps_context);
  Decoder decoder;
  Heard heard;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t count = std::min<std::size_t>(stream.size() - at, next_piece());
    Bytes piece(stream.begin() + static_cast<std::ptrdiff_t>(at),
                stream.begin() + static_cast<std::ptrdiff_t>(at + count));
    std::span<std::byte> input(piece);
    at += count;
    for (bool more = true; more;) {
      const DecoderEvent event = inflater.next(decoder, input, rules, {pool, scratch, tally});
      more = event.kind != Kind::need_more;
      heard.violation = event.violation.cause;
      if (event.kind == Kind::violation) return heard;
      if (event.kind != Kind::data) continue;
      EXPECT_EQ(event.message_start, heard.unfinished.empty() && event.message_start);
      heard.unfinished.append(reinterpret_cast<const char*>(event.bytes.data()), event.bytes.size());
      if (event.message_end) heard.messages.push_back(std::exchange(heard.unfinished, {}));
    }
  }
  return heard;
}

std::string some_text(Prng& prng) {
  std::string text;
  for (std::uint64_t words = prng.below(prng.below(4) == 0 ? 3000 : 40); words > 0; --words)
    text +=
        prng.below(9) == 0 ? std::string("\xc3\xa9\xe2\x82\xac") : "w" + std::to_string(prng.below(30)) + " ";
  return text;
}

struct Agreement {
  bool masked;
  bool keeps_context;
};

class DeflateCutsTest : public testing::TestWithParam<Agreement> {};

TEST_P(DeflateCutsTest, MessagesComeBackUnderAnyFragmentationAndCut) {
  const Agreement agreement = GetParam();
  const DecoderRules rules{.expect_masked = agreement.masked, .allowed_rsv = kCompressedRsv};
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Prng prng(seed);
    const int bits = 8 + static_cast<int>(prng.below(8));
    Sender sender({.window_bits = bits, .level = 6, .memory_level = 4}, agreement.keeps_context);
    Bytes stream;
    std::vector<std::string> messages;
    for (int i = 0; i < 10; ++i) {
      messages.push_back(some_text(prng));
      const Opcode opcode = prng.below(2) == 0 ? Opcode::text : Opcode::binary;
      const bool plain = prng.below(4) == 0;
      const Bytes payload = plain ? Bytes(std::as_bytes(std::span(messages.back())).begin(),
                                          std::as_bytes(std::span(messages.back())).end())
                                  : sender.compress(messages.back());
      write_message(stream, prng, agreement.masked, opcode, plain ? 0 : kCompressedRsv, payload);
    }
    for (const std::uint64_t largest : {1U, 7U, 300U, 100'000U}) {
      const std::size_t scratch = 1 + prng.below(3000);
      const Heard heard = hear(stream, rules, bits, agreement.keeps_context, scratch,
                               [&] { return 1 + prng.below(largest); });
      ASSERT_EQ(heard.violation, Cause::none);
      ASSERT_EQ(heard.messages, messages) << "in pieces of up to " << largest;
    }
  }
}

TEST_P(DeflateCutsTest, DamagedStreamsFailAlikeUnderAnyCut) {
  const Agreement agreement = GetParam();
  const DecoderRules rules{
      .expect_masked = agreement.masked, .max_message_bytes = 20'000, .allowed_rsv = kCompressedRsv};
  int violations = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Prng prng(seed);
    Sender sender({.window_bits = 12, .level = 6, .memory_level = 4}, agreement.keeps_context);
    Bytes stream;
    for (int i = 0; i < 4; ++i) {
      Bytes payload = sender.compress(some_text(prng));
      const std::uint64_t kind = prng.below(4);
      if (kind == 0) payload.resize(prng.below(payload.size()));
      if (kind == 1) payload[prng.below(payload.size())] = static_cast<std::byte>(prng.next());
      write_message(stream, prng, agreement.masked, Opcode::text, kCompressedRsv, payload);
    }
    const Heard whole = hear(stream, rules, 12, agreement.keeps_context, 4096, [&] { return stream.size(); });
    violations += whole.violation != Cause::none;
    EXPECT_LE(whole.unfinished.size(), rules.max_message_bytes);
    for (const std::uint64_t largest : {1U, 30U}) {
      const Heard cut =
          hear(stream, rules, 12, agreement.keeps_context, 4096, [&] { return 1 + prng.below(largest); });
      ASSERT_EQ(cut.messages, whole.messages) << "in pieces of up to " << largest;
      ASSERT_EQ(cut.violation, whole.violation) << "in pieces of up to " << largest;
    }
  }
  EXPECT_GT(violations, 150) << "the streams are not broken enough to mean something";
}

INSTANTIATE_TEST_SUITE_P(Agreements, DeflateCutsTest,
                         testing::Values(Agreement{false, true}, Agreement{false, false},
                                         Agreement{true, true}, Agreement{true, false}),
                         [](const auto& tested) {
                           return std::string(tested.param.masked ? "server" : "client") +
                                  (tested.param.keeps_context ? "KeepsContext" : "Forgets");
                         });

}  // namespace
}  // namespace ringstorm
