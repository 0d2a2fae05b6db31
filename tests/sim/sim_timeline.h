// The simulated clock, and what is going to happen on it. Time stands still while code runs and moves only
// from one event to the next, so a run takes no time and the same seed gives the same run.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.h"

namespace ringstorm {

class SimTimeline {
 public:
  using Action = std::function<void()>;

  Instant now() const { return now_; }
  void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }
  /// Events of the same instant happen in the order they were asked for.
  void at(Instant when, Action action);
  /// When the next event is due; kNever when nothing is going to happen.
  Instant next() const { return events_.empty() ? kNever : events_.front().at; }
  /// Moves to the next event and lets it happen.
  void run_next();
  /// Lets everything due by `when` happen, and moves there.
  void run_until(Instant when);

 private:
  struct Event {
    Instant at;
    std::uint64_t order;
    Action action;
  };
  static bool later(const Event& a, const Event& b);

  // Any start but 0 would do: an instant of 0 means "poll" to a ring.
  Instant now_{seconds(1'000)};
  std::uint64_t order_ = 0;
  std::vector<Event> events_;  // a heap, the earliest first
};

}  // namespace ringstorm
