#include "load/shape.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/wide.h"

namespace ringstorm {
namespace {

constexpr std::uint64_t count_of(Duration d) {
  return static_cast<std::uint64_t>(d.count());
}

// Extended precision: 64 bits of mantissa keep a nanosecond apart over any run.
long double per_ns(Rate rate) {
  return static_cast<long double>(rate.events) / static_cast<long double>(rate.per.count());
}

long double as_number(Position position) {
  return static_cast<long double>(position.whole) + position.part;
}

bool before(Position a, Position b) {
  return a.whole != b.whole ? a.whole < b.whole : a.part < b.part;
}

/// b - a, for a not after b.
Position distance(Position a, Position b) {
  Position d{b.whole - a.whole, b.part - a.part};
  if (d.part < 0) {
    d.part += 1;
    --d.whole;
  }
  return d;
}

Position plus(Position a, Position b) {
  Position sum{a.whole + b.whole, a.part};
  sum.advance(b.part);
  return sum;
}

Duration to_duration(long double ns) {
  constexpr long double kMost = 9.2e18L;
  return ns >= kMost ? Duration::max() : Duration{static_cast<Duration::rep>(ns)};
}

constexpr Position kEndless{std::numeric_limits<std::uint64_t>::max(), 0};

// ---- steady

Duration steady_due(const Stage& stage, Position local) {
  if (stage.from.events == 0) return Duration::max();
  std::uint64_t product = 0;
  const std::uint64_t per = count_of(stage.from.per);
  const auto fraction = static_cast<std::uint64_t>(local.part * static_cast<double>(per) /
                                                   static_cast<double>(stage.from.events));
  // Division by 64 bits where they are enough: it takes a third of the time.
  if (!__builtin_mul_overflow(local.whole, per, &product))
    return Duration{static_cast<Duration::rep>(product / stage.from.events + fraction)};
  const Wide due = Wide{local.whole} * per / stage.from.events + fraction;
  return due < count_of(Duration::max()) ? Duration{static_cast<Duration::rep>(due)} : Duration::max();
}

Position steady_flow(const Stage& stage, Duration time) {
  const Wide events = Wide{count_of(time)} * stage.from.events;
  const std::uint64_t per = count_of(stage.from.per);
  return {static_cast<std::uint64_t>(events / per),
          static_cast<double>(static_cast<std::uint64_t>(events % per)) / static_cast<double>(per)};
}

// ---- ramp: the rate at t is r0 + a t, the flow r0 t + a t^2 / 2

struct Ramp {
  long double r0;
  long double a;
};

Ramp ramp_of(const Stage& stage) {
  const long double r0 = per_ns(stage.from);
  return {r0, (per_ns(stage.to) - r0) / static_cast<long double>(stage.length.count())};
}

Duration ramp_due(const Stage& stage, Position local) {
  const Ramp ramp = ramp_of(stage);
  const long double flow = as_number(local);
  if (flow <= 0) return Duration{0};
  // The root in the form that loses no digits when `a` is small or negative.
  const long double root = std::sqrt(std::max(ramp.r0 * ramp.r0 + 2 * ramp.a * flow, 0.0L));
  return to_duration(2 * flow / (ramp.r0 + root));
}

Position ramp_flow(const Stage& stage, Duration time) {
  const Ramp ramp = ramp_of(stage);
  const auto t = static_cast<long double>(time.count());
  const long double flow = ramp.r0 * t + ramp.a * t * t / 2;
  // A whole number that came out a hair below or above is that number.
  const long double nearest = std::round(flow);
  const bool is_whole = std::abs(flow - nearest) < 1e-6L;
  const long double whole = is_whole ? nearest : std::floor(flow);
  return {static_cast<std::uint64_t>(whole), is_whole ? 0 : static_cast<double>(flow - whole)};
}

// ---- burst

Duration burst_due(const Stage& stage, Position local) {
  const Wide due = Wide{local.whole / stage.burst} * count_of(stage.every);
  return due < count_of(Duration::max()) ? Duration{static_cast<Duration::rep>(due)} : Duration::max();
}

Position burst_flow(const Stage& stage, Duration time) {
  const std::uint64_t bursts = count_of(time) / count_of(stage.every) + (time % stage.every != Duration{0});
  return {bursts * stage.burst, 0};
}

// ---- any

/// When the place `local` of the stage's own flow is reached, after the stage's start.
Duration due_within(const Stage& stage, Position local) {
  switch (stage.kind) {
    case Stage::Kind::steady: return steady_due(stage, local);
    case Stage::Kind::ramp: return ramp_due(stage, local);
    case Stage::Kind::burst: return burst_due(stage, local);
  }
  return Duration::max();
}

/// How much flows in the first `time` of the stage.
Position flow_within(const Stage& stage, Duration time) {
  switch (stage.kind) {
    case Stage::Kind::steady: return steady_flow(stage, time);
    case Stage::Kind::ramp: return ramp_flow(stage, time);
    case Stage::Kind::burst: return burst_flow(stage, time);
  }
  return {};
}

void check(const Stage& stage) {
  RS_CHECK(stage.length > Duration{0});
  if (stage.kind == Stage::Kind::burst) {
    RS_CHECK(stage.burst > 0);
    RS_CHECK(stage.every > Duration{0});
  } else {
    RS_CHECK(stage.from.per > Duration{0});
  }
  if (stage.kind == Stage::Kind::ramp) {
    RS_CHECK(stage.to.per > Duration{0});
    RS_CHECK(stage.length < Duration::max());
  }
}

}  // namespace

void Position::advance(double by) {
  part += by;
  const double carry = std::floor(part);
  part -= carry;
  whole += static_cast<std::uint64_t>(carry);
}

LoadShape::LoadShape(std::span<const Stage> stages) {
  Position first{};
  Duration start{0};
  for (const Stage& stage : stages) {
    check(stage);
    RS_CHECK(start < Duration::max());
    const bool endless = stage.length == Duration::max();
    pieces_.push_back({stage, start, first, endless ? kEndless : flow_within(stage, stage.length)});
    first = plus(first, pieces_.back().flow);
    start = endless ? Duration::max() : start + stage.length;
  }
  RS_CHECK(!pieces_.empty());
}

const LoadShape::Piece& LoadShape::piece_of(Position position) const {
  // A silence has the same place at both ends: the piece that ends it is the one.
  auto piece = pieces_.end();
  while (piece != pieces_.begin() + 1 && before(position, (piece - 1)->first)) --piece;
  return *(piece - 1);
}

Duration LoadShape::due_at(Position position) const {
  const Piece& piece = piece_of(position);
  const Position local = distance(piece.first, position);
  if (!before(local, piece.flow)) return Duration::max();
  const Duration due = due_within(piece.stage, local);
  if (due >= Duration::max() - piece.start) return Duration::max();
  if (due < piece.stage.length) return piece.start + due;
  // Rounding may carry what belongs to a stage's very end over it.
  return piece.start + piece.stage.length - Duration{1};
}

std::uint64_t LoadShape::count_before(Duration time) const {
  if (time <= Duration{0}) return 0;
  const Piece& piece = piece_at(time);
  const Duration within = std::min(time - piece.start, piece.stage.length);
  std::uint64_t k = plus(piece.first, flow_within(piece.stage, within)).whole;
  // The flow is rounded and so are the instants: what counts is what due_at says.
  while (k > 0 && due_at({k - 1, 0}) >= time) --k;
  while (due_at({k, 0}) < time) ++k;
  return k;
}

const LoadShape::Piece& LoadShape::piece_at(Duration time) const {
  auto piece = pieces_.end() - 1;
  while (piece != pieces_.begin() && time < piece->start) --piece;
  return *piece;
}

}  // namespace ringstorm
