#include "shard/message_texts.h"

#include "base/check.h"

namespace ringstorm {

MessageTexts::MessageTexts(const Plan& plan, std::uint32_t shard, const Share& share)
    : plan_(plan),
      varied_(plan.text.has_value()),
      first_connection_(plan.segments[shard].first_connection),
      states_(varied_ ? plan.segments[shard].connections : 0),
      rows_(varied_ ? plan.segments[shard].connections * plan.scenario.feeders.size() : 0) {
  if (!varied_) return;
  context_.stamp_key = plan.stamp_key;
  for (const Feeder& feeder : plan.scenario.feeders)
    deals_.emplace_back(feeder.rules, feeder.table->rows(), plan.seed, share);
  values_.resize(plan.columns.size());
  scratch_.resize(plan.text->max_bytes());
}

void MessageTexts::begin(Slot slot, Instant intended, Instant now) {
  State& state = states_[slot];
  state.random = state.messages == 0 ? template_random(plan_.seed, number_of(slot)) : state.next_random;
  take_rows(slot, state.messages);
  ++state.messages;
  state.intended = intended;
  state.began = now;
  fill(slot);
}

// The plan sees to it that there are rows for all messages of a run.
void MessageTexts::take_rows(Slot slot, std::uint64_t taken_here) {
  for (std::size_t i = 0; i < deals_.size(); ++i) {
    const FeederDeal& deal = deals_[i];
    const auto row = deal.row(deal.per_connection() ? taken_here : taken_, number_of(slot));
    RS_CHECK(row.has_value());
    rows_[slot * deals_.size() + i] = *row;
  }
  ++taken_;
}

std::span<const std::byte> MessageTexts::payload(Slot slot) {
  if (filled_ != slot) fill(slot);
  return std::span(scratch_).first(filled_bytes_);
}

void MessageTexts::fill(Slot slot) {
  State& state = states_[slot];
  for (const std::uint32_t value : plan_.text->used_values()) {
    const ScenarioNames::Column column = plan_.columns[value];
    const std::uint64_t row = rows_[slot * deals_.size() + column.feeder];
    values_[value] = plan_.scenario.feeders[column.feeder].table->cell(row, column.column);
  }
  context_.connection = number_of(slot);
  context_.sequence = context_.stamped = state.messages - 1;
  context_.unix_ns = (state.began.time_since_epoch() + plan_.clock_to_time_of_day).count();
  context_.intended = state.intended;
  context_.values = values_;
  state.next_random = state.random;
  filled_bytes_ = plan_.text->fill(scratch_, context_, state.next_random);
  filled_ = slot;
}

}  // namespace ringstorm
