// The shape of an open loop's load: how the rate of messages goes over time, stage after stage. Every instant
// is computed from the start of its stage, never accumulated, so a shape does not drift however long it runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/units.h"

namespace ringstorm {

/// A stretch of time in which the rate follows one rule.
struct Stage {
  enum class Kind : std::uint8_t {
    steady,  ///< `from` throughout; 0 events are a silence
    ramp,    ///< in a straight line from `from` to `to`
    burst,   ///< `burst` messages at once, every `every`, the first at its start
  };
  Kind kind = Kind::steady;
  Rate from{};
  Rate to{};                ///< ramp only
  std::uint64_t burst = 0;  ///< > 0
  Duration every{0};        ///< > 0
  Duration length{0};       ///< > 0; Duration::max() for one without an end, which only the last may be

  friend bool operator==(const Stage&, const Stage&) = default;
};

/// A place in the flow of messages. Evenly spaced ones stand at 0, 1, 2, ...; those of a random process lie
/// anywhere, and as many of them as of the others come before any place, on average.
struct Position {
  std::uint64_t whole = 0;
  double part = 0;  ///< [0, 1)

  void advance(double by);  ///< by >= 0
};

class LoadShape {
 public:
  explicit LoadShape(std::span<const Stage> stages);

  /// When the message at `position` is due, after the start. Duration::max() when that is at the end of the
  /// last stage or beyond. Never earlier than for a smaller position. Exact to the nanosecond, rounded down,
  /// for whole positions of steady stages that begin at one; elsewhere within a few nanoseconds.
  Duration due_at(Position position) const;

  /// How many evenly spaced messages are due before `time`: those k with due_at(k) < time.
  std::uint64_t count_before(Duration time) const;

 private:
  struct Piece {
    Stage stage;
    Duration start{0};
    Position first;  ///< the place in the flow at its start
    Position flow;   ///< how far it goes
  };

  const Piece& piece_of(Position position) const;
  const Piece& piece_at(Duration time) const;

  std::vector<Piece> pieces_;
};

}  // namespace ringstorm
