// The measured window of a shard's run: when it begins and ends, and how many messages it may still hold.
// Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"
#include "plan/scenario.h"

namespace ringstorm {

class Window {
 public:
  static constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

  /// `messages` is the shard's share when the scenario is bounded by messages.
  void open(Instant start, const Scenario& scenario, std::uint64_t messages) {
    begin_ = start + scenario.warmup;
    end_ = scenario.duration ? begin_ + *scenario.duration : kNever;
    left_ = scenario.messages ? messages : kUnlimited;
  }

  Instant begin() const { return begin_; }
  Instant end() const { return end_; }
  bool contains(Instant t) const { return t >= begin_ && t < end_; }

  /// How many messages may begin now: the warm-up's are not counted.
  std::uint64_t allowance(Instant now) const { return now < begin_ ? kUnlimited : left_; }
  void spend(Instant now) {
    if (now >= begin_ && left_ != kUnlimited) --left_;
  }

  bool used_up() const { return left_ == 0; }
  bool over(Instant now) const { return now >= end_ || used_up(); }

  /// Nothing more is sent. A window bounded by messages ends with the last reply to them; any other, now.
  void stop_sending(Instant now, bool early) {
    if (early || !used_up() || now >= end_) end_ = std::min(end_, now);
  }
  /// Every reply that will come has come.
  void close(Instant last_reply) {
    if (end_ == kNever) end_ = std::max(last_reply, begin_);
  }

 private:
  Instant begin_ = kNever;
  Instant end_ = kNever;
  std::uint64_t left_ = kUnlimited;
};

}  // namespace ringstorm
