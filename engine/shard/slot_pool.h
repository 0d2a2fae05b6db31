// Which of a shard's slots hold a connection: a slot never used before is taken first, as long as there is
// one, and one whose connection has gone after that.
#pragma once

#include <cstdint>

#include "base/check.h"
#include "base/fifo.h"
#include "io/ring.h"

namespace ringstorm {

class SlotPool {
 public:
  explicit SlotPool(std::uint32_t size) : size_(size), vacated_(size) {}

  bool has_free() const { return used_ < size_ || !vacated_.empty(); }
  Slot take() {
    RS_CHECK(has_free());
    ++live_;
    return used_ < size_ ? used_++ : vacated_.pop();
  }
  void give_back(Slot slot) {
    RS_CHECK(live_ > 0);
    --live_;
    vacated_.push(slot);
  }

  /// Those below it were ever in use.
  Slot used() const { return used_; }
  /// How many are in use.
  std::uint32_t live() const { return live_; }
  /// None is in use any more.
  bool idle() const { return live_ == 0; }

 private:
  std::uint32_t size_;
  Slot used_ = 0;
  std::uint32_t live_ = 0;
  Fifo<Slot> vacated_;
};

}  // namespace ringstorm
