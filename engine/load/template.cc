#include "load/template.h"

#include <charconv>
#include <cstring>

#include "base/check.h"
#include "load/hex.h"
#include "load/stamp.h"

namespace ringstorm {
namespace {

std::byte* write_text(std::byte* out, std::string_view text) {
  if (!text.empty()) std::memcpy(out, text.data(), text.size());  // an empty one may lie nowhere
  return out + text.size();
}

template <class Number>
std::byte* write_number(std::byte* out, Number number) {
  constexpr std::size_t kLongest = 20;  // the least 64-bit number with its sign, and the greatest without
  auto* const text = reinterpret_cast<char*>(out);
  return reinterpret_cast<std::byte*>(std::to_chars(text, text + kLongest, number).ptr);
}

std::byte* write_random_hex(std::byte* out, std::uint64_t digits, Prng& random) {
  constexpr std::uint64_t kDigitsOfAWord = 16;
  for (; digits > kDigitsOfAWord; digits -= kDigitsOfAWord)
    out = write_hex(out, random.next(), kDigitsOfAWord);
  return write_hex(out, random.next(), digits);
}

/// Version 4 of RFC 9562 section 5.4: random but for the version and the variant.
std::byte* write_uuid(std::byte* out, Prng& random) {
  const std::uint64_t high = random.next(), low = random.next();
  constexpr std::byte kDash{'-'};
  out = write_hex(out, high >> 32, 8);
  *out++ = kDash;
  out = write_hex(out, high >> 16, 4);
  *out++ = kDash;
  out = write_hex(out, (high & 0x0FFF) | 0x4000, 4);
  *out++ = kDash;
  out = write_hex(out, (low >> 48 & 0x3FFF) | 0x8000, 4);
  *out++ = kDash;
  return write_hex(out, low, 12);
}

std::byte* write_stamp_of(std::byte* out, const TemplateContext& context) {
  const Stamp stamp{context.connection, context.stamped, context.intended};
  write_stamp(std::span<std::byte, kStampBytes>(out, kStampBytes), stamp, context.stamp_key);
  return out + kStampBytes;
}

std::byte* write_escaped(std::byte* out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out = write_hex(write_text(out, "\\u00"), byte, 2);
      continue;
    }
    if (c == '"' || c == '\\') *out++ = std::byte{'\\'};
    *out++ = static_cast<std::byte>(c);
  }
  return out;
}

}  // namespace

std::byte* Template::fill_hole(std::byte* out, const Hole& hole, const TemplateContext& context,
                               Prng& random) const {
  const auto from_outside = [&](std::string_view value) {
    RS_CHECK(value.size() <= hole.longest);
    return escaping_ == Escaping::json ? write_escaped(out, value) : write_text(out, value);
  };
  switch (hole.kind) {
    case Kind::connection: return write_number(out, context.connection);
    case Kind::sequence: return write_number(out, context.sequence);
    case Kind::session: return from_outside(context.session);
    case Kind::stamp: return write_stamp_of(out, context);
    case Kind::uuid: return write_uuid(out, random);
    case Kind::time: return write_number(out, context.unix_ns / hole.first);
    case Kind::random_int: {
      const std::uint64_t offset = hole.span == 0 ? random.next() : random.below(hole.span);
      return write_number(out, static_cast<std::int64_t>(static_cast<std::uint64_t>(hole.first) + offset));
    }
    case Kind::random_hex: return write_random_hex(out, hole.span, random);
    case Kind::value: return from_outside(context.values[hole.span]);
  }
  return out;
}

std::size_t Template::fill(std::span<std::byte> out, const TemplateContext& context, Prng& random) const {
  RS_CHECK(out.size() >= max_bytes_);
  std::byte* at = out.data();
  std::string_view rest = literals_;
  for (const Hole& hole : holes_) {
    at = write_text(at, rest.substr(0, hole.literal_bytes));
    rest.remove_prefix(hole.literal_bytes);
    at = fill_hole(at, hole, context, random);
  }
  at = write_text(at, rest);
  return static_cast<std::size_t>(at - out.data());
}

Prng template_random(std::uint64_t seed, std::uint64_t connection) {
  constexpr std::uint64_t kTemplateStream = 0x7e391a7e;
  // Two steps apart in the same sequence would share all their numbers but two: the state is drawn instead.
  return Prng{Prng{seed ^ kTemplateStream ^ connection << 24}.next()};
}

}  // namespace ringstorm
