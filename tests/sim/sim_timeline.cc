#include "sim/sim_timeline.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ringstorm {

bool SimTimeline::later(const Event& a, const Event& b) {
  return a.at != b.at ? a.at > b.at : a.order > b.order;
}

void SimTimeline::at(Instant when, Action action) {
  events_.push_back({std::max(when, now_), order_++, std::move(action)});
  std::push_heap(events_.begin(), events_.end(), later);
}

void SimTimeline::run_next() {
  RS_CHECK(!events_.empty());
  std::pop_heap(events_.begin(), events_.end(), later);
  const Event event = std::move(events_.back());
  events_.pop_back();
  now_ = event.at;
  event.action();
}

void SimTimeline::run_until(Instant when) {
  while (next() <= when) run_next();
  now_ = std::max(now_, when);
}

}  // namespace ringstorm
