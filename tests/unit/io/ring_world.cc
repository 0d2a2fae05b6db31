#include "unit/io/ring_world.h"

#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>

namespace ringstorm {

std::string name_of(const Capabilities& capabilities) {
  std::string name = capabilities.socket_options ? "WithSocketOptions" : "NoSocketOptions";
  name += capabilities.min_timeout ? "MinTimeout" : "NoMinTimeout";
  name += capabilities.defer_taskrun ? "Deferred" : "NotDeferred";
  return name;
}

std::vector<Capabilities> every_fallback() {
  const Capabilities here = probe_capabilities();
  std::vector<Capabilities> all;
  for (unsigned without = 0; without < 8; ++without) {
    Capabilities less = here;
    less.socket_options = here.socket_options && (without & 1) == 0;
    less.min_timeout = here.min_timeout && (without & 2) == 0;
    less.defer_taskrun = here.defer_taskrun && (without & 4) == 0;
    const auto same = [&](const Capabilities& other) { return name_of(other) == name_of(less); };
    if (std::none_of(all.begin(), all.end(), same)) all.push_back(less);
  }
  return all;
}

RingEnd::RingEnd(const UringOptions& options, const Capabilities& capabilities) : seen_(options.slots) {
  auto ring = Uring::open(options, capabilities);
  if (!ring) {
    ADD_FAILURE() << to_string(ring.error());
    std::abort();
  }
  ring_ = std::move(ring).value();
  sockets_ = std::make_unique<Sockets<Uring>>(*ring_, options.slots);
}

void RingEnd::turn() {
  sockets_->submit_and_wait({.until = ring_->now() + microseconds(200)});
  sockets_->deliver(*this);
}

void RingEnd::on_connect_failed(Slot slot, Failure failure) {
  EXPECT_FALSE(seen_[slot].connect_failed) << "told twice";
  seen_[slot].connect_failed = failure;
  sockets_->close(slot);
}

void RingEnd::on_accepted(Slot slot) {
  const int closed_before = seen_[slot].closed;
  seen_[slot] = Seen{};
  seen_[slot].accepted = true;
  seen_[slot].closed = closed_before;
  if (accepted) accepted(slot);
}

void RingEnd::on_received(Slot slot, std::span<std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  seen_[slot].received += text;
  if (received) received(slot, text);
}

void RingEnd::on_received(Slot slot, std::span<std::byte> bytes, const KernelStamp& stamp) {
  seen_[slot].receive_stamps.push_back(stamp);
  on_received(slot, bytes);
}

void RingEnd::on_transmit_stamp(Slot slot, std::uint32_t key, const KernelStamp& stamp) {
  EXPECT_FALSE(seen_[slot].transmit_stamps.contains(key)) << "told twice: " << key;
  seen_[slot].transmit_stamps[key] = stamp;
}

void RingEnd::on_sent(Slot slot) {
  ++seen_[slot].sent;
  if (sent) sent(slot);
}

void RingEnd::on_ended(Slot slot, Failure failure) {
  EXPECT_FALSE(seen_[slot].ended) << "told twice";
  seen_[slot].ended = failure;
  if (ended) ended(slot);
}

void RingEnd::on_closed(Slot slot) {
  ++seen_[slot].closed;
  if (closed) closed(slot);
}

bool turn_until(RingEnd& client, RingEnd& server, const std::function<bool()>& done) {
  const Instant end = client.ring().now() + seconds(60);
  while (!done()) {
    if (client.ring().now() > end) return false;
    client.turn();
    server.turn();
  }
  return true;
}

void turn_for_a_while(RingEnd& client, RingEnd& server) {
  for (int i = 0; i < 50; ++i) {
    client.turn();
    server.turn();
  }
}

}  // namespace ringstorm
