// How one shard comes by the counts of all while they run: it asks, each shard leaves a copy at the end of
// its next turn, and the copies are added up. Nobody waits for anybody, and a shard that nobody asks pays one
// load of an atomic a turn.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "server/counts.h"

namespace ringstorm {

struct CountsCopy {
  ServerCounts counts;
  std::vector<ConnectionRow> rows;
};

/// The connections that ended last, at most kMostRows of them.
class EndedConnections {
 public:
  void add(const ConnectionRow& row) {
    if (rows_.size() < kMostRows) {
      rows_.push_back(row);
    } else {
      rows_[oldest_] = row;
      oldest_ = (oldest_ + 1) % kMostRows;
    }
  }
  const std::vector<ConnectionRow>& rows() const { return rows_; }  ///< in no particular order

 private:
  std::vector<ConnectionRow> rows_;
  std::size_t oldest_ = 0;
};

class CountsBoard {
 public:
  explicit CountsBoard(std::size_t shards) : copies_(shards) {}

  /// The number of a new question. Once somebody has asked with the connections, every copy has them.
  std::uint64_t ask(bool with_rows);
  /// The last question's number; 0 before the first.
  std::uint64_t asked() const { return asked_.load(std::memory_order_acquire); }
  bool wants_rows() const { return wants_rows_.load(std::memory_order_relaxed); }

  /// A shard's copy, made when `question` had been asked already.
  void leave(std::size_t shard, std::uint64_t question, CountsCopy copy);
  /// The sum of all, when every shard has left a copy for this question or a later one.
  std::optional<CountsCopy> answer(std::uint64_t question);

 private:
  struct Left {
    std::uint64_t question = 0;
    CountsCopy copy;
  };

  std::atomic<std::uint64_t> asked_{0};
  std::atomic<bool> wants_rows_{false};
  std::mutex mutex_;
  std::vector<Left> copies_;
};

}  // namespace ringstorm
