// How a shard's connections come up: TCP, then whatever stages stand between it and the WebSocket, then the
// upgrade. It knows what is under way and for how long; it neither sends nor closes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "codec/handshake.h"
#include "codec/http_answer.h"
#include "codec/secure_random.h"
#include "plan/plan.h"
#include "shard/attempt_pool.h"
#include "shard/cookie_jars.h"
#include "shard/lane.h"
#include "shard/lane_timeouts.h"
#include "shard/slices.h"
#include "transport/stage.h"

namespace ringstorm {

class Opening {
 public:
  /// `shard` is an index into plan.segments. Takes all its memory.
  Opening(const Plan& plan, std::uint32_t shard, Slices& slices, LaneTimeouts& timeouts);

  /// As many are under way as may be; none is.
  bool exhausted() const { return attempts_.exhausted(); }
  bool idle() const { return attempts_.idle(); }

  /// TCP is being connected.
  void begin(Slot slot, Lane& lane, Instant now);
  /// TCP is up, and the first stage begins, should there be one.
  void connected(Slot slot, Lane& lane, Instant now);
  /// A stage has opened, and what stands above it begins.
  void stage_open(Slot slot, Lane& lane, TransportPhase phase, Instant now);
  /// The way is free for the upgrade request.
  void transport_open(Slot slot, Lane& lane, SecureRandom& random, Instant now);

  /// Writes the upgrade request, which fits by the plan.
  std::size_t write_request(Slot slot, Lane& lane, std::span<std::byte> room);
  /// Takes the answer's head off the front of `bytes`; after `accepted` the connection is open.
  UpgradeJudgement take_answer(Slot slot, Lane& lane, std::span<std::byte>& bytes, Instant now);

  /// What is worth telling of the server's answer to the upgrade request, for the report; empty when it was
  /// not its turn.
  std::string_view answer(const Lane& lane) {
    return lane.connection.state() == ConnectionState::upgrading
               ? telling_part(attempts_[lane.attempt].answer())
               : std::string_view{};
  }
  /// What `failure`, which ended a connection that is coming up, is to it.
  static Failure cut_short(const Lane& lane, Failure failure);
  /// It is open, or will never be.
  void over(Lane& lane);

 private:
  Measurements& measured() { return slices_.measured(); }
  const UpgradeRequest& asked(Slot slot) const {
    return plan_.cast.empty() ? plan_.upgrade : plan_.session_upgrades[plan_.cast[first_connection_ + slot]];
  }

  const bool staged_;   ///< something stands between TCP and the upgrade
  const bool proxied_;  ///< a proxy is the first of it
  const Plan& plan_;
  const std::uint64_t first_connection_;
  const UpgradeRequestTemplate request_;
  std::vector<UpgradeRequestTemplate> session_requests_;  ///< of each session
  Slices& slices_;
  LaneTimeouts& timeouts_;
  AttemptPool attempts_;
  CookieJars cookies_;
};

}  // namespace ringstorm
