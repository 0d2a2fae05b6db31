#include "codec/utf8.h"

#include <array>
#include <bit>
#include <cstring>

namespace ringstorm {
namespace {

/// What may come next. The four after_* states are the lead bytes whose second byte has a narrower range.
enum State : std::uint8_t { start, tail1, tail2, tail3, after_e0, after_ed, after_f0, after_f4, bad };

struct Rule {
  State from;
  unsigned lowest;
  unsigned highest;
  State to;
};

// The grammar of RFC 3629 section 4; whatever it does not name is bad.
constexpr Rule kRules[] = {
    {start, 0x00, 0x7F, start},    {start, 0xC2, 0xDF, tail1},    {start, 0xE0, 0xE0, after_e0},
    {start, 0xE1, 0xEC, tail2},    {start, 0xED, 0xED, after_ed}, {start, 0xEE, 0xEF, tail2},
    {start, 0xF0, 0xF0, after_f0}, {start, 0xF1, 0xF3, tail3},    {start, 0xF4, 0xF4, after_f4},
    {tail1, 0x80, 0xBF, start},    {tail2, 0x80, 0xBF, tail1},    {tail3, 0x80, 0xBF, tail2},
    {after_e0, 0xA0, 0xBF, tail1}, {after_ed, 0x80, 0x9F, tail1}, {after_f0, 0x90, 0xBF, tail2},
    {after_f4, 0x80, 0x8F, tail2},
};

using Row = std::array<std::uint8_t, 256>;

constexpr std::array<Row, bad> make_table() {
  std::array<Row, bad> table{};
  for (Row& row : table) row.fill(bad);
  for (const Rule& rule : kRules) {
    for (unsigned byte = rule.lowest; byte <= rule.highest; ++byte) table[rule.from][byte] = rule.to;
  }
  return table;
}

constexpr std::array<Row, bad> kNext = make_table();

constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;

/// The first byte from `at` on that may not be ASCII, found eight bytes at a time: short of it by less than
/// eight.
std::size_t skip_ascii(std::span<const std::byte> bytes, std::size_t at) {
  while (bytes.size() - at >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, &bytes[at], sizeof word);
    if ((word & kHighBits) != 0) break;
    at += sizeof word;
  }
  return at;
}

}  // namespace

std::size_t Utf8Validator::valid_prefix(std::span<const std::byte> bytes) {
  std::uint8_t state = state_;
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (state == start) {
      at = skip_ascii(bytes, at);
      if (at == bytes.size()) break;
    }
    const std::uint8_t next = kNext[state][std::to_integer<std::uint8_t>(bytes[at])];
    if (next == bad) break;
    state = next;
    ++at;
  }
  state_ = state;
  return at;
}

}  // namespace ringstorm
