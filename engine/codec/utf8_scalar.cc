// UTF-8 by a table of states: what the other kernels are held against, and how they finish.
#include <array>
#include <bit>
#include <cstring>

#include "codec/utf8_kernels.h"

namespace ringstorm::detail {
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
std::size_t skip_ascii(const std::byte* text, std::size_t bytes, std::size_t at) {
  while (bytes - at >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text + at, sizeof word);
    if ((word & kHighBits) != 0) break;
    at += sizeof word;
  }
  return at;
}

std::uint8_t after(std::uint8_t state, std::byte byte) {
  return kNext[state][std::to_integer<std::uint8_t>(byte)];
}

/// Where the code point begins that text[at] would go on with: at most three bytes before.
std::size_t code_point_begin(const std::byte* text, std::size_t at) {
  for (std::size_t back = 1; back <= 3 && back <= at; ++back) {
    const std::byte byte = text[at - back];
    if (byte >= std::byte{0xC0}) return at - back;
    if (byte < std::byte{0x80}) break;
  }
  return at;
}

}  // namespace

std::size_t utf8_scalar(const std::byte* text, std::size_t bytes, std::uint8_t& state) {
  std::uint8_t now = state;
  std::size_t at = 0;
  while (at < bytes) {
    if (now == start) {
      at = skip_ascii(text, bytes, at);
      if (at == bytes) break;
    }
    const std::uint8_t next = after(now, text[at]);
    if (next == bad) break;
    now = next;
    ++at;
  }
  state = now;
  return at;
}

std::size_t utf8_rest_of_code_point(const std::byte* text, std::size_t bytes, std::uint8_t& state) {
  std::size_t at = 0;
  for (; at < bytes && state != start; ++at) {
    const std::uint8_t next = after(state, text[at]);
    if (next == bad) break;
    state = next;
  }
  return at;
}

std::size_t utf8_scalar_from(const std::byte* text, std::size_t bytes, std::size_t at, std::uint8_t& state) {
  const std::size_t begin = code_point_begin(text, at);
  state = start;
  return begin + utf8_scalar(text + begin, bytes - begin, state);
}

}  // namespace ringstorm::detail
