#include "stats/fan_out.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ringstorm {

void DeliveryCounts::add(const DeliveryCounts& other) {
  stamped += other.stamped;
  received += other.received;
  duplicated += other.duplicated;
  out_of_order += other.out_of_order;
  behind += other.behind;
  stray += other.stray;
  foreign += other.foreign;
  forged += other.forged;
  malformed += other.malformed;
  expected += other.expected;
  lost += other.lost;
  followed += other.followed;
  reached_everyone += other.reached_everyone;
}

FollowedMessage* FollowedSample::find(std::uint64_t sequence) {
  if (messages_.empty() || sequence % stride_ != 0) return nullptr;
  while (sequence / stride_ >= messages_.size()) double_stride();
  return sequence % stride_ == 0 ? &messages_[sequence / stride_] : nullptr;
}

// Every other one goes on being followed.
void FollowedSample::double_stride() {
  const std::size_t kept = messages_.size() / 2;
  for (std::size_t i = 0; i < kept; ++i) messages_[i] = messages_[2 * i];
  std::fill(messages_.begin() + static_cast<std::ptrdiff_t>(kept), messages_.end(), FollowedMessage{});
  stride_ *= 2;
}

void FollowedSample::merge(FollowedSample& other) {
  RS_CHECK(messages_.size() == other.messages_.size());
  while (stride_ < other.stride_) double_stride();
  while (other.stride_ < stride_) other.double_stride();
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    messages_[i].last_ns = std::max(messages_[i].last_ns, other.messages_[i].last_ns);
    messages_[i].receivers += other.messages_[i].receivers;
    messages_[i].in_window = messages_[i].in_window || other.messages_[i].in_window;
  }
}

void FanOutTally::merge(FanOutTally& other) {
  if (other.publishers.empty()) return;
  if (publishers.empty()) {
    *this = std::move(other);
    return;
  }
  RS_CHECK(publishers.size() == other.publishers.size());
  for (std::size_t i = 0; i < publishers.size(); ++i) {
    publishers[i].sent += other.publishers[i].sent;
    publishers[i].listeners += other.publishers[i].listeners;
    publishers[i].missed += other.publishers[i].missed;
    publishers[i].from_start += other.publishers[i].from_start;
    followed[i].merge(other.followed[i]);
  }
  expected_of_ended += other.expected_of_ended;
}

void FanOutTally::settle(DeliveryCounts& counts, Histogram& last_receiver) const {
  if (publishers.empty()) return;
  counts.expected = expected_of_ended;
  for (std::size_t i = 0; i < publishers.size(); ++i) {
    const PublisherTally& publisher = publishers[i];
    counts.expected += publisher.sent * publisher.listeners - publisher.missed;
    if (publisher.from_start == 0) continue;
    followed[i].for_each(publisher.sent, [&](const FollowedMessage& message) {
      ++counts.followed;
      if (message.receivers != publisher.from_start) return;
      ++counts.reached_everyone;
      if (message.in_window) last_receiver.record(Duration{message.last_ns});
    });
  }
  counts.lost = counts.expected - std::min(counts.expected, counts.received);
}

}  // namespace ringstorm
