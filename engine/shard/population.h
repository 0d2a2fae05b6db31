// How many of its connections a shard should have opened, and closed again, by now. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"
#include "load/connection_curve.h"
#include "load/schedule.h"
#include "load/share.h"
#include "plan/plan.h"

namespace ringstorm {

/// The k-th connection of the run is opened at the same instant whatever the number of shards: they take
/// turns.
class Population {
 public:
  /// `origin` is when the run begins to open its first connections.
  Population(const Plan& plan, std::uint32_t shard, Instant origin)
      : share_(std::max<std::uint64_t>(plan.load.most_connections, plan.segments.size()), shard,
               plan.segments.size()),
        opening_(origin, plan.scenario.open_rate),
        curve_(plan.load.initial_connections, plan.load.connection_stages),
        initial_(share_.count_below(plan.load.initial_connections)),
        all_(share_.count_below(curve_.opened())) {}

  /// Those of the opening phase, and those of the whole run.
  std::uint64_t initial() const { return initial_; }
  std::uint64_t all() const { return all_; }

  /// When the one after `opened` of the initial ones is due.
  Instant next_initial(std::uint64_t opened) const {
    return opened < initial_ ? opening_.due_at(share_.number(opened)) : kNever;
  }

  /// From here on `begin`, when the measured window does, rules.
  void start(Instant begin) { begin_ = begin; }
  std::uint64_t opened_by(Instant now) const { return share_.count_below(curve_.opened_by(now - begin_)); }
  std::uint64_t closed_by(Instant now) const { return share_.count_below(curve_.closed_by(now - begin_)); }
  Instant next_change(Instant now) const {
    const Duration change = curve_.next_change(now - begin_);
    return change == Duration::max() ? kNever : begin_ + change;
  }

 private:
  Share share_;
  ConstantRate opening_;
  ConnectionCurve curve_;
  std::uint64_t initial_;
  std::uint64_t all_;
  Instant begin_{};
};

}  // namespace ringstorm
