#include "shard/feeder_rows.h"

#include "base/check.h"

namespace ringstorm {

FeederRows::FeederRows(const Plan& plan, const Share& share) : plan_(plan) {
  for (const Feeder& feeder : plan.scenario.feeders)
    deals_.emplace_back(feeder.rules, feeder.table->rows(), plan.seed, share);
}

void FeederRows::take(std::span<std::uint64_t> rows, std::uint64_t taken_here, std::uint64_t connection) {
  for (std::size_t i = 0; i < deals_.size(); ++i) {
    const FeederDeal& deal = deals_[i];
    const auto row = deal.row(deal.per_connection() ? taken_here : taken_, connection);
    RS_CHECK(row.has_value());
    rows[i] = *row;
  }
  ++taken_;
}

std::string_view FeederRows::value(std::span<const std::uint64_t> rows, std::size_t column) const {
  const ScenarioNames::Column& place = plan_.columns[column];
  return plan_.scenario.feeders[place.feeder].table->cell(rows[place.feeder], place.column);
}

}  // namespace ringstorm
