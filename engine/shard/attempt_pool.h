// The upgrade attempts of a shard: as many as may be in progress at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "connection/upgrade_attempt.h"

namespace ringstorm {

class AttemptPool {
 public:
  AttemptPool(std::size_t count, std::size_t max_head_bytes) {
    attempts_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      attempts_.emplace_back(max_head_bytes);
      free_.push_back(static_cast<std::uint32_t>(i));
    }
  }

  bool exhausted() const { return free_.empty(); }
  bool idle() const { return free_.size() == attempts_.size(); }

  std::uint32_t acquire() {
    RS_CHECK(!free_.empty());
    const std::uint32_t index = free_.back();
    free_.pop_back();
    return index;
  }
  void release(std::uint32_t index) {
    RS_CHECK(free_.size() < attempts_.size());
    free_.push_back(index);
  }
  UpgradeAttempt& operator[](std::uint32_t index) { return attempts_[index]; }

 private:
  std::vector<UpgradeAttempt> attempts_;
  std::vector<std::uint32_t> free_;
};

}  // namespace ringstorm
