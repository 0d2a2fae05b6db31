// When the messages of an open loop are due, one after the other: a load shape, walked evenly or at random.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/prng.h"
#include "load/shape.h"
#include "load/share.h"

namespace ringstorm {

enum class Arrivals : std::uint8_t {
  constant,  ///< evenly spaced
  poisson,   ///< independent of one another: exponential gaps, from the seed
};

/// One shard's share of the run's arrivals. Arrival k of the run is due at the same instant whatever the
/// number of shards: all of them walk the same sequence. A Poisson process is the unit process (gaps of mean
/// 1) seen through the shape, so ramps and stages need no rule of their own.
class ArrivalSequence {
 public:
  ArrivalSequence(const LoadShape& shape, Arrivals arrivals, std::uint64_t seed, Share share);

  /// When the next one is due, after the start; Duration::max() when no more come.
  Duration due() const { return due_; }
  /// Its number among all of the run's.
  std::uint64_t index() const { return index_; }
  /// On to the next of this share.
  void advance();

 private:
  void find_due();

  const LoadShape& shape_;
  Arrivals arrivals_;
  Share share_;
  Prng prng_;
  std::uint64_t taken_ = 0;  ///< of this share
  std::uint64_t index_ = 0;
  std::uint64_t walked_ = 0;  ///< poisson: how many of the run's the position has come by
  Position position_{};       ///< poisson: of arrival `walked_` - 1
  Duration due_{0};
};

}  // namespace ringstorm
