// Which row of each feeder comes next in a shard. It allocates only when it is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "load/feeder.h"
#include "plan/plan.h"

namespace ringstorm {

class FeederRows {
 public:
  /// `share` deals the rows of shared feeders out, as it does the run's messages.
  FeederRows(const Plan& plan, const Share& share);

  /// How many rows one taking has: one of each feeder.
  std::size_t size() const { return deals_.size(); }
  /// Takes the next row of each feeder into `rows`; the connection, of that number in the run, has taken so
  /// many before. The plan sees to it that there are rows for all.
  void take(std::span<std::uint64_t> rows, std::uint64_t taken_here, std::uint64_t connection);
  /// What stands in a column of Plan::columns, in rows that were taken.
  std::string_view value(std::span<const std::uint64_t> rows, std::size_t column) const;

 private:
  const Plan& plan_;
  std::vector<FeederDeal> deals_;
  std::uint64_t taken_ = 0;  ///< by all of the shard's connections
};

}  // namespace ringstorm
