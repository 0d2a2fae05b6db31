// io_uring as a simulation: a CompletionRing whose kernel, clock and network are seeded, and whose faults are
// chosen. It keeps to what the kernel promises and uses every freedom the kernel has; whoever breaks the
// rules of the interface (changes bytes that are being sent, uses a slot that is not open, keeps a buffer) is
// stopped by a check at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "base/prng.h"
#include "io/ring.h"
#include "sim/sim_buffers.h"
#include "sim/sim_faults.h"
#include "sim/sim_network.h"
#include "sim/sim_timeline.h"

namespace ringstorm {

/// On the stack while the simulator is at work: a test that forbids allocation to the code under test must
/// allow it to this one.
class InsideSimulator {
 public:
  InsideSimulator() { ++depth_; }
  ~InsideSimulator() { --depth_; }
  InsideSimulator(const InsideSimulator&) = delete;
  InsideSimulator& operator=(const InsideSimulator&) = delete;
  static bool now() { return depth_ > 0; }

 private:
  static thread_local int depth_;
};

struct SimRingOptions {
  std::uint32_t slots = 64;
  std::uint32_t receive_buffers = 64;
  std::uint32_t receive_buffer_bytes = 4096;
  std::uint32_t completion_entries = 4096;
  Duration poll_cost = microseconds(1);  ///< what a system call that waits for nothing takes
  std::uint64_t most_turns = 2'000'000;  ///< beyond it the code under test hangs
  Duration most_time = seconds(3'600);   ///< the same in virtual time
};

class SimRing {
 public:
  SimRing(const SimRingOptions& options, SimNetwork& network, std::uint64_t seed);
  SimRing(const SimRing&) = delete;
  SimRing& operator=(const SimRing&) = delete;

  Instant now() const { return timeline_.now(); }
  bool can_stamp() const { return true; }
  void connect(Slot slot, const SocketAddress& address, const SocketAddress* source, Ticket ticket,
               Stamping stamping);
  void accept(int listener, Ticket ticket);  ///< nobody connects to a simulated ring yet
  void receive(Slot slot, Ticket ticket);
  void receive_stamped(Slot slot, Ticket ticket) { receive(slot, ticket); }
  void transmit_stamps(Slot slot, Ticket ticket) { receive(slot, ticket); }
  void send(Slot slot, std::span<const std::byte> bytes, Ticket ticket, Notice notice);
  void cancel(Ticket victim, Ticket ticket);
  void cancel_all(Slot slot, Ticket ticket);
  void close(Slot slot, Ticket ticket);
  void submit_and_wait(const Wait& wait);
  std::size_t take(std::span<Completion> completions);
  std::span<std::byte> received(const Completion& completion) {
    return buffers_.contents(completion.buffer, static_cast<std::size_t>(completion.result));
  }
  void return_buffer(std::uint16_t buffer);
  std::uint64_t overflows() const { return overflows_; }

  /// Checks that nothing is left: no operation under way, no buffer kept, every slot free.
  void check_idle();
  /// Of everything asked for, everything answered, and when: two runs of a seed have the same.
  std::uint64_t trace() const { return trace_; }
  std::uint64_t turns() const { return turns_; }
  std::uint64_t stale_completions() const { return stale_completions_; }
  /// What really happened to an open socket.
  const SimConnection& connection(Slot slot) { return *at(slot).connection; }

 private:
  struct Request {
    Ticket ticket;
    Slot slot = 0;
    const SocketAddress* address = nullptr;
    std::span<const std::byte> bytes = {};
    std::uint64_t hash = 0;  ///< of the bytes when they were handed over
    Notice notice = Notice::prompt;
    Ticket victim = {};
    bool victim_is_slot = false;
    Stamping stamping = Stamping::off;
  };
  struct Operation {
    enum class State : std::uint8_t { idle, waiting, decided };  ///< decided: its completion is on its way
    State state = State::idle;
    Request request = {};
    std::size_t done = 0;
    std::uint64_t turn = 0;  ///< in which it began
  };
  struct TransmitStamp {
    std::uint32_t key = 0;
    KernelStamp stamp = {};
    Instant due = {};
  };
  struct Socket {
    std::shared_ptr<SimConnection> connection;
    bool stamped = false;
    Operation connect;
    Operation receive;
    Operation send;
    Operation transmit_stamps;
    std::deque<TransmitStamp> stamps;  ///< not told yet: the socket's error queue
    std::array<Operation*, 4> operations() { return {&connect, &receive, &send, &transmit_stamps}; }
    bool idle();
  };

  Socket& at(Slot slot);
  void ask(Request request);
  void submit();
  void begin(const Request& request);
  void start(Operation& operation, const Request& request);
  bool can_be_cancelled(const Operation& operation);
  void begin_connect(const Request& request);
  void begin_cancel(const Request& request);
  void begin_close(const Request& request);
  void changed(Slot slot);
  void serve_connect(Socket& socket);
  void serve_receive(Socket& socket);
  void serve_send(Socket& socket);
  void send_at_once(Socket& socket);
  std::size_t write(Socket& socket);
  void give_bytes(Socket& socket, std::size_t bytes);
  KernelStamp stamp_of(Instant at);
  void stamp_write(Socket& socket, std::uint64_t end);
  void serve_transmit_stamps(Socket& socket);
  void cancel_operation(Operation& operation);
  void decide(Operation& operation, std::int32_t result, double lateness);
  void complete(Operation& operation, Completion completion);
  void answer(const Request& request, std::int32_t result);
  Duration lateness(double probability);
  bool full() const;
  void post(const Completion& completion);
  void flush_overflow();
  void wait_for(const Wait& wait);
  void keep_time_moving(Instant begin);
  void note(std::uint64_t value);
  void note(const Ticket& ticket, std::uint64_t value);

  SimRingOptions options_;
  SimNetwork& network_;
  SimTimeline& timeline_;
  const SimFaults& faults_;
  Prng prng_;
  SimBuffers buffers_;
  std::vector<Socket> sockets_;
  std::vector<Request> requests_;
  std::deque<Completion> queue_;
  std::deque<Completion> held_back_;
  std::deque<Completion> quiet_;   ///< lazy sends that are done: told with the rest, and no reason to wake up
  std::uint64_t answers_due_ = 0;  ///< cancellations and closes under way
  std::uint64_t overflows_ = 0;
  std::uint64_t stale_completions_ = 0;
  std::uint64_t turns_ = 0;
  std::uint64_t timeless_turns_ = 0;
  std::uint64_t trace_ = 0;
  Instant started_;
};

static_assert(CompletionRing<SimRing>);

}  // namespace ringstorm
