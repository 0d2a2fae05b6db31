// One part's share of a numbered sequence that several take turns in: the cut of the messages and connections
// of a run over its shards. Pure arithmetic.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/wide.h"

namespace ringstorm {

/// [total * index / parts, total * (index + 1) / parts): the cut that every division of connections, messages
/// and rates uses.
constexpr std::uint64_t cut(std::uint64_t total, std::uint64_t index, std::uint64_t parts) {
  return static_cast<std::uint64_t>(Wide{total} * index / parts);
}

/// Numbers 0, 1, 2, ... without end are dealt out in rounds of `size`: a part whose cut of `size` is m gets m
/// numbers of every round, spread over it, and every number belongs to exactly one part. With size
/// connections in the run, message k of a round belongs to the shard that holds its k-th connection, so that
/// each connection of the run gets every size-th message whatever the number of shards.
class Share {
 public:
  /// `index` < `parts` <= `size`.
  constexpr Share(std::uint64_t size, std::uint64_t index, std::uint64_t parts)
      : size_(size),
        index_(index),
        parts_(parts),
        whole_turns_(size / parts),
        per_round_(cut(size, index + 1, parts) - cut(size, index, parts)),
        extra_at_(whole_turns_ * parts + extras_before(index)) {}

  /// How many of each round's numbers are this part's.
  constexpr std::uint64_t per_round() const { return per_round_; }

  /// The j-th number (from 0) of this part; strictly increasing in j.
  constexpr std::uint64_t number(std::uint64_t j) const {
    if (parts_ == 1) return j;
    return j / per_round_ * size_ + place(j % per_round_);
  }

  /// How many of the numbers below `end` are this part's.
  constexpr std::uint64_t count_below(std::uint64_t end) const {
    const std::uint64_t rest = end % size_;
    const std::uint64_t turns = std::min(whole_turns_, (rest + parts_ - 1 - index_) / parts_);
    const bool has_extra = per_round_ > whole_turns_ && rest > extra_at_;
    return end / size_ * per_round_ + turns + (has_extra ? 1 : 0);
  }

 private:
  // The parts take turns; what is left of a round when all have had the same goes to those with one more.
  constexpr std::uint64_t place(std::uint64_t i) const {
    return i < whole_turns_ ? i * parts_ + index_ : extra_at_;
  }
  constexpr std::uint64_t extras_before(std::uint64_t index) const {
    return cut(size_, index, parts_) - index * whole_turns_;
  }

  std::uint64_t size_;
  std::uint64_t index_;
  std::uint64_t parts_;
  std::uint64_t whole_turns_;
  std::uint64_t per_round_;
  std::uint64_t extra_at_;
};

}  // namespace ringstorm
