#include "load/payload.h"

#include <string_view>

#include "base/prng.h"

namespace ringstorm {
namespace {

// 64 characters, so that six bits choose one without a bias; the second space makes words of a natural length
// likelier.
constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789  ";
static_assert(kAlphabet.size() == 64);

/// Fills with `per_word` characters out of each random word, the low `bits` of it first, through `character`.
template <class Character>
std::string fill(std::size_t bytes, std::uint64_t seed, unsigned bits, Character character) {
  const unsigned per_word = 64 / bits;
  std::string out(bytes, '\0');
  Prng random{seed};
  std::uint64_t word = 0;
  unsigned left = 0;
  for (char& c : out) {
    if (left == 0) {
      word = random.next();
      left = per_word;
    }
    c = character(word & ((1U << bits) - 1));
    word >>= bits;
    --left;
  }
  return out;
}

}  // namespace

std::string make_payload(Filler filler, std::size_t bytes, std::uint64_t seed) {
  if (filler == Filler::text)
    return fill(bytes, seed, 6, [](std::uint64_t index) { return kAlphabet[index]; });
  return fill(bytes, seed, 8, [](std::uint64_t byte) { return static_cast<char>(byte); });
}

}  // namespace ringstorm
