// How many connections a run keeps open over time: grow, hold, shrink. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"

namespace ringstorm {

/// From what there was before to `to`, evenly over `length`.
struct ConnectionStage {
  std::uint64_t to = 0;
  Duration length{0};  ///< > 0
};

/// Told as two counts that only grow, those opened and those closed so far, so that whoever follows it needs
/// to remember no more than how many of each it has done. A stage's first connection opens or closes at its
/// start and its last one before its end.
class ConnectionCurve {
 public:
  /// `initial` are open from the start; after the last stage nothing changes.
  ConnectionCurve(std::uint64_t initial, std::span<const ConnectionStage> stages);

  std::uint64_t opened_by(Duration time) const;  ///< the initial ones included
  std::uint64_t closed_by(Duration time) const;
  std::uint64_t count_at(Duration time) const { return opened_by(time) - closed_by(time); }
  /// The first instant after `time` at which one more is opened or closed; Duration::max() when none is.
  Duration next_change(Duration time) const;

  std::uint64_t most() const { return most_; }  ///< open at once
  std::uint64_t opened() const { return opened_by(Duration::max()); }

 private:
  struct Piece {
    bool grows;
    std::uint64_t steps;
    Duration start;
    Duration length;
    std::uint64_t opened_before;
    std::uint64_t closed_before;

    std::uint64_t done_by(Duration time) const;
    Duration step_at(std::uint64_t step) const;
  };

  const Piece& piece_at(Duration time) const;

  std::vector<Piece> pieces_;  ///< at least one
  std::uint64_t most_;
};

}  // namespace ringstorm
