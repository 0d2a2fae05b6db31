#include "load/connection_curve.h"

#include <algorithm>

#include "base/check.h"
#include "base/wide.h"

namespace ringstorm {

// Step j (from 0) happens at start + floor(j * length / steps): by `time` those have with j * length / steps
// < time - start + 1.
std::uint64_t ConnectionCurve::Piece::done_by(Duration time) const {
  if (time < start || steps == 0) return 0;
  if (time - start >= length) return steps;
  const Wide since = static_cast<std::uint64_t>((time - start).count());
  const Wide all = static_cast<std::uint64_t>(length.count());
  return static_cast<std::uint64_t>(std::min<Wide>(((since + 1) * steps + all - 1) / all, steps));
}

Duration ConnectionCurve::Piece::step_at(std::uint64_t step) const {
  const Wide at = Wide{step} * static_cast<std::uint64_t>(length.count()) / steps;
  return start + Duration{static_cast<Duration::rep>(at)};
}

ConnectionCurve::ConnectionCurve(std::uint64_t initial, std::span<const ConnectionStage> stages)
    : most_(initial) {
  std::uint64_t opened = initial;
  std::uint64_t closed = 0;
  Duration start{0};
  pieces_.push_back({.grows = true,
                     .steps = 0,
                     .start = start,
                     .length = Duration::max(),
                     .opened_before = opened,
                     .closed_before = closed});
  for (const ConnectionStage& stage : stages) {
    RS_CHECK(stage.length > Duration{0});
    const std::uint64_t before = opened - closed;
    const bool grows = stage.to >= before;
    const std::uint64_t steps = grows ? stage.to - before : before - stage.to;
    pieces_.push_back({.grows = grows,
                       .steps = steps,
                       .start = start,
                       .length = stage.length,
                       .opened_before = opened,
                       .closed_before = closed});
    (grows ? opened : closed) += steps;
    most_ = std::max(most_, stage.to);
    start += stage.length;
  }
}

const ConnectionCurve::Piece& ConnectionCurve::piece_at(Duration time) const {
  auto piece = pieces_.end() - 1;
  while (piece != pieces_.begin() && time < piece->start) --piece;
  return *piece;
}

std::uint64_t ConnectionCurve::opened_by(Duration time) const {
  const Piece& piece = piece_at(time);
  return piece.opened_before + (piece.grows ? piece.done_by(time) : 0);
}

std::uint64_t ConnectionCurve::closed_by(Duration time) const {
  const Piece& piece = piece_at(time);
  return piece.closed_before + (piece.grows ? 0 : piece.done_by(time));
}

Duration ConnectionCurve::next_change(Duration time) const {
  for (const Piece& piece : pieces_) {
    const std::uint64_t done = piece.done_by(time);
    if (done < piece.steps) return piece.step_at(done);
  }
  return Duration::max();
}

}  // namespace ringstorm
