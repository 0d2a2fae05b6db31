#include "shard/deliveries.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ringstorm {
namespace {

// A turn's time is read before its completions are taken, so what arrived during the turn may have been due a
// little later than that. A stamp of a later time was not made by this run.
constexpr Duration kTurn = milliseconds(10);

std::span<const std::uint16_t> cast_of(const Plan& plan, std::uint32_t shard) {
  if (!plan.fan_out.any()) return {};
  const Segment& segment = plan.segments[shard];
  return std::span(plan.cast).subspan(segment.first_connection, segment.connections);
}

}  // namespace

Deliveries::Deliveries(const Plan& plan, std::uint32_t shard)
    : fan_out_(plan.fan_out),
      key_(plan.stamp_key),
      first_connection_(plan.segments[shard].first_connection),
      listeners_(cast_of(plan, shard).size()),
      pairs_(fan_out_.pairs(cast_of(plan, shard))) {
  tally_.publishers.resize(fan_out_.publishers);
  tally_.followed.assign(fan_out_.publishers, FollowedSample(fan_out_.followed_each));
  std::uint64_t pairs = 0;
  std::size_t slot = 0;
  for (const std::uint16_t session : cast_of(plan, shard)) {
    if (subscribes(session)) {
      listeners_[slot].pairs = pairs;
      pairs += fan_out_.topics[topic_of(session)].publishers;
    }
    ++slot;
  }
}

void Deliveries::joined(Slot slot, bool from_start) {
  if (listeners_.size() > 0)
    listeners_[slot].listening = from_start ? Listening::from_start : Listening::later;
}

// What it was to get is summed up, and the next connection in its slot begins anew.
void Deliveries::left(Slot slot, std::uint16_t session, bool at_end) {
  if (!subscribes(session)) return;
  Listener& listener = listeners_[slot];
  const Listening was = std::exchange(listener.listening, Listening::no);
  if (was == Listening::no) return;
  listener.scanner.take();
  listener.in_pieces = false;
  const FanOutTopic& topic = fan_out_.topics[topic_of(session)];
  for (std::uint32_t i = 0; i < topic.publishers; ++i) {
    const std::uint32_t publisher = topic.first_publisher + i;
    if (fan_out_.publisher_of[first_connection_ + slot] == publisher) continue;
    PublisherTally& tally = tally_.publishers[publisher];
    const Pair pair = std::exchange(pairs_[listener.pairs + i], Pair{});
    tally.from_start += was == Listening::from_start;
    if (!at_end) {
      tally_.expected_of_ended += pair.next - pair.first;
    } else if (was == Listening::from_start || pair.next > 0) {
      ++tally.listeners;
      tally.missed += pair.first;
    }
  }
}

void Deliveries::sent(Slot slot) {
  if (!fan_out_.any()) return;
  const std::uint32_t publisher = fan_out_.publisher_of[first_connection_ + slot];
  if (publisher != FanOut::kNobody) ++tally_.publishers[publisher].sent;
}

void Deliveries::take_piece(Slot slot, const ConnectionEvent& piece) {
  Listener& listener = listeners_[slot];
  if (piece.message_start && piece.message_end) {
    listener.reading = find_stamp(piece.bytes, key_);
  } else {
    listener.scanner.feed(piece.bytes, key_);
    listener.in_pieces = true;
  }
}

StampReading Deliveries::take_reading(Listener& listener) {
  if (!std::exchange(listener.in_pieces, false)) return std::exchange(listener.reading, {});
  return listener.scanner.take();
}

void Deliveries::on_message(Slot slot, std::uint16_t session, const Window& window, Measurements& measured,
                            Instant now) {
  Listener& listener = listeners_[slot];
  StampReading reading = take_reading(listener);
  DeliveryCounts& counts = measured.deliveries;
  using Kind = StampReading::Kind;
  if (reading.kind == Kind::ours && reading.stamp.intended > now + kTurn) reading.kind = Kind::forged;
  switch (reading.kind) {
    case Kind::none: return;
    case Kind::malformed: ++counts.malformed; return;
    case Kind::foreign: ++counts.foreign; return;
    case Kind::forged: ++counts.forged; return;
    case Kind::ours: break;
  }
  ++counts.stamped;
  last_heard_ = now;
  const Stamp& stamp = reading.stamp;
  const Duration delay = std::max(now - stamp.intended, Duration{0});
  const bool in_window = window.contains(stamp.intended);
  if (fan_out_.topics.empty()) {  // nobody is known to be a receiver, so every other connection is one
    const bool own = stamp.connection == first_connection_ + slot;
    ++(own ? counts.stray : counts.received);
    if (!own && in_window) measured.delivery.record(delay);
    return;
  }
  const std::uint32_t publisher = publisher_of(stamp);
  Pair* const pair = pair_of(slot, session, publisher);
  const bool from_start = listener.listening == Listening::from_start;
  if (pair == nullptr || listener.listening == Listening::no) {
    ++counts.stray;
  } else if (take(*pair, stamp.sequence, from_start, counts)) {
    if (in_window) measured.delivery.record(delay);
    if (from_start) follow(stamp, publisher, delay, in_window);
  }
}

std::uint32_t Deliveries::publisher_of(const Stamp& stamp) const {
  const std::vector<std::uint32_t>& publishers = fan_out_.publisher_of;
  return stamp.connection < publishers.size() ? publishers[stamp.connection] : FanOut::kNobody;
}

Deliveries::Pair* Deliveries::pair_of(Slot slot, std::uint16_t session, std::uint32_t publisher) {
  if (publisher == FanOut::kNobody || publisher == fan_out_.publisher_of[first_connection_ + slot])
    return nullptr;
  const FanOutTopic& topic = fan_out_.topics[topic_of(session)];
  const std::uint32_t place = publisher - topic.first_publisher;  // wraps around for one of a topic before
  return place < topic.publishers ? &pairs_[listeners_[slot].pairs + place] : nullptr;
}

// True when it had not come before.
bool Deliveries::take(Pair& pair, std::uint64_t sequence, bool from_start, DeliveryCounts& counts) {
  if (pair.next == 0 && !from_start) pair.first = sequence;
  if (sequence >= pair.next) {
    const std::uint64_t steps = pair.next == 0 ? FanOut::kWindow : sequence + 1 - pair.next;
    pair.seen = (steps < FanOut::kWindow ? pair.seen << steps : 0) | 1;
    pair.next = sequence + 1;
    ++counts.received;
    return true;
  }
  const std::uint64_t back = pair.next - 1 - sequence;
  if (back >= FanOut::kWindow || sequence < pair.first) {
    ++counts.behind;
    return false;
  }
  const std::uint64_t bit = std::uint64_t{1} << back;
  const bool seen = (pair.seen & bit) != 0;
  pair.seen |= bit;
  ++(seen ? counts.duplicated : counts.received);
  counts.out_of_order += !seen;
  return !seen;
}

void Deliveries::follow(const Stamp& stamp, std::uint32_t publisher, Duration delay, bool in_window) {
  FollowedMessage* const message = tally_.followed[publisher].find(stamp.sequence);
  if (message == nullptr) return;
  message->last_ns = std::max(message->last_ns, delay.count());
  message->in_window = in_window;
  ++message->receivers;
}

FanOutTally Deliveries::take_tally(std::span<const std::uint16_t> cast) {
  for (Slot slot = 0; slot < listeners_.size(); ++slot) left(slot, cast[slot], true);
  return std::move(tally_);
}

}  // namespace ringstorm
