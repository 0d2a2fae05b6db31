// When a closed loop may send: at any time, or only within given spans of the run. Pure.
#pragma once

#include <cstddef>
#include <span>

#include "base/clock.h"
#include "plan/plan.h"

namespace ringstorm {

class Turnstile {
 public:
  /// Without spans it is always open. They are in order, do not overlap, and outlive it.
  explicit Turnstile(std::span<const StageSpan> spans) : spans_(spans), open_(spans.empty()) {}

  void start(Instant at) {
    start_ = at;
    if (open_) opened_at_ = at;
    find_next();
  }

  /// To be told the time as it goes on. True when a span has begun since.
  bool moves_to(Instant now) {
    if (now < next_) {
      open_ = open_ && now < end_;
      return false;
    }
    for (; now >= next_; find_next()) {
      opened_at_ = next_;
      end_ = start_ + spans_[following_++].end;
    }
    open_ = now < end_;
    return open_;
  }

  bool is_open() const { return open_; }
  /// When the span that it is open for began, and when the next one does; kNever when none does.
  Instant opened_at() const { return opened_at_; }
  Instant next() const { return next_; }

 private:
  void find_next() { next_ = following_ < spans_.size() ? start_ + spans_[following_].begin : kNever; }

  std::span<const StageSpan> spans_;
  std::size_t following_ = 0;  ///< the span after the current one
  bool open_;
  Instant start_{};
  Instant opened_at_{};
  Instant end_ = kNever;
  Instant next_ = kNever;
};

}  // namespace ringstorm
