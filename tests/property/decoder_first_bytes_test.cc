// All 65,536 pairs of first bytes, in every situation, against the rules of RFC 6455 section 5.2 written as a
// table.
#include <set>

#include <gtest/gtest.h>

#include "property/decoder_trace.h"

namespace ringstorm {
namespace {

struct Situation {
  bool server = false;      ///< the one who decodes: its peer's frames are masked
  bool in_message = false;  ///< a fragmented message is open
  std::uint8_t allowed_rsv = 0;
};

struct FirstBytes {
  bool fin;
  unsigned rsv;
  unsigned opcode;
  bool masked;
  unsigned length;
};

struct Rule {
  Cause cause;
  bool (*is_broken)(const FirstBytes&, const Situation&);
};

constexpr Rule kRules[] = {
    // "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values." RFC 7692
    // section
    // 6.1 and 6.2: only on the first frame of a message, never on a control frame.
    {Cause::reserved_bit,
     [](const FirstBytes& b, const Situation& s) {
       const bool begins_message = b.opcode > 0 && b.opcode < 8;
       return (b.rsv & ~(begins_message ? unsigned{s.allowed_rsv} : 0U)) != 0;
     }},
    // "%x3-7 are reserved for further non-control frames", "%xB-F are reserved for further control frames".
    {Cause::reserved_opcode,
     [](const FirstBytes& b, const Situation&) { return (b.opcode > 2 && b.opcode < 8) || b.opcode > 10; }},
    // Section 5.1: "A client MUST close a connection if it detects a masked frame", and the server's mirror
    // of it.
    {Cause::masked_frame, [](const FirstBytes& b, const Situation& s) { return b.masked && !s.server; }},
    {Cause::unmasked_frame, [](const FirstBytes& b, const Situation& s) { return !b.masked && s.server; }},
    // Section 5.5: "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be
    // fragmented."
    {Cause::fragmented_control,
     [](const FirstBytes& b, const Situation&) { return b.opcode >= 8 && !b.fin; }},
    {Cause::oversized_control,
     [](const FirstBytes& b, const Situation&) { return b.opcode >= 8 && b.length > 125; }},
    // Section 5.4: a fragmented message is one frame with an opcode, then continuations.
    {Cause::unexpected_continuation,
     [](const FirstBytes& b, const Situation& s) { return b.opcode == 0 && !s.in_message; }},
    {Cause::interrupted_message,
     [](const FirstBytes& b, const Situation& s) {
       return (b.opcode == 1 || b.opcode == 2) && s.in_message;
     }},
};

std::set<Cause> broken_rules(unsigned first, unsigned second, const Situation& situation) {
  const FirstBytes bytes{first >= 128, first / 16 % 8, first % 16, second >= 128, second % 128};
  std::set<Cause> broken;
  for (const Rule& rule : kRules) {
    if (rule.is_broken(bytes, situation)) broken.insert(rule.cause);
  }
  return broken;
}

/// An empty binary frame without FIN opens a message.
std::vector<std::byte> opening(const Situation& situation) {
  if (!situation.in_message) return {};
  if (situation.server) return {std::byte{2}, std::byte{0x80}, {}, {}, {}, {}};
  return {std::byte{2}, std::byte{0}};
}

Cause violation_after(std::span<const std::byte> stream, const Situation& situation, std::size_t piece) {
  const DecoderRules rules{.expect_masked = situation.server, .allowed_rsv = situation.allowed_rsv};
  const test::Trace trace = test::trace_of(stream, rules, [&] { return piece; });
  return trace.empty() ? Cause::none : trace.back().event.violation.cause;
}

class FirstBytesTest : public testing::TestWithParam<Situation> {};

TEST_P(FirstBytesTest, AreJudgedAsTheRfcSays) {
  std::vector<std::byte> stream = opening(GetParam());
  const std::size_t at = stream.size();
  stream.resize(at + 2);
  for (unsigned pair = 0; pair <= 0xFFFF; ++pair) {
    stream[at] = static_cast<std::byte>(pair >> 8);
    stream[at + 1] = static_cast<std::byte>(pair & 0xFF);
    const std::set<Cause> broken = broken_rules(pair >> 8, pair & 0xFF, GetParam());
    const Cause cause = violation_after(stream, GetParam(), stream.size());
    ASSERT_EQ(cause, violation_after(stream, GetParam(), 1)) << std::hex << pair;
    ASSERT_EQ(cause != Cause::none, !broken.empty()) << std::hex << pair;
    ASSERT_TRUE(broken.empty() || broken.contains(cause)) << std::hex << pair << " " << to_string({cause});
  }
}

std::vector<Situation> situations() {
  std::vector<Situation> all;
  for (const bool server : {false, true}) {
    for (const bool in_message : {false, true}) {
      for (const int rsv : {0, 4, 7}) all.push_back({server, in_message, static_cast<std::uint8_t>(rsv)});
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Situations, FirstBytesTest, testing::ValuesIn(situations()), [](const auto& tested) {
  return std::string(tested.param.server ? "server" : "client") +
         (tested.param.in_message ? "_in_message" : "_idle") + "_rsv" +
         std::to_string(tested.param.allowed_rsv);
});

}  // namespace
}  // namespace ringstorm
