// Whom a shard says goodbye to next at the end of its run: one connection after the other, and only so many
// at once. Otherwise the last of very many would wait for the first to be served for longer than a close
// handshake may take.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "io/ring.h"
#include "shard/slot_pool.h"

namespace ringstorm {

class Farewell {
 public:
  /// Of one of `shards`.
  explicit Farewell(std::size_t shards)
      : most_(static_cast<std::uint32_t>(std::max<std::size_t>(kMostInRun / shards, kFewest))) {}

  /// The next slot in turn, whether it holds a connection or not, when there is one and its time has come.
  std::optional<Slot> next(const SlotPool& slots) {
    if (next_ == 0) live_at_first_ = slots.live();
    const std::uint32_t gone = live_at_first_ - slots.live();
    if (next_ == slots.used() || begun_ - std::min(begun_, gone) >= most_) return std::nullopt;
    return next_++;
  }
  /// The slot held one, whose end has begun.
  void begun() { ++begun_; }

  /// One did not answer in time. When most do not, nobody waits for anybody any more.
  void missed(const SlotPool& slots) {
    const std::uint32_t gone = live_at_first_ - slots.live();
    if (++missed_ >= most_ / 2 && missed_ > gone / 2) most_ = std::numeric_limits<std::uint32_t>::max();
  }

 private:
  static constexpr std::size_t kMostInRun = 4096;
  static constexpr std::size_t kFewest = 64;

  std::uint32_t most_;
  Slot next_ = 0;
  std::uint32_t begun_ = 0;
  std::uint32_t missed_ = 0;
  std::uint32_t live_at_first_ = 0;
};

}  // namespace ringstorm
