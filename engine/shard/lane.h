// One connection's place in a shard: its protocol, what it says, and what it is sending.
#pragma once

#include <cstdint>
#include <limits>
#include <new>

#include "base/clock.h"
#include "connection/connection.h"
#include "connection/outgoing_message.h"
#include "session/session.h"
#include "shard/waiting_room.h"

namespace ringstorm {

struct Lane {
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  Session session;
  OutgoingMessage outgoing;
  Instant outgoing_since{};           ///< when the begun message began to leave
  Instant outgoing_intended{};        ///< when it was due
  Instant sendable_since{};           ///< the last time its socket held messages up, it was free again then
  WaitingRoom::Queue queue;           ///< messages that are due on it
  std::uint32_t turn_place = kNone;   ///< in the rotation of those that send; none when it is not among them
  Instant state_since{};              ///< for the timeout of the connection's state
  std::uint32_t send_buffer = kNone;  ///< held while its bytes are on their way
  std::uint32_t attempt = kNone;      ///< the upgrade attempt, while upgrading
  bool request_due = false;           ///< the upgrade request is still to be sent
  bool transport_due = false;         ///< what stands between TCP and the WebSocket has something to send
  bool flush_wanted = false;          ///< stands in the queue of those to flush
  bool blocked = false;               ///< had something to say while its socket was still sending
  bool probing = false;       ///< the kernel stamps its messages, of which one is outstanding at a time
  bool retiring = false;      ///< to be closed as soon as nothing is outstanding
  bool counted_open = false;  ///< was upgraded
  bool settled = false;       ///< its end has been counted
  bool answered_once : 1 = false;
  std::uint8_t form : 4 = 0;  ///< in which its messages go out, see shard/compression.h
  Connection connection;

  /// It said its last words, and they have left.
  bool finished() const {
    return connection.state() == ConnectionState::finishing && !connection.has_control() && !transport_due &&
           !outgoing.begun() && send_buffer == kNone;
  }
};

/// For another connection: nothing of the last one stays but its place in the queue of those to flush.
inline Lane& begin_anew(Lane& lane) {
  const bool queued = lane.flush_wanted;
  Lane& anew = *new (&lane) Lane;
  anew.flush_wanted = queued;
  return anew;
}

// What the plan budgets for a connection holds: the lane, and the shares of the arrays and queues beside it.
static_assert(sizeof(Lane) <= 152);

}  // namespace ringstorm
