// What stands between a shard's sockets and its WebSockets: nothing for plain TCP, or a chain of stages for
// each connection. Here, and nowhere else in a shard, is it decided which.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/cause.h"
#include "io/ring.h"
#include "shard/lane.h"
#include "transport/chain.h"
#include "transport/route.h"

namespace ringstorm {

/// What a handler is told of a connection that has stages. All of it but the plaintext may be the last thing
/// told in one receive.
template <class H>
concept TransportHandler = requires(H handler, Slot slot, std::span<std::byte> bytes, Failure failure,
                                    TransportPhase phase) {
  handler.on_stage_open(slot, phase);       // one of them has opened, and there may be more
  handler.on_transport_open(slot);          // all have: the WebSocket's turn
  handler.on_plaintext(slot, bytes, true);  // what the peer says to the WebSocket, and whether more came
                                            // with it
  handler.on_transport_closed(slot);        // the peer has ended what it says, in good order
  handler.on_transport_failed(slot, failure, std::string_view{});  // and what was said with it
  handler.on_output_due(slot);                                     // a stage has something to send
};

/// What stages did on this shard.
struct TransportCounters {
  std::uint64_t tls_full = 0;     ///< handshakes completed without a session of before
  std::uint64_t tls_resumed = 0;  ///< and with one
  std::uint64_t renegotiations_refused = 0;
  std::uint64_t unclosed_ends = 0;  ///< TCP ended without the last words of the stage above it
};

class Transports {
 public:
  /// `send_buffer_bytes` is the most that `write` is ever given room for.
  Transports(const Route& route, std::uint32_t slots, std::size_t send_buffer_bytes);

  /// True when the connections are bare TCP.
  bool plain() const { return factories_.empty(); }

  /// TCP is up.
  template <TransportHandler Handler>
  void connected(Slot slot, Lane& lane, Handler& handler) {
    if (plain()) return handler.on_transport_open(slot);
    begin(slot, lane);
    if (lane.transport_due) handler.on_output_due(slot);
  }

  template <TransportHandler Handler>
  void received(Slot slot, Lane& lane, std::span<std::byte> bytes, Handler& handler) {
    if (plain()) return handler.on_plaintext(slot, bytes, false);
    take(slot, lane, bytes, handler);
  }

  /// Lays out what a connection has to say in `room`: `compose(room)` writes what the WebSocket has, and
  /// returns its length. Returns the bytes for the wire.
  template <class Compose>
  std::size_t write(Slot slot, Lane& lane, std::span<std::byte> room, Compose compose) {
    if (plain()) return compose(room);
    const std::span<std::byte> plaintext = open_room(slot, room.size());
    const std::size_t said = plaintext.empty() ? 0 : compose(plaintext);
    return seal(slot, lane, plaintext.first(said), room);
  }

  /// TCP has ended: what that means to the connection.
  Failure ended(Slot slot, Failure failure);
  /// The opening of the stage that is opening takes too long.
  Failure timed_out(Slot slot) const { return chains_[slot].stage().timed_out(); }
  /// Says the last words of a connection that is given up; true when they, or others before them, are still
  /// to be sent.
  bool close(Slot slot, Lane& lane);
  /// The socket is gone.
  void release(Slot slot) {
    if (!plain()) chains_[slot].reset();
  }

  TransportCounters counters() const;

 private:
  void begin(Slot slot, Lane& lane);
  TransportEvent next(Slot slot, Lane& lane, std::span<std::byte>& bytes);
  std::span<std::byte> open_room(Slot slot, std::size_t wire_room);
  std::size_t seal(Slot slot, Lane& lane, std::span<const std::byte> plaintext, std::span<std::byte> room);

  template <TransportHandler Handler>
  void take(Slot slot, Lane& lane, std::span<std::byte> bytes, Handler& handler) {
    using Kind = TransportEvent::Kind;
    bool more = true;
    // What a connection that is over still receives is nobody's.
    while (more && lane.connection.state() < ConnectionState::finishing) {
      const TransportPhase phase = chains_[slot].phase(factories_);
      const TransportEvent event = next(slot, lane, bytes);
      switch (event.kind) {
        case Kind::need_more: more = false; break;
        case Kind::ready:
          handler.on_stage_open(slot, phase);
          if (chains_[slot].open()) handler.on_transport_open(slot);
          break;
        case Kind::plaintext: handler.on_plaintext(slot, event.bytes, event.more); break;
        case Kind::closed: handler.on_transport_closed(slot); break;
        case Kind::failed:
          handler.on_transport_failed(slot, event.failure, chains_[slot].stage().said());
          break;
      }
    }
    if (lane.transport_due) handler.on_output_due(slot);
  }

  TransportFactories factories_;
  std::vector<TransportChain> chains_;  ///< one a slot; none when plain
  std::vector<std::byte> composed_;     ///< what is about to be sealed
  std::vector<std::byte> scratch_;      ///< what was just opened
  TransportCounters counters_;
};

}  // namespace ringstorm
