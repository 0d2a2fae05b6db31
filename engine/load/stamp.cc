#include "load/stamp.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "load/hex.h"

namespace ringstorm {
namespace {

constexpr std::string_view kMark = "~rs";
constexpr std::byte kEnd{'~'};
constexpr std::size_t kRunDigits = 8;
constexpr std::size_t kConnectionDigits = 7;
constexpr std::size_t kSequenceDigits = 10;
constexpr std::size_t kIntendedDigits = 15;  // 36 years since the machine was started
constexpr std::size_t kCheckDigits = 8;
static_assert(kMark.size() + kRunDigits + kConnectionDigits + kSequenceDigits + kIntendedDigits +
                  kCheckDigits + 1 ==
              kStampBytes);

constexpr std::uint64_t lowest_digits(std::uint64_t value, std::size_t digits) {
  return value & ((std::uint64_t{1} << 4 * digits) - 1);
}

std::uint64_t nanoseconds_of(const Stamp& stamp) {
  return static_cast<std::uint64_t>(stamp.intended.time_since_epoch().count());
}

/// Of what stands in the stamp, which may be less than what was to be written.
std::uint64_t check_of(const Stamp& stamp, const StampKey& key) {
  const std::array words{lowest_digits(stamp.connection, kConnectionDigits),
                         lowest_digits(stamp.sequence, kSequenceDigits),
                         lowest_digits(nanoseconds_of(stamp), kIntendedDigits)};
  return lowest_digits(siphash_2_4(key.secret, words), kCheckDigits);
}

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

using Kind = StampReading::Kind;

bool begins_with_mark(std::span<const std::byte> bytes) {
  return bytes.size() >= kMark.size() && std::memcmp(bytes.data(), kMark.data(), kMark.size()) == 0;
}

StampReading read_stamp(std::span<const std::byte, kStampBytes> bytes, const StampKey& key) {
  Fields fields{bytes};
  const std::uint64_t run = fields.take(kRunDigits);
  Stamp stamp;
  stamp.connection = fields.take(kConnectionDigits);
  stamp.sequence = fields.take(kSequenceDigits);
  stamp.intended = Instant{nanoseconds(static_cast<std::int64_t>(fields.take(kIntendedDigits)))};
  const std::uint64_t check = fields.take(kCheckDigits);
  if (!fields.right()) return {Kind::malformed, {}};
  if (run != key.run) return {Kind::foreign, {}};
  if (check != check_of(stamp, key)) return {Kind::forged, {}};
  return {Kind::ours, stamp};
}

void keep_better(StampReading& best, const StampReading& found) {
  if (found.kind > best.kind) best = found;
}

/// What is left of `payload` from the next place on where a mark may begin; empty when there is none.
std::span<const std::byte> next_mark(std::span<const std::byte> payload) {
  if (payload.empty()) return {};
  const void* const mark = std::memchr(payload.data(), kMark.front(), payload.size());
  if (mark == nullptr) return {};
  return payload.subspan(static_cast<std::size_t>(static_cast<const std::byte*>(mark) - payload.data()));
}

/// Among the stamps that stand whole in `payload`.
StampReading best_within(std::span<const std::byte> payload, const StampKey& key) {
  StampReading best;
  for (payload = next_mark(payload); payload.size() >= kStampBytes && best.kind != Kind::ours;
       payload = next_mark(payload.subspan(1))) {
    if (begins_with_mark(payload)) keep_better(best, read_stamp(payload.first<kStampBytes>(), key));
  }
  return best;
}

/// Whether a stamp begins in the last bytes of a message, where none has room.
bool is_cut_off(std::span<const std::byte> last) {
  for (last = next_mark(last); !last.empty(); last = next_mark(last.subspan(1)))
    if (begins_with_mark(last)) return true;
  return false;
}

}  // namespace

void write_stamp(std::span<std::byte, kStampBytes> out, const Stamp& stamp, const StampKey& key) {
  std::memcpy(out.data(), kMark.data(), kMark.size());
  std::byte* at = out.data() + kMark.size();
  at = write_hex(at, key.run, kRunDigits);
  at = write_hex(at, stamp.connection, kConnectionDigits);
  at = write_hex(at, stamp.sequence, kSequenceDigits);
  at = write_hex(at, nanoseconds_of(stamp), kIntendedDigits);
  at = write_hex(at, check_of(stamp, key), kCheckDigits);
  *at = kEnd;
}

StampReading find_stamp(std::span<const std::byte> payload, const StampKey& key) {
  StampReading best = best_within(payload, key);
  if (best.kind == Kind::none && is_cut_off(payload.last(std::min(payload.size(), kStampBytes - 1))))
    best.kind = Kind::malformed;
  return best;
}

// A stamp that lies across two pieces lies in what was kept and the first bytes of the next one.
void StampScanner::feed(std::span<const std::byte> piece, const StampKey& key) {
  if (best_.kind == Kind::ours) return;
  std::array<std::byte, 2 * (kStampBytes - 1)> seam;
  const std::size_t added = std::min(piece.size(), kStampBytes - 1);
  std::copy_n(tail_.begin(), kept_, seam.begin());
  std::copy_n(piece.begin(), added, seam.begin() + kept_);
  const std::span<const std::byte> joined(seam.data(), kept_ + added);
  if (kept_ > 0) keep_better(best_, best_within(joined, key));
  keep_better(best_, best_within(piece, key));
  const std::span<const std::byte> source = piece.size() >= tail_.size() ? piece : joined;
  const std::span<const std::byte> last = source.last(std::min(source.size(), tail_.size()));
  std::copy(last.begin(), last.end(), tail_.begin());
  kept_ = static_cast<std::uint8_t>(last.size());
}

StampReading StampScanner::take() {
  StampReading found = best_;
  if (found.kind == Kind::none && is_cut_off(std::span(tail_).first(kept_))) found.kind = Kind::malformed;
  best_ = {};
  kept_ = 0;
  return found;
}

}  // namespace ringstorm
