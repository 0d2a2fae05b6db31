#include "plan/slice_load.h"

#include <utility>

#include "base/check.h"

namespace ringstorm {
namespace {

/// Silence wherever no slice is.
std::vector<Stage> shape_of(const Stage& on, const std::vector<StageSpan>& slices, Duration length) {
  const Rate silence{0, seconds(1)};
  std::vector<Stage> shape;
  Duration at{0};
  const auto be_silent_until = [&](Duration time) {
    if (time > at) shape.push_back({.from = silence, .to = silence, .length = time - at});
    at = time;
  };
  for (const StageSpan& slice : slices) {
    be_silent_until(slice.begin);
    shape.push_back({.from = on.from, .to = on.from, .length = slice.end - slice.begin});
    at = slice.end;
  }
  be_silent_until(length);
  return shape;
}

}  // namespace

void slice_load(Plan& plan, std::vector<StageSpan> slices, Duration length) {
  if (plan.load.open_loop()) {
    const Stage on = plan.load.shape.back();
    RS_CHECK(on.kind == Stage::Kind::steady);
    plan.load.shape = shape_of(on, slices, length);
    plan.load.planned_messages.reset();
  } else {
    plan.load.gated = true;
  }
  plan.load.stages = std::move(slices);
  plan.scenario.warmup = Duration{0};
  plan.scenario.duration = length;
}

}  // namespace ringstorm
