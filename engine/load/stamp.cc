#include "load/stamp.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/prng.h"
#include "load/hex.h"

namespace ringstorm {
namespace {

constexpr std::string_view kMark = "~rs";
constexpr std::byte kEnd{'~'};
constexpr std::size_t kTagDigits = 4;
constexpr std::size_t kConnectionDigits = 7;
constexpr std::size_t kSequenceDigits = 10;
constexpr std::size_t kIntendedDigits = 15;  // 36 years since the machine was started
static_assert(kMark.size() + kTagDigits + kConnectionDigits + kSequenceDigits + kIntendedDigits + 1 ==
              kStampBytes);

/// Reads the fields of a stamp one after the other.
class Fields {
 public:
  explicit Fields(std::span<const std::byte, kStampBytes> stamp) : rest_(stamp.subspan(kMark.size())) {}

  std::uint64_t take(std::size_t digits) {
    const std::optional<std::uint64_t> value = read_hex(rest_.first(digits));
    right_ = right_ && value.has_value();
    rest_ = rest_.subspan(digits);
    return value.value_or(0);
  }
  bool right() const { return right_ && rest_.front() == kEnd; }

 private:
  std::span<const std::byte> rest_;
  bool right_ = true;
};

std::optional<Stamp> read_stamp(std::span<const std::byte, kStampBytes> bytes, std::uint16_t tag) {
  if (std::memcmp(bytes.data(), kMark.data(), kMark.size()) != 0) return std::nullopt;
  Fields fields{bytes};
  const bool ours = fields.take(kTagDigits) == tag;
  Stamp stamp;
  stamp.connection = fields.take(kConnectionDigits);
  stamp.sequence = fields.take(kSequenceDigits);
  stamp.intended = Instant{nanoseconds(static_cast<std::int64_t>(fields.take(kIntendedDigits)))};
  return ours && fields.right() ? std::optional{stamp} : std::nullopt;
}

}  // namespace

std::uint16_t stamp_tag(std::uint64_t seed) {
  constexpr std::uint64_t kTagStream = 0x57a3b;
  return static_cast<std::uint16_t>(Prng{seed ^ kTagStream}.next() >> 48);
}

void write_stamp(std::span<std::byte, kStampBytes> out, const Stamp& stamp, std::uint16_t tag) {
  std::memcpy(out.data(), kMark.data(), kMark.size());
  std::byte* at = out.data() + kMark.size();
  at = write_hex(at, tag, kTagDigits);
  at = write_hex(at, stamp.connection, kConnectionDigits);
  at = write_hex(at, stamp.sequence, kSequenceDigits);
  at = write_hex(at, static_cast<std::uint64_t>(stamp.intended.time_since_epoch().count()), kIntendedDigits);
  *at = kEnd;
}

std::optional<Stamp> find_stamp(std::span<const std::byte> payload, std::uint16_t tag) {
  while (payload.size() >= kStampBytes) {
    const std::size_t places = payload.size() - kStampBytes + 1;
    const void* mark = std::memchr(payload.data(), kMark.front(), places);
    if (mark == nullptr) return std::nullopt;
    payload = payload.subspan(static_cast<std::size_t>(static_cast<const std::byte*>(mark) - payload.data()));
    if (const auto stamp = read_stamp(payload.first<kStampBytes>(), tag)) return stamp;
    payload = payload.subspan(1);
  }
  return std::nullopt;
}

// A stamp that lies across two pieces lies in what was kept and the first bytes of the next one.
std::optional<Stamp> StampScanner::feed(std::span<const std::byte> piece, std::uint16_t tag) {
  if (found_) return std::nullopt;
  std::array<std::byte, 2 * (kStampBytes - 1)> seam;
  const std::size_t added = std::min(piece.size(), kStampBytes - 1);
  std::copy_n(tail_.begin(), kept_, seam.begin());
  std::copy_n(piece.begin(), added, seam.begin() + kept_);
  const std::span<const std::byte> joined(seam.data(), kept_ + added);
  std::optional<Stamp> stamp = kept_ > 0 ? find_stamp(joined, tag) : std::nullopt;
  if (!stamp) stamp = find_stamp(piece, tag);
  found_ = stamp.has_value();
  const std::span<const std::byte> source = piece.size() >= tail_.size() ? piece : joined;
  const std::span<const std::byte> last = source.last(std::min(source.size(), tail_.size()));
  std::copy(last.begin(), last.end(), tail_.begin());
  kept_ = static_cast<std::uint8_t>(last.size());
  return stamp;
}

}  // namespace ringstorm
