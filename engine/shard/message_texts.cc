#include "shard/message_texts.h"

namespace ringstorm {

MessageTexts::MessageTexts(const Plan& plan, std::uint32_t shard, const Share& share)
    : plan_(plan),
      varied_(plan.text.has_value()),
      first_connection_(plan.segments[shard].first_connection),
      states_(varied_ ? plan.segments[shard].connections : 0),
      feeders_(plan, share),
      rows_(varied_ ? plan.segments[shard].connections * plan.scenario.feeders.size() : 0) {
  if (!varied_) return;
  context_.stamp_key = plan.stamp_key;
  values_.resize(plan.columns.size());
  scratch_.resize(plan.text->max_bytes());
}

void MessageTexts::begin(Slot slot, Instant intended, Instant now) {
  State& state = states_[slot];
  state.random = state.messages == 0 ? template_random(plan_.seed, number_of(slot)) : state.next_random;
  feeders_.take(rows_of(slot), state.messages, number_of(slot));
  ++state.messages;
  state.intended = intended;
  state.began = now;
  fill(slot);
}

std::span<std::uint64_t> MessageTexts::rows_of(Slot slot) {
  return {rows_.data() + slot * feeders_.size(), feeders_.size()};
}

std::span<const std::byte> MessageTexts::payload(Slot slot) {
  if (filled_ != slot) fill(slot);
  return std::span(scratch_).first(filled_bytes_);
}

void MessageTexts::fill(Slot slot) {
  State& state = states_[slot];
  for (const std::uint32_t value : plan_.text->used_values())
    values_[value] = feeders_.value(rows_of(slot), value);
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
