// For tests of the verdict on the generator: makes a shard's thread stand still now and then, as a generator
// that is short of a processor would.
#pragma once

#include "base/clock.h"

namespace ringstorm {

/// RINGSTORM_TEST_STALL="5ms/100ms" in the environment: 5 ms of doing nothing every 100 ms. Without it, and
/// with anything else in it, nothing happens.
class StallHook {
 public:
  StallHook();
  /// Once a turn of the loop.
  void turn() {
    if (next_ != kNever) stall_when_due();
  }

 private:
  void stall_when_due();

  Duration length_{0};
  Duration every_{0};
  Instant next_ = kNever;
};

}  // namespace ringstorm
