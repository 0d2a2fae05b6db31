// The one owner of I/O: sockets as things that connect, receive, send and close, over any completion ring.
// Above this file nobody sees an errno, a flag word, a short send, an ended multishot or a buffer id:
//   - a multishot receive that the kernel ended is armed again, and so is one that found no buffer, and the
//     multishot that hands out transmit stamps;
//   - a short send is finished;
//   - every receive buffer goes back as soon as the handler returns;
//   - a completion that belongs to a socket that is gone is recognised by its generation and dropped;
//   - a socket's slot is free again only when every operation on it has completed.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "base/cause.h"
#include "base/check.h"
#include "io/ring.h"

namespace ringstorm {

/// What a handler is told. `on_connect_failed` and `on_ended` come at most once for a socket, and the handler
/// then closes it; each `close` ends in exactly one `on_closed`, after which the slot may be used again.
template <class H>
concept SocketHandler = requires(H handler, Slot slot, std::span<std::byte> bytes, Failure failure) {
  handler.on_connected(slot);
  handler.on_connect_failed(slot, failure);
  handler.on_accepted(slot);
  handler.on_received(slot, bytes);  // the bytes are the handler's to change until it returns
  handler.on_sent(slot);             // all of the last send
  handler.on_ended(slot, failure);   // the peer closed or reset, or the kernel gave up
  handler.on_closed(slot);
};

/// A handler that is told about stamps: without these two, a stamped socket is a plain one to it. Whoever
/// means to be one says so in a static_assert.
template <class H>
concept StampHandler = SocketHandler<H> &&
    requires(H handler, Slot slot, std::span<std::byte> bytes, std::uint32_t key, const KernelStamp& stamp) {
  // In place of the plain one, for stamped sockets. The stamp is of the last of the bytes; whether they are
  // of one message, io does not know.
  handler.on_received(slot, bytes, stamp);
  // The kernel has sent the byte at place `key` of all the socket has sent, from 0, modulo 2^32: the last of
  // a send, or of a part of it. It may come after the reply to what was sent, or not at all.
  handler.on_transmit_stamp(slot, key, stamp);
};

struct SocketCounters {
  std::uint64_t completions = 0;
  std::uint64_t receive_rearms = 0;
  std::uint64_t out_of_buffers = 0;
  std::uint64_t short_sends = 0;
  std::uint64_t late_completions = 0;
  std::uint64_t stamp_rearms = 0;    ///< of the operation that hands out transmit stamps
  std::uint64_t stamps_refused = 0;  ///< sockets that should have been stamped and are not, or no longer
  std::uint64_t accepts_without_room =
      0;  ///< connections the kernel closed at once because every slot is taken
};

Failure connect_failure(int code);
Failure receive_failure(int code);
Failure send_failure(int code);

template <CompletionRing Ring>
class Sockets {
 public:
  Sockets(Ring& ring, std::uint32_t slots)
      : ring_(ring), slots_(slots), table_(std::make_unique<Socket[]>(slots)) {}

  /// The slot must be free; `address` must outlive the connecting, `source` only the call. Stamping needs a
  /// ring that can. Without a source the kernel chooses address and port.
  void connect(Slot slot, const SocketAddress& address, Stamping stamping = Stamping::off,
               const SocketAddress* source = nullptr) {
    Socket& socket = at(slot);
    RS_CHECK(socket.phase == Phase::free);
    RS_CHECK(stamping == Stamping::off || ring_.can_stamp());
    socket.phase = Phase::connecting;
    socket.connecting = true;
    socket.stamped = stamping == Stamping::on;
    ++socket.under_way;
    ring_.connect(slot, address, source, ticket(Ticket::Operation::connect, slot), stamping);
  }

  /// Whether stamps can be expected of the socket, once it is connected.
  bool stamped(Slot slot) { return at(slot).stamped; }

  /// Accepts on the listening descriptor from now on; accepted sockets receive at once.
  void accept(int listener) {
    listener_ = listener;
    ring_.accept(listener, Ticket{.operation = Ticket::Operation::accept});
  }

  /// One send at a time; `bytes` must stay as they are until on_sent or on_closed: after on_ended the kernel
  /// may still read them.
  void send(Slot slot, std::span<const std::byte> bytes, Notice notice = Notice::prompt) {
    Socket& socket = at(slot);
    RS_CHECK(socket.phase == Phase::open);
    RS_CHECK(!socket.sending);
    RS_CHECK(!bytes.empty());
    socket.sending = true;
    socket.unsent = bytes;
    socket.notice = notice;
    start_send(slot, socket);
  }
  bool sending(Slot slot) { return at(slot).sending; }

  /// Bytes already on their way may still be delivered after a pause.
  void pause_receiving(Slot slot) {
    Socket& socket = at(slot);
    if (socket.paused) return;
    socket.paused = true;
    if (!socket.receiving || socket.phase != Phase::open) return;
    cancel_one(slot, socket, receive_ticket(slot, socket));
  }
  void resume_receiving(Slot slot) {
    Socket& socket = at(slot);
    socket.paused = false;
    if (socket.phase == Phase::open && !socket.receiving && !socket.ended) start_receive(slot, socket);
  }

  /// Gives up whatever is under way and closes. Nothing but on_closed follows.
  void close(Slot slot) {
    Socket& socket = at(slot);
    RS_CHECK(socket.phase == Phase::connecting || socket.phase == Phase::open);
    socket.phase = Phase::closing;
    if (socket.under_way == 0) return start_close(slot, socket);
    cancel_everything(slot, socket);
  }

  /// As close(), but the peer sees a reset, and what has not left is lost.
  void reset(Slot slot) requires ResettingRing<Ring> {
    Socket& socket = at(slot);
    RS_CHECK(socket.phase == Phase::open);
    socket.phase = Phase::closing;
    const bool busy = socket.under_way > 0;
    ++socket.under_way;
    // Its completion says no more than a cancellation's: that it is over.
    ring_.reset(slot, ticket(Ticket::Operation::cancel, slot));
    if (busy) cancel_everything(slot, socket);
  }

  void submit_and_wait(const Wait& wait) { ring_.submit_and_wait(wait); }

  /// Tells the handler everything that has completed; true when there was anything.
  template <SocketHandler Handler>
  bool deliver(Handler& handler) {
    bool any = false;
    std::array<Completion, 128> batch;
    while (const std::size_t taken = ring_.take(batch)) {
      any = true;
      counters_.completions += taken;
      for (const Completion& completion : std::span(batch).first(taken)) dispatch(completion, handler);
    }
    return any;
  }

  const SocketCounters& counters() const { return counters_; }

 private:
  enum class Phase : std::uint8_t { free, connecting, open, closing, closed };

  struct Socket {
    std::span<const std::byte> unsent;
    std::uint32_t generation = 0;
    std::uint16_t error = 0;     ///< an errno that a later completion will report
    std::uint8_t under_way = 0;  ///< operations whose last completion has not come
    Phase phase = Phase::free;
    Notice notice = Notice::prompt;
    bool connecting = false;
    bool receiving = false;
    bool paused = false;
    bool sending = false;
    bool ended = false;    ///< the handler knows that the peer is gone
    bool stamped = false;  ///< receives with stamps, and hears when its sends were sent
  };

  Socket& at(Slot slot) {
    RS_DCHECK(slot < slots_);
    return table_[slot];
  }
  Ticket ticket(Ticket::Operation operation, Slot slot) { return {operation, at(slot).generation, slot}; }

  Ticket receive_ticket(Slot slot, const Socket& socket) {
    return ticket(socket.stamped ? Ticket::Operation::receive_stamped : Ticket::Operation::receive, slot);
  }

  void start_receive(Slot slot, Socket& socket) {
    socket.receiving = true;
    ++socket.under_way;
    if (socket.stamped) return ring_.receive_stamped(slot, receive_ticket(slot, socket));
    ring_.receive(slot, receive_ticket(slot, socket));
  }
  void start_transmit_stamps(Slot slot, Socket& socket) {
    ++socket.under_way;
    ring_.transmit_stamps(slot, ticket(Ticket::Operation::transmit_stamps, slot));
  }
  void start_send(Slot slot, Socket& socket) {
    ++socket.under_way;
    ring_.send(slot, socket.unsent, ticket(Ticket::Operation::send, slot), socket.notice);
  }
  // One by one where their names are known, which the kernel finds by a hash; for those of a socket it looks
  // through all of the ring's (Linux 6.18, io_poll_cancel), and closing n would take n * n steps. A connect
  // may have nothing to its name yet.
  void cancel_everything(Slot slot, Socket& socket) {
    if (socket.connecting || socket.stamped) {
      ++socket.under_way;
      return ring_.cancel_all(slot, ticket(Ticket::Operation::cancel, slot));
    }
    if (socket.receiving) cancel_one(slot, socket, receive_ticket(slot, socket));
    if (socket.sending) cancel_one(slot, socket, ticket(Ticket::Operation::send, slot));
  }
  void cancel_one(Slot slot, Socket& socket, Ticket victim) {
    ++socket.under_way;
    ring_.cancel(victim, ticket(Ticket::Operation::cancel, slot));
  }
  void start_close(Slot slot, Socket& socket) {
    socket.phase = Phase::closed;
    ring_.close(slot, ticket(Ticket::Operation::close, slot));
  }

  template <class Handler>
  void dispatch(const Completion& completion, Handler& handler) {
    const Ticket& ticket = completion.ticket;
    if (ticket.operation == Ticket::Operation::accept) return accepted(completion, handler);
    RS_CHECK(ticket.slot < slots_);
    Socket& socket = at(ticket.slot);
    if (socket.phase == Phase::free || (socket.generation & Ticket::kGenerationMask) != ticket.generation) {
      ++counters_.late_completions;
      if (completion.has_buffer) ring_.return_buffer(completion.buffer);
      return;
    }
    switch (ticket.operation) {
      case Ticket::Operation::open:
      case Ticket::Operation::connect:
      case Ticket::Operation::stamp: return connected(completion, socket, handler);
      case Ticket::Operation::receive:
      case Ticket::Operation::receive_stamped: return received(completion, socket, handler);
      case Ticket::Operation::transmit_stamps: return transmitted(completion, socket, handler);
      case Ticket::Operation::send: return sent(completion, socket, handler);
      case Ticket::Operation::cancel: return cancelled(completion, socket);
      case Ticket::Operation::close: return closed(ticket.slot, socket, handler);
      case Ticket::Operation::accept: return;
    }
  }

  // One operation of the socket is over. The last one of a closing socket lets the close itself start.
  void finished(Slot slot, Socket& socket) {
    RS_CHECK(socket.under_way > 0);
    --socket.under_way;
    if (socket.phase == Phase::closing && socket.under_way == 0) start_close(slot, socket);
  }

  // A cancellation that found nothing may have come too early: a connect begins only after its socket is open
  // and has its options, and a cancellation of the same turn overtakes it.
  void cancelled(const Completion& completion, Socket& socket) {
    const Slot slot = completion.ticket.slot;
    finished(slot, socket);
    if (socket.phase == Phase::closing && socket.connecting && completion.result <= 0)
      cancel_everything(slot, socket);
  }

  template <class Handler>
  void connected(const Completion& completion, Socket& socket, Handler& handler) {
    const Slot slot = completion.ticket.slot;
    const bool closing = socket.phase == Phase::closing;
    socket.connecting = false;
    finished(slot, socket);
    if (closing) return;
    const bool wants_stamps = std::exchange(socket.stamped, false);
    if (completion.ticket.operation == Ticket::Operation::stamp) {
      socket.stamped = completion.result == 0;
    } else if (completion.result < 0) {
      return handler.on_connect_failed(slot, connect_failure(-completion.result));
    }
    counters_.stamps_refused += wants_stamps && !socket.stamped;
    socket.phase = Phase::open;
    start_receive(slot, socket);
    if (socket.stamped) start_transmit_stamps(slot, socket);
    handler.on_connected(slot);
  }

  template <class Handler>
  void accepted(const Completion& completion, Handler& handler) {
    if (!completion.more) ring_.accept(listener_, Ticket{.operation = Ticket::Operation::accept});
    if (completion.result < 0) {
      counters_.accepts_without_room += completion.result == -ENFILE;
      return;
    }
    const Slot slot = static_cast<Slot>(completion.result);
    Socket& socket = at(slot);
    RS_CHECK(socket.phase == Phase::free);
    socket.phase = Phase::open;
    start_receive(slot, socket);
    handler.on_accepted(slot);
  }

  template <class Handler>
  void received(const Completion& completion, Socket& socket, Handler& handler) {
    const Slot slot = completion.ticket.slot;
    if (!completion.more) {
      socket.receiving = false;
      finished(slot, socket);
    }
    if (completion.has_buffer) {
      if (completion.result > 0 && socket.phase == Phase::open && !socket.ended)
        hand_over(completion, socket, handler);
      ring_.return_buffer(completion.buffer);
    }
    if (socket.receiving || socket.phase != Phase::open || socket.ended) return;
    if (completion.result > 0 || completion.result == -ENOBUFS || completion.result == -ECANCELED) {
      counters_.out_of_buffers += completion.result == -ENOBUFS;
      if (socket.paused) {
        // A send failed while the receive that was to report it was being cancelled.
        if (socket.error != 0) end(slot, socket, send_failure(socket.error), handler);
        return;
      }
      ++counters_.receive_rearms;
      return start_receive(slot, socket);
    }
    // An end of stream after a failed send is that failure: the kernel reports an error once, to whoever asks
    // first.
    const int code = completion.result == 0 ? -socket.error : completion.result;
    end(slot, socket, receive_failure(-code), handler);
  }

  template <class Handler>
  void hand_over(const Completion& completion, const Socket& socket, Handler& handler) {
    const std::span<std::byte> bytes = ring_.received(completion);
    if constexpr (StampHandler<Handler>) {
      if (socket.stamped) return handler.on_received(completion.ticket.slot, bytes, completion.stamp());
    }
    handler.on_received(completion.ticket.slot, bytes);
  }

  // What ends without an error, because completions are held back, begins again; after an error the socket
  // goes on with its receive stamps alone.
  template <class Handler>
  void transmitted(const Completion& completion, Socket& socket, Handler& handler) {
    const Slot slot = completion.ticket.slot;
    if (completion.more) {
      if constexpr (StampHandler<Handler>) {
        if (socket.phase == Phase::open && !socket.ended)
          handler.on_transmit_stamp(slot, static_cast<std::uint32_t>(completion.result), completion.stamp());
      }
      return;
    }
    finished(slot, socket);
    if (socket.phase != Phase::open || socket.ended) return;
    if (completion.result < 0 && completion.result != -ECANCELED) {
      ++counters_.stamps_refused;
      return;
    }
    ++counters_.stamp_rearms;
    start_transmit_stamps(slot, socket);
  }

  template <class Handler>
  void sent(const Completion& completion, Socket& socket, Handler& handler) {
    const Slot slot = completion.ticket.slot;
    finished(slot, socket);
    if (socket.phase != Phase::open) return;
    if (completion.result == -EAGAIN) {
      socket.notice = Notice::prompt;
      return start_send(slot, socket);
    }
    if (completion.result < 0) {
      // What the peer said before it went may still be waiting to be received, so the receive reports the
      // end.
      socket.error = static_cast<std::uint16_t>(-completion.result);
      const bool peer_gone = completion.result == -EPIPE || completion.result == -ECONNRESET;
      if (!peer_gone || !socket.receiving) end(slot, socket, send_failure(-completion.result), handler);
      return;
    }
    socket.unsent = socket.unsent.subspan(static_cast<std::size_t>(completion.result));
    if (!socket.unsent.empty()) {
      ++counters_.short_sends;
      socket.notice = Notice::prompt;
      return start_send(slot, socket);
    }
    socket.sending = false;
    handler.on_sent(slot);
  }

  template <class Handler>
  void end(Slot slot, Socket& socket, Failure failure, Handler& handler) {
    if (socket.ended) return;
    socket.ended = true;
    handler.on_ended(slot, failure);
  }

  template <class Handler>
  void closed(Slot slot, Socket& socket, Handler& handler) {
    const std::uint32_t next_generation = socket.generation + 1;
    socket = Socket{};
    socket.generation = next_generation;
    handler.on_closed(slot);
  }

  Ring& ring_;
  std::uint32_t slots_;
  std::unique_ptr<Socket[]> table_;
  SocketCounters counters_;
  int listener_ = -1;
};

}  // namespace ringstorm
