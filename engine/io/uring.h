// The kernel's io_uring as a CompletionRing: a table of direct descriptors, a ring of provided receive
// buffers, one system call a turn. Only this, kernel_stamps and the probes know a flag of the kernel's
// interface.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <liburing.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "base/result.h"
#include "io/address.h"
#include "io/capabilities.h"
#include "io/kernel_stamps.h"
#include "io/ring.h"
#include "io/socket_options.h"

namespace ringstorm {

struct UringOptions {
  std::uint32_t entries = 1024;             ///< submission queue; a power of two
  std::uint32_t completion_entries = 4096;  ///< a power of two
  std::uint32_t slots = 1024;  ///< table of direct descriptors; at most the process's limit of open files
  std::uint32_t receive_buffers = 1024;       ///< a power of two, at most 32,768
  std::uint32_t receive_buffer_bytes = 4096;  ///< of which stamped sockets lose 80 to the kernel's header
  SocketTuning tuning = {};                   ///< of the sockets it connects
  bool stamps = false;  ///< sockets may be stamped; an error where `Capabilities::kernel_stamps()` is not
};

/// Belongs to the thread that made it (SINGLE_ISSUER). Not movable: the kernel and the buffer ring hold its
/// addresses.
class Uring {
 public:
  /// `capabilities` says what may be used; errors name the step and what to do about it.
  static Result<std::unique_ptr<Uring>> open(const UringOptions& options, const Capabilities& capabilities);
  ~Uring();
  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;

  Instant now() const { return MonotonicClock::now(); }
  bool can_stamp() const { return stamps_ != nullptr; }
  void connect(Slot slot, const SocketAddress& address, const SocketAddress* source, Ticket ticket,
               Stamping stamping);
  void accept(int listener, Ticket ticket);
  void receive(Slot slot, Ticket ticket);
  void receive_stamped(Slot slot, Ticket ticket);
  void transmit_stamps(Slot slot, Ticket ticket);
  void send(Slot slot, std::span<const std::byte> bytes, Ticket ticket, Notice notice);
  void cancel(Ticket victim, Ticket ticket);
  void cancel_all(Slot slot, Ticket ticket);
  void close(Slot slot, Ticket ticket);
  void reset(Slot slot, Ticket ticket);
  void submit_and_wait(const Wait& wait);
  std::size_t take(std::span<Completion> completions);
  std::span<std::byte> received(const Completion& completion) {
    const bool stamped = completion.ticket.operation == Ticket::Operation::receive_stamped;
    return buffer(completion.buffer)
        .subspan(stamped ? StampedMessage::kPayloadOffset : 0, static_cast<std::size_t>(completion.result));
  }
  void return_buffer(std::uint16_t buffer);
  std::uint64_t overflows() const { return overflows_; }
  /// What the first socket that it connected has, as the kernel says; nothing where the kernel cannot (Linux
  /// 6.8), or none was connected.
  const std::optional<SocketValues>& socket_values() const { return socket_values_; }
  /// How often the clock of the stamps was set, as far as stamps were about to see it.
  std::uint64_t clock_steps() const { return stamps_ ? stamps_->bridge().steps() : 0; }

 private:
  Uring(const UringOptions& options, const Capabilities& capabilities);
  Status set_up();
  Status set_up_ring();
  Status set_up_buffers();
  std::span<std::byte> buffer(std::uint16_t id) {
    return {buffers_.get() + std::size_t{id} * options_.receive_buffer_bytes, options_.receive_buffer_bytes};
  }
  io_uring_sqe* entry();
  unsigned publish_submissions();
  bool overflowing() const { return (*ring_.sq.kflags & IORING_SQ_CQ_OVERFLOW) != 0; }
  void enter(unsigned wanted, const Wait& wait, Duration min_wait);
  bool connect_through_ring(Slot slot, const SocketAddress& address, const SocketAddress* source,
                            Ticket ticket, Stamping stamping);
  void bind(Slot slot, const SocketAddress& source, Ticket ticket);
  io_uring_sqe* set_option(Slot slot, int level, int option, const void* value, socklen_t length);
  const std::vector<SocketOption>& options_of(int family) const;
  void inspect(Slot slot);
  void inspected(int result);
  io_uring_sqe* socket_command(Slot slot, unsigned command);
  void receive_multishot(io_uring_sqe* sqe, Ticket ticket);
  void connect_by_system_calls(Slot slot, const SocketAddress& address, const SocketAddress* source,
                               Ticket ticket);

  // A lazy send that the kernel does or refuses while it is submitted, and of which it speaks only when it is
  // not done then.
  struct QuietSend {
    std::uint64_t ticket = 0;  ///< packed: this is memory of every connection
    std::uint32_t bytes = 0;
    bool spoke = false;
  };
  QuietSend& quiet(std::uint32_t number) { return quiet_[number & (quiet_.size() - 1)]; }
  void send_aloud(Slot slot, std::span<const std::byte> bytes, Ticket ticket);
  std::size_t take_from_queue(std::span<Completion> completions);
  std::size_t take_mixed(std::span<Completion> completions);
  Completion read_completion(const io_uring_cqe& cqe);
  void add_receive_stamp(const io_uring_cqe& cqe, Completion& completion);
  void add_transmit_stamp(const io_uring_cqe& cqe, Completion& completion);
  Completion take_exception(std::uint32_t number, std::int32_t result);
  std::size_t take_quiet_sends(std::span<Completion> completions);

  struct FreeDeleter {
    void operator()(void* memory) const;
  };

  UringOptions options_;
  Capabilities capabilities_;
  io_uring ring_{};
  bool ring_open_ = false;
  std::unique_ptr<std::byte, FreeDeleter> buffers_;
  std::unique_ptr<io_uring_buf_ring, FreeDeleter> buffer_ring_;
  std::uint16_t returned_buffers_ = 0;  ///< added to the buffer ring, not yet shown to the kernel
  std::uint64_t overflows_ = 0;
  std::unique_ptr<StampReader> stamps_;  ///< of a ring that can stamp
  StampedMessage stamped_message_;       ///< the kernel reads it whenever a stamped receive is armed
  std::vector<QuietSend> quiet_;         ///< a circle of a power of two; entries are numbered without end
  std::uint32_t quiet_first_ = 0;        ///< the oldest not reported
  std::uint32_t quiet_submitted_ = 0;    ///< those below have been tried
  std::uint32_t quiet_next_ = 0;
  // Of the sockets it connects, by family. The kernel reads them when it runs the request.
  std::vector<SocketOption> options_v4_;
  std::vector<SocketOption> options_v6_;
  std::vector<SocketOption> options_unix_;
  std::vector<sockaddr_in6> sources_;  ///< what is bound to, by entry: the kernel reads it at submission
  bool to_inspect_ = false;            ///< the next socket that is connected
  std::optional<SocketValues> socket_values_;
  std::vector<Completion> pending_;  ///< completions the ring made itself (a socket(2) that failed)
};

}  // namespace ringstorm
