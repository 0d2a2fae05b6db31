// A stamp: who sent a message, which of theirs it was and when it was due, in 40 bytes of text that are found
// again inside a message that another connection of the same run receives. It holds the program's own clock,
// so it means nothing to another machine or to a later run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"

namespace ringstorm {

struct Stamp {
  std::uint64_t connection = 0;  ///< of the sender, below 2^28
  std::uint64_t sequence = 0;    ///< of its messages, modulo 2^40
  Instant intended{};            ///< when the message was due
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

/// "~rs" TAG(4) CONNECTION(7) SEQUENCE(10) INTENDED(15) "~", the numbers in hexadecimal digits: it stands in
/// JSON and in any text as it is.
inline constexpr std::size_t kStampBytes = 40;

/// Tells the stamps of one run from those of others.
std::uint16_t stamp_tag(std::uint64_t seed);

void write_stamp(std::span<std::byte, kStampBytes> out, const Stamp& stamp, std::uint16_t tag);

/// The first stamp with this tag in `payload`, or nothing.
std::optional<Stamp> find_stamp(std::span<const std::byte> payload, std::uint16_t tag);

/// Finds the first stamp of a message that arrives in pieces. All zeroes is the state before a message.
class StampScanner {
 public:
  /// The next piece of the message; returns the stamp once, when its last byte has come.
  std::optional<Stamp> feed(std::span<const std::byte> piece, std::uint16_t tag);
  /// The message is over: the next piece is another one's first.
  void end_message() {
    kept_ = 0;
    found_ = false;
  }

 private:
  std::array<std::byte, kStampBytes - 1> tail_;  ///< the last bytes before, where a stamp may have begun
  std::uint8_t kept_;
  bool found_;
};

}  // namespace ringstorm
