// Questions about the steps of a session as a whole, into every repeat and every branch.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "session/session_form.h"

namespace ringstorm {

using Steps = std::vector<StepForm>;

/// Whether a step of this kind stands somewhere in the steps.
inline bool any_step(const Steps& steps, bool (*is_it)(const StepForm&)) {
  return std::ranges::any_of(steps, [&](const StepForm& step) {
    return is_it(step) || any_step(step.steps, is_it) ||
           std::ranges::any_of(step.branches, [&](const BranchForm& b) { return any_step(b.steps, is_it); });
  });
}

/// Whether every way through the steps meets one of this kind.
inline bool every_way(const Steps& steps, bool (*is_it)(const StepForm&)) {
  return std::ranges::any_of(steps, [&](const StepForm& step) {
    if (step.kind != StepForm::Kind::choose) return is_it(step) || every_way(step.steps, is_it);
    return std::ranges::all_of(
        step.branches, [&](const BranchForm& b) { return b.weight == 0 || every_way(b.steps, is_it); });
  });
}

inline bool sends(const StepForm& step) {
  return step.kind == StepForm::Kind::send;
}
inline bool takes_time(const StepForm& step) {
  return step.kind != StepForm::Kind::repeat && step.kind != StepForm::Kind::choose;
}
inline bool does_something(const StepForm& step) {
  return takes_time(step) && step.kind != StepForm::Kind::wait;
}

inline std::uint32_t sends_with_reply(const Steps& steps) {
  std::uint32_t count = 0;
  for (const StepForm& step : steps) {
    count += sends(step) && step.message.reply;
    count += sends_with_reply(step.steps);
    for (const BranchForm& branch : step.branches) count += sends_with_reply(branch.steps);
  }
  return count;
}

}  // namespace ringstorm
