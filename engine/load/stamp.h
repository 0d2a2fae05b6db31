// A stamp: who sent a message, which of theirs it was and when it was due, in 52 bytes of text that are found
// again inside a message that another connection of the same run receives. It holds the program's own clock,
// so it means nothing to another machine or to another run, whose stamps are told from ours. What comes back
// from a server is never trusted: a check that only this run can make goes with it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/siphash.h"

namespace ringstorm {

struct Stamp {
  std::uint64_t connection = 0;  ///< of the sender, below 2^28
  std::uint64_t sequence = 0;    ///< of its stamped messages, modulo 2^40
  Instant intended{};            ///< when the message was due
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

/// "~rs" RUN(8) CONNECTION(7) SEQUENCE(10) INTENDED(15) CHECK(8) "~", the numbers in hexadecimal digits: it
/// stands in JSON and in any text as it is.
inline constexpr std::size_t kStampBytes = 52;

/// What tells the stamps of one run from those of others, drawn anew for each.
struct StampKey {
  std::uint32_t run = 0;  ///< stands in the stamp, to tell those of another run from damaged ones
  SipKey secret = {};     ///< makes the check
};

void write_stamp(std::span<std::byte, kStampBytes> out, const Stamp& stamp, const StampKey& key);

/// What was found in a message, the better the later in this list.
struct StampReading {
  enum class Kind : std::uint8_t {
    none,
    malformed,  ///< begins as a stamp and does not go on as one
    foreign,    ///< another run's
    forged,     ///< this run's by its number, and the check is wrong: damaged, or made up
    ours,
  };
  Kind kind = Kind::none;
  Stamp stamp = {};  ///< ours
};

/// The first of this run's stamps in `payload`, or the best of what looks like one.
StampReading find_stamp(std::span<const std::byte> payload, const StampKey& key);

/// Finds the stamp of a message that arrives in pieces. All zeroes is the state before a message.
class StampScanner {
 public:
  void feed(std::span<const std::byte> piece, const StampKey& key);
  /// Of the message that has come to its end: the next piece is another one's first.
  StampReading take();

 private:
  StampReading best_;
  std::array<std::byte, kStampBytes - 1> tail_;  ///< the last bytes before, where a stamp may have begun
  std::uint8_t kept_;
};

}  // namespace ringstorm
