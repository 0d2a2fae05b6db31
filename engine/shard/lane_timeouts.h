// The timeouts of a shard's connections: each holds for the state that its connection was in when it was set.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.h"
#include "base/lazy_array.h"
#include "plan/scenario.h"
#include "shard/lane.h"
#include "shard/timers.h"

namespace ringstorm {

class LaneTimeouts {
 private:
  // First, because their types are deduced.
  auto while_in(ConnectionState first, ConnectionState last) {
    return [this, first, last](Slot slot, Instant since) {
      const Lane& lane = lanes_[slot];
      return lane.connection.state() >= first && lane.connection.state() <= last && lane.state_since == since;
    };
  }
  auto connecting() { return while_in(ConnectionState::connecting, ConnectionState::connecting); }
  auto establishing() { return while_in(ConnectionState::establishing, ConnectionState::establishing); }
  auto upgrading() { return while_in(ConnectionState::upgrading, ConnectionState::upgrading); }
  auto ending() { return while_in(ConnectionState::closing, ConnectionState::finishing); }

 public:
  LaneTimeouts(LazyArray<Lane>& lanes, const Scenario& scenario)
      : lanes_(lanes),
        connecting_(most_opening(lanes, scenario), scenario.connect_timeout),
        proxying_(most_opening(lanes, scenario), scenario.proxy_timeout),
        establishing_(most_opening(lanes, scenario), scenario.tls_timeout),
        upgrading_(most_opening(lanes, scenario), scenario.upgrade_timeout),
        ending_(lanes.size(), scenario.close_timeout) {}

  void set_connecting(Slot slot, Instant now) { connecting_.set(slot, now, connecting()); }
  void set_proxying(Slot slot, Instant now) { proxying_.set(slot, now, establishing()); }
  void set_establishing(Slot slot, Instant now) { establishing_.set(slot, now, establishing()); }
  void set_upgrading(Slot slot, Instant now) { upgrading_.set(slot, now, upgrading()); }
  void set_ending(Slot slot, Instant now) { ending_.set(slot, now, ending()); }

  /// When the next of them may be due.
  Instant next() {
    return std::min(
        {connecting_.next(), proxying_.next(), establishing_.next(), upgrading_.next(), ending_.next()});
  }

  /// Calls one of these with the slot of each that is due.
  template <class Connect, class Establish, class Upgrade, class End>
  void expire(Instant now, Connect connect_timed_out, Establish stage_timed_out, Upgrade upgrade_timed_out,
              End end_timed_out) {
    connecting_.expire(now, connecting(), connect_timed_out);
    proxying_.expire(now, establishing(), stage_timed_out);
    establishing_.expire(now, establishing(), stage_timed_out);
    upgrading_.expire(now, upgrading(), upgrade_timed_out);
    ending_.expire(now, ending(), end_timed_out);
  }

 private:
  // Twice as many as may matter at once, so that those that do not are seldom cleared away.
  static std::size_t most_opening(const LazyArray<Lane>& lanes, const Scenario& scenario) {
    return std::min<std::size_t>(lanes.size(), 2 * scenario.max_opening);
  }

  LazyArray<Lane>& lanes_;
  TimeoutQueue connecting_;
  TimeoutQueue proxying_;
  TimeoutQueue establishing_;
  TimeoutQueue upgrading_;
  TimeoutQueue ending_;
};

}  // namespace ringstorm
