// The ring concept: what the engine asks of a completion ring. `Uring` is the kernel's; the tests have a
// simulated one with a seed, faults and a clock of its own. Everything above sees a ring only through
// `Sockets`, which hides completions too.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "io/address.h"

namespace ringstorm {

/// Index into a ring's table of sockets (direct descriptors).
using Slot = std::uint32_t;

/// Says which operation a completion belongs to; travels through the kernel as the 64-bit user data.
struct Ticket {
  enum class Operation : std::uint8_t {
    open,
    connect,
    stamp,  ///< the last step of a stamped connect
    accept,
    receive,
    receive_stamped,
    transmit_stamps,
    send,
    cancel,
    close
  };
  Operation operation = Operation::open;
  std::uint32_t generation = 0;  ///< 24 bits: tells a slot's successive sockets apart
  Slot slot = 0;

  static constexpr std::uint32_t kGenerationMask = 0xFF'FFFF;
  constexpr std::uint64_t pack() const {
    return static_cast<std::uint64_t>(operation) << 56 |
           static_cast<std::uint64_t>(generation & kGenerationMask) << 32 | slot;
  }
  static constexpr Ticket unpack(std::uint64_t bits) {
    return {static_cast<Operation>(bits >> 56), static_cast<std::uint32_t>(bits >> 32) & kGenerationMask,
            static_cast<Slot>(bits)};
  }
  friend bool operator==(const Ticket&, const Ticket&) = default;
};

/// Whether the kernel says of a socket when it sent and received.
enum class Stamping : std::uint8_t { off, on };

/// A moment that the kernel noted, in this program's clock, and what it is worth.
struct KernelStamp {
  enum class Quality : std::uint8_t {
    missing,  ///< the kernel gave none
    exact,    ///< `at` is the moment
    crowded,  ///< of a receive that left bytes behind: `at` may be theirs, as bytes that run together share
              ///< the latest stamp
    stepped,  ///< the clock of the stamps was set about then: there is no telling
  };
  Instant at{};
  Quality quality = Quality::missing;

  bool exact() const { return quality == Quality::exact; }
};

struct Completion {
  Ticket ticket;
  std::int32_t result = 0;  ///< payload bytes, a slot, or a negated errno; the key of a transmit stamp
  Instant stamped{};        ///< of receive_stamped and transmit_stamps, with `stamp_quality`
  bool more = false;        ///< the multishot operation goes on
  bool has_buffer = false;
  std::uint16_t buffer = 0;  ///< id of the provided buffer that holds the received bytes
  KernelStamp::Quality stamp_quality = KernelStamp::Quality::missing;

  KernelStamp stamp() const { return {stamped, stamp_quality}; }
};
static_assert(sizeof(Completion) <= 32, "half a cache line");

/// When the owner wants to hear that a send is done.
enum class Notice : std::uint8_t {
  prompt,  ///< as soon as it is: there is more to send
  lazy,    ///< with whatever completes next: it need not end a wait
};

/// How long to wait and for how much.
struct Wait {
  Instant until = kNever;         ///< return by then at the latest; a past instant polls
  std::uint32_t completions = 1;  ///< wait for so many ...
  Duration at_most_after_first{
      0};  ///< ... but no longer than this when there is at least one; 0: no waiting beyond the first
};

template <class R>
concept CompletionRing = requires(R ring, const R constant, Slot slot, Ticket ticket,
                                  const SocketAddress& address, const SocketAddress* source,
                                  std::span<const std::byte> bytes, const Wait& wait, std::uint16_t buffer,
                                  const Completion& completion, std::span<Completion> completions,
                                  Notice notice, Stamping stamping) {
  { ring.now() } -> std::same_as<Instant>;
  // Whether sockets can be stamped; decided when the ring was opened.
  { constant.can_stamp() } -> std::same_as<bool>;
  // Opens a socket with TCP_NODELAY in the slot and connects it. Completes once: as `connect`, or as `open`
  // with an error when there was no socket to connect. `address` outlives the operation; the socket is bound
  // to `source`, address and port, unless that is null, and it is read during the call. A stamped one that is
  // connected completes as `stamp` instead, with an error when the socket is there but not stamped.
  ring.connect(slot, address, source, ticket, stamping);
  // Accepts for as long as it completes with `more`; the result is the slot the kernel chose.
  ring.accept(0, ticket);
  // Receives into provided buffers for as long as it completes with `more`.
  ring.receive(slot, ticket);
  // The same for a stamped socket: each completion also says when the last of its bytes arrived.
  ring.receive_stamped(slot, ticket);
  // Completes each time the kernel has sent the last byte of a send of a stamped socket, for as long as with
  // `more`; the result is the key: the place of that byte in all the socket has sent, from 0, modulo 2^32.
  // Sends that the kernel ran together have one stamp, the last one's; some come late, or never.
  ring.transmit_stamps(slot, ticket);
  // Sends the bytes, which outlive the operation; may be short. A lazy one may also complete with -EAGAIN,
  // when it could not be done at once.
  ring.send(slot, bytes, ticket, notice);
  // Cancels the operation that `ticket` names, or everything under way on the slot; each cancelled operation
  // still completes, with -ECANCELED, and so does the cancellation itself.
  ring.cancel(ticket, ticket);
  ring.cancel_all(slot, ticket);
  ring.close(slot, ticket);
  // Hands everything asked for to the kernel and waits.
  ring.submit_and_wait(wait);
  // Takes up to completions.size() completions, oldest first.
  { ring.take(completions) } -> std::same_as<std::size_t>;
  // The payload of a receive that has a buffer.
  { ring.received(completion) } -> std::same_as<std::span<std::byte>>;
  ring.return_buffer(buffer);
  // How often the kernel had to hold completions back because the completion queue was full.
  { constant.overflows() } -> std::same_as<std::uint64_t>;
};

/// A ring that can also end a TCP connection with a reset: for a server that fails on purpose.
template <class R>
concept ResettingRing = CompletionRing<R> && requires(R ring, Slot slot, Ticket ticket) {
  // Resets the slot's connection and discards what it has not sent; the slot stays open. Completes once.
  ring.reset(slot, ticket);
};

}  // namespace ringstorm
