// Rows of values that messages are made with: a table, and which of its rows comes next. Pure: which row is
// the k-th is a function of k, so shards need no lock and no common counter, and a seed repeats a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "load/share.h"

namespace ringstorm {

enum class FeederOrder : std::uint8_t {
  in_order,
  random,    ///< any row at any time, by the seed
  shuffled,  ///< every row once before any comes again, by the seed, each round in another order
};
enum class FeederShare : std::uint8_t {
  shared,          ///< each row goes to one connection of the run
  per_connection,  ///< each connection goes through all rows by itself
};
enum class FeederEnd : std::uint8_t {
  circular,
  once,  ///< there are as many rows to take as the table has
};

struct FeederRules {
  FeederOrder order = FeederOrder::in_order;
  FeederShare share = FeederShare::shared;
  FeederEnd at_end = FeederEnd::circular;
  friend bool operator==(const FeederRules&, const FeederRules&) = default;
};

/// Texts in rows and named columns; all cells in one piece of memory.
class FeederTable {
 public:
  FeederTable() = default;
  explicit FeederTable(std::vector<std::string> columns);

  /// As many cells as there are columns.
  void add_row(std::span<const std::string> cells);

  std::span<const std::string> columns() const { return columns_; }
  std::uint64_t rows() const { return rows_; }
  std::string_view cell(std::uint64_t row, std::size_t column) const;
  /// Bytes of the column's longest cell.
  std::size_t longest(std::size_t column) const { return longest_[column]; }
  std::uint64_t memory_bytes() const;

 private:
  std::vector<std::string> columns_;
  std::vector<std::size_t> longest_;
  std::uint64_t rows_ = 0;
  std::string text_;
  std::vector<std::size_t> begins_{0};  ///< of each cell in the text, row by row; then the end of the text
};

/// Which rows a shard takes from a table.
class FeederDeal {
 public:
  /// `rows` > 0. `share` deals the numbers of shared takings out over the shards, as it does the run's
  /// messages.
  FeederDeal(FeederRules rules, std::uint64_t rows, std::uint64_t seed, Share share)
      : rules_(rules), rows_(rows), seed_(seed), share_(share) {}

  /// The row after `taken` others: those that the shard has taken when the table is shared, and those of
  /// `connection` (its number in the run) when it is not. Nothing when the rows are used up.
  std::optional<std::uint64_t> row(std::uint64_t taken, std::uint64_t connection) const;

  /// Whether `taken` counts for each connection or for the whole shard.
  bool per_connection() const { return rules_.share == FeederShare::per_connection; }

 private:
  FeederRules rules_;
  std::uint64_t rows_;
  std::uint64_t seed_;
  Share share_;
};

/// Place `index` of a permutation of [0, size), one for each `key`. Needs no memory.
std::uint64_t shuffled_place(std::uint64_t index, std::uint64_t size, std::uint64_t key);

}  // namespace ringstorm
