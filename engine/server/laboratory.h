// What all shards of a server share that has a fault plan: the plan, its seed, and the moment its clock
// began.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "load/fault_plan.h"

namespace ringstorm {

class Laboratory {
 public:
  Laboratory(FaultPlan plan, std::uint64_t seed) : plan_(std::move(plan)), seed_(seed) {}

  const FaultPlan& plan() const { return plan_; }
  std::uint64_t seed() const { return seed_; }

  /// Stalls are counted from the first WebSocket of any shard, which this tells of. Later ones change
  /// nothing.
  void begin_clock(Instant now) {
    std::int64_t none = kNotBegun;
    first_.compare_exchange_strong(none, now.time_since_epoch().count(), std::memory_order_relaxed);
  }

  /// When the stall that holds now ends; nothing when none does.
  std::optional<Instant> stall_end(Instant now) const {
    const auto first = begun();
    if (!plan_.stall || !first) return std::nullopt;
    const auto end = plan_.stall->end_at(now - *first);
    return end ? std::optional{*first + *end} : std::nullopt;
  }
  /// When the next stall begins, after now; kNever when it is not known.
  Instant next_stall(Instant now) const {
    const auto first = begun();
    return plan_.stall && first ? *first + plan_.stall->next_after(now - *first) : kNever;
  }

 private:
  static constexpr std::int64_t kNotBegun = std::numeric_limits<std::int64_t>::min();

  std::optional<Instant> begun() const {
    const std::int64_t first = first_.load(std::memory_order_relaxed);
    return first == kNotBegun ? std::nullopt : std::optional{Instant{Duration{first}}};
  }

  FaultPlan plan_;
  std::uint64_t seed_;
  std::atomic<std::int64_t> first_{kNotBegun};
};

}  // namespace ringstorm
