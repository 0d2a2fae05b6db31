#include "sim/sim_ring.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace ringstorm {
namespace {

constexpr Duration kLatest = milliseconds(2);  // a late completion comes at most so much later

std::uint64_t hash_of(std::span<const std::byte> bytes) {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

thread_local int InsideSimulator::depth_ = 0;

SimRing::SimRing(const SimRingOptions& options, SimNetwork& network, std::uint64_t seed)
    : options_(options),
      network_(network),
      timeline_(network.timeline()),
      faults_(network.faults()),
      prng_(seed),
      buffers_(options.receive_buffers, options.receive_buffer_bytes),
      sockets_(options.slots),
      started_(timeline_.now()) {}

bool SimRing::Socket::idle() {
  return std::ranges::all_of(
      operations(), [](const Operation* operation) { return operation->state == Operation::State::idle; });
}

SimRing::Socket& SimRing::at(Slot slot) {
  RS_CHECK(slot < sockets_.size());
  return sockets_[slot];
}

// Asking. Nothing happens before the turn's system call, or an earlier one when the submission queue is full.

void SimRing::ask(Request request) {
  const InsideSimulator inside;
  requests_.push_back(std::move(request));
  if (chance(prng_, faults_.early_submit)) submit();
}

void SimRing::connect(Slot slot, const SocketAddress& address, const SocketAddress*, Ticket ticket,
                      Stamping stamping) {
  ask({.ticket = ticket, .slot = slot, .address = &address, .stamping = stamping});
}

void SimRing::accept(int, Ticket) {
  RS_CHECK(!"nobody connects to a simulated ring");
}

void SimRing::receive(Slot slot, Ticket ticket) {
  ask({.ticket = ticket, .slot = slot});
}

void SimRing::send(Slot slot, std::span<const std::byte> bytes, Ticket ticket, Notice notice) {
  RS_CHECK(!bytes.empty());
  ask({.ticket = ticket, .slot = slot, .bytes = bytes, .hash = hash_of(bytes), .notice = notice});
}

void SimRing::cancel(Ticket victim, Ticket ticket) {
  ask({.ticket = ticket, .slot = victim.slot, .victim = victim});
}

void SimRing::cancel_all(Slot slot, Ticket ticket) {
  ask({.ticket = ticket, .slot = slot, .victim_is_slot = true});
}

void SimRing::close(Slot slot, Ticket ticket) {
  ask({.ticket = ticket, .slot = slot});
}

void SimRing::return_buffer(std::uint16_t buffer) {
  const InsideSimulator inside;
  buffers_.give_back(buffer);
}

// Beginning what was asked for.

void SimRing::submit() {
  buffers_.publish();
  for (const Request& request : std::exchange(requests_, {})) {
    note(request.ticket, request.bytes.size());
    begin(request);
  }
}

void SimRing::begin(const Request& request) {
  Socket& socket = at(request.slot);
  switch (request.ticket.operation) {
    case Ticket::Operation::connect: return begin_connect(request);
    case Ticket::Operation::receive:
    case Ticket::Operation::receive_stamped:
      RS_CHECK(socket.connection != nullptr);
      RS_CHECK(socket.stamped == (request.ticket.operation == Ticket::Operation::receive_stamped));
      start(socket.receive, request);
      return serve_receive(socket);
    case Ticket::Operation::transmit_stamps:
      RS_CHECK(socket.connection != nullptr && socket.stamped);
      start(socket.transmit_stamps, request);
      return serve_transmit_stamps(socket);
    case Ticket::Operation::send:
      RS_CHECK(socket.connection != nullptr);
      start(socket.send, request);
      return serve_send(socket);
    case Ticket::Operation::cancel: return begin_cancel(request);
    case Ticket::Operation::close: return begin_close(request);
    case Ticket::Operation::open:
    case Ticket::Operation::stamp:
    case Ticket::Operation::accept: break;
  }
  RS_CHECK(!"not something to ask for");
}

void SimRing::start(Operation& operation, const Request& request) {
  RS_CHECK(operation.state == Operation::State::idle);
  operation = {.state = Operation::State::waiting, .request = request, .done = 0, .turn = turns_};
}

void SimRing::begin_connect(const Request& request) {
  Socket& socket = at(request.slot);
  RS_CHECK(socket.connection == nullptr);
  RS_CHECK(socket.idle());
  start(socket.connect, request);
  if (chance(prng_, faults_.open_fails)) {
    constexpr std::array kErrors{ENFILE, EMFILE, ENOMEM, ENOBUFS};
    // The kernel's chain reports it as `open`, the system calls of older kernels as `connect`.
    if (chance(prng_, 0.5)) socket.connect.request.ticket.operation = Ticket::Operation::open;
    return decide(socket.connect, -kErrors[prng_.below(kErrors.size())], faults_.late_completion);
  }
  socket.connection = network_.connect(*request.address, [this, slot = request.slot] { changed(slot); });
}

// The victims and the cancellation itself complete in either order.
void SimRing::begin_cancel(const Request& request) {
  Socket& socket = at(request.slot);
  if (request.victim_is_slot && socket.connection == nullptr) return answer(request, -EBADF);
  const bool cancellation_first = chance(prng_, faults_.cancel_comes_first);
  std::int32_t cancelled = 0;
  bool found = false;
  std::array<Operation*, 4> victims{};
  for (Operation* operation : socket.operations()) {
    if (!request.victim_is_slot && operation->request.ticket != request.victim) continue;
    found = found || operation->state == Operation::State::decided;
    if (can_be_cancelled(*operation)) victims[static_cast<std::size_t>(cancelled++)] = operation;
  }
  const std::int32_t result = request.victim_is_slot        ? cancelled
                              : cancelled > 0               ? 0
                              : found && chance(prng_, 0.5) ? -EALREADY
                                                            : -ENOENT;
  if (cancellation_first) answer(request, result);
  for (Operation* victim : victims) {
    if (victim != nullptr) cancel_operation(*victim);
  }
  if (!cancellation_first) answer(request, result);
}

// A connect comes last in a chain of requests and begins only when those before it are through.
bool SimRing::can_be_cancelled(const Operation& operation) {
  if (operation.state != Operation::State::waiting) return false;
  const bool may_not_have_begun =
      operation.request.ticket.operation == Ticket::Operation::connect && operation.turn == turns_;
  return !may_not_have_begun || !chance(prng_, faults_.cancel_misses);
}

void SimRing::cancel_operation(Operation& operation) {
  const bool partly = operation.done > 0;  // a send that has begun says how far it got
  decide(operation, partly ? static_cast<std::int32_t>(operation.done) : -ECANCELED, faults_.late_completion);
}

// The kernel lets a slot go while operations on it are under way, and they live on without it; the engine
// promises not to.
void SimRing::begin_close(const Request& request) {
  Socket& socket = at(request.slot);
  RS_CHECK(socket.idle());
  if (socket.connection == nullptr) return answer(request, -EBADF);
  socket.connection->close();
  socket.connection.reset();
  socket.stamped = false;
  socket.stamps.clear();
  answer(request, 0);
  if (!chance(prng_, faults_.stale_completion)) return;
  Ticket stale = request.ticket;
  stale.operation = Ticket::Operation::receive;
  timeline_.after(kLatest + lateness(1), [this, stale] {
    ++stale_completions_;
    const bool with_buffer = !buffers_.empty() && chance(prng_, 0.5);
    post({.ticket = stale,
          .result = with_buffer ? 1 : -ECANCELED,
          .has_buffer = with_buffer,
          .buffer = with_buffer ? buffers_.fill(1) : std::uint16_t{0}});
  });
}

// What the network's news do to the operations that wait for it.

void SimRing::changed(Slot slot) {
  Socket& socket = at(slot);
  if (socket.connect.state == Operation::State::waiting) serve_connect(socket);
  // A reset is reported once, to whichever of the two looks first.
  const bool send_first = chance(prng_, 0.5);
  if (send_first && socket.send.state == Operation::State::waiting) serve_send(socket);
  if (socket.receive.state == Operation::State::waiting) serve_receive(socket);
  if (!send_first && socket.send.state == Operation::State::waiting) serve_send(socket);
}

void SimRing::serve_connect(Socket& socket) {
  if (socket.connection->state() == SimConnection::State::connecting) return;
  const int error = socket.connection->connect_error();
  Request& request = socket.connect.request;
  if (error != 0 || request.stamping == Stamping::off)
    return decide(socket.connect, -error, faults_.late_completion);
  request.ticket.operation = Ticket::Operation::stamp;
  socket.stamped = !chance(prng_, faults_.stamp_refused);
  decide(socket.connect, socket.stamped ? 0 : -EINVAL, faults_.late_completion);
}

void SimRing::serve_receive(Socket& socket) {
  SimConnection& connection = *socket.connection;
  while (socket.receive.state == Operation::State::waiting) {
    if (connection.arrived() > 0) {
      if (buffers_.empty()) return decide(socket.receive, -ENOBUFS, faults_.late_completion);
      std::size_t bytes = std::min(connection.arrived(), buffers_.bytes_each());
      if (chance(prng_, faults_.cut_receive)) bytes = 1 + prng_.below(bytes);
      give_bytes(socket, bytes);
    } else if (const int error = connection.take_error(); error != 0) {
      return decide(socket.receive, -error, faults_.late_completion);
    } else if (connection.finished()) {
      if (buffers_.empty() || !chance(prng_, faults_.end_with_buffer))
        return decide(socket.receive, 0, faults_.late_completion);
      return complete(
          socket.receive,
          {.ticket = socket.receive.request.ticket, .has_buffer = true, .buffer = buffers_.fill(0)});
    } else {
      return;
    }
  }
}

// A full completion queue ends a multishot: what goes on must never be held back, what ends may be.
void SimRing::give_bytes(Socket& socket, std::size_t bytes) {
  const std::uint16_t buffer = buffers_.fill(bytes);
  const Instant arrival = socket.connection->take(buffers_.filling(buffer));
  Completion completion{.ticket = socket.receive.request.ticket,
                        .result = static_cast<std::int32_t>(bytes),
                        .more = !full() && !chance(prng_, faults_.ended_multishot),
                        .has_buffer = true,
                        .buffer = buffer};
  if (socket.stamped) {
    KernelStamp stamp = stamp_of(arrival);
    const bool non_empty = socket.connection->arrived() > 0 || socket.connection->finished();
    if (stamp.exact() && non_empty) stamp.quality = KernelStamp::Quality::crowded;
    completion.stamped = stamp.at;
    completion.stamp_quality = stamp.quality;
  }
  if (completion.more) return post(completion);
  complete(socket.receive, completion);
}

// A stamp that says it is wrong, is.
KernelStamp SimRing::stamp_of(Instant at) {
  if (chance(prng_, faults_.missing_stamp)) return {};
  if (chance(prng_, faults_.stepped_stamp)) return {at + milliseconds(700), KernelStamp::Quality::stepped};
  return {at, KernelStamp::Quality::exact};
}

// Each write has a stamp of its own, unless it runs together with the one before, whose stamp has not been
// told.
void SimRing::stamp_write(Socket& socket, std::uint64_t end) {
  if (!socket.stamped) return;
  if (!socket.stamps.empty() && chance(prng_, faults_.merged_stamp)) socket.stamps.pop_back();
  const KernelStamp stamp = stamp_of(timeline_.now());
  if (stamp.quality == KernelStamp::Quality::missing) return;
  const Instant due = timeline_.now() + lateness(faults_.late_stamp);
  socket.stamps.push_back({.key = static_cast<std::uint32_t>(end - 1), .stamp = stamp, .due = due});
  timeline_.at(due, [this, &socket] { serve_transmit_stamps(socket); });
}

// What finds no room in the completion queue waits for the next stamp, or for the operation to begin again.
void SimRing::serve_transmit_stamps(Socket& socket) {
  Operation& operation = socket.transmit_stamps;
  while (operation.state == Operation::State::waiting && !socket.stamps.empty() && !full()) {
    const TransmitStamp& next = socket.stamps.front();
    if (next.due > timeline_.now()) return;
    post({.ticket = operation.request.ticket,
          .result = static_cast<std::int32_t>(next.key),
          .stamped = next.stamp.at,
          .more = true,
          .stamp_quality = next.stamp.quality});
    socket.stamps.pop_front();
    if (chance(prng_, faults_.ended_multishot)) complete(operation, {.ticket = operation.request.ticket});
  }
}

void SimRing::serve_send(Socket& socket) {
  Operation& send = socket.send;
  if (socket.connection->broken()) {
    const int error = socket.connection->take_error();
    const auto done = static_cast<std::int32_t>(send.done);
    return decide(send, done > 0 ? done : error != 0 ? -error : -EPIPE, faults_.late_send);
  }
  if (send.request.notice == Notice::lazy) return send_at_once(socket);
  const bool cut_short = chance(prng_, faults_.short_send);
  if (write(socket) == 0) return;
  if (cut_short || send.done == send.request.bytes.size())
    decide(send, static_cast<std::int32_t>(send.done), faults_.late_send);
}

// A lazy send says at once how far it got, and nothing when it is done.
void SimRing::send_at_once(Socket& socket) {
  Operation& send = socket.send;
  const Completion done{.ticket = send.request.ticket,
                        .result = static_cast<std::int32_t>(send.request.bytes.size())};
  const bool busy = chance(prng_, faults_.busy_send) || write(socket) == 0;
  if (busy) return decide(send, -EAGAIN, 0);
  if (send.done < send.request.bytes.size()) return decide(send, static_cast<std::int32_t>(send.done), 0);
  send.state = Operation::State::idle;
  quiet_.push_back(done);
}

// Hands over what fits, or less; the bytes written.
std::size_t SimRing::write(Socket& socket) {
  Operation& send = socket.send;
  const std::span<const std::byte> bytes = send.request.bytes;
  RS_CHECK(hash_of(bytes) == send.request.hash);  // changed while being sent
  std::size_t now = std::min(bytes.size() - send.done, socket.connection->window());
  if (now > 0 && chance(prng_, faults_.short_send)) now = 1 + prng_.below(now);
  if (now == 0) return 0;
  socket.connection->write(bytes.subspan(send.done, now));
  stamp_write(socket, socket.connection->writes().back().end);
  send.done += now;
  return now;
}

// Completing.

Duration SimRing::lateness(double probability) {
  return chance(prng_, probability) ? between(prng_, Duration{0}, kLatest) : Duration{0};
}

void SimRing::decide(Operation& operation, std::int32_t result, double probability) {
  operation.state = Operation::State::decided;
  const Completion completion{.ticket = operation.request.ticket, .result = result};
  const Duration late = lateness(probability);
  if (late == Duration{0}) return complete(operation, completion);
  timeline_.after(late, [this, &operation, completion] { complete(operation, completion); });
}

void SimRing::complete(Operation& operation, Completion completion) {
  const std::span<const std::byte> bytes = operation.request.bytes;
  if (!bytes.empty()) RS_CHECK(hash_of(bytes) == operation.request.hash);  // changed before the completion
  operation.state = Operation::State::idle;
  post(completion);
}

void SimRing::answer(const Request& request, std::int32_t result) {
  ++answers_due_;
  timeline_.after(lateness(faults_.late_completion),
                  [this, completion = Completion{.ticket = request.ticket, .result = result}] {
                    --answers_due_;
                    post(completion);
                  });
}

bool SimRing::full() const {
  return queue_.size() >= options_.completion_entries || !held_back_.empty();
}

void SimRing::post(const Completion& completion) {
  (full() ? held_back_ : queue_).push_back(completion);
}

void SimRing::flush_overflow() {
  while (!held_back_.empty() && queue_.size() < options_.completion_entries) {
    queue_.push_back(held_back_.front());
    held_back_.pop_front();
  }
}

// Waiting and taking.

void SimRing::submit_and_wait(const Wait& wait) {
  const InsideSimulator inside;
  RS_CHECK(++turns_ <= options_.most_turns);                   // else it hangs
  RS_CHECK(timeline_.now() - started_ <= options_.most_time);  // else it hangs
  const Instant begin = timeline_.now();
  flush_overflow();
  submit();
  timeline_.run_until(begin);
  if (!chance(prng_, faults_.interrupted_wait)) wait_for(wait);
  keep_time_moving(begin);
  flush_overflow();
  if (!held_back_.empty()) ++overflows_;
  note(static_cast<std::uint64_t>(timeline_.now().time_since_epoch().count()));
}

void SimRing::wait_for(const Wait& wait) {
  const bool poll = wait.completions == 0 || wait.until <= timeline_.now();
  if (poll) return timeline_.run_until(timeline_.now() + options_.poll_cost);
  const std::size_t wanted = std::min<std::size_t>(wait.completions, options_.completion_entries);
  Instant until = wait.until;
  while (queue_.size() < wanted) {
    if (!queue_.empty()) until = std::min(until, timeline_.now() + wait.at_most_after_first);
    if (timeline_.next() > until) return timeline_.run_until(until);
    RS_CHECK(timeline_.next() != kNever);  // else it waits for ever for nothing
    timeline_.run_until(timeline_.next());
  }
}

// Even a loop that never waits takes time.
void SimRing::keep_time_moving(Instant begin) {
  timeless_turns_ = timeline_.now() == begin ? timeless_turns_ + 1 : 0;
  if (timeless_turns_ < 3) return;
  timeless_turns_ = 0;
  timeline_.run_until(begin + options_.poll_cost);
}

// The quiet ones come last, and not while there may be word of them among those held back.
std::size_t SimRing::take(std::span<Completion> completions) {
  const InsideSimulator inside;
  std::size_t count = std::min(completions.size(), queue_.size() + (held_back_.empty() ? quiet_.size() : 0));
  if (count > 0 && chance(prng_, faults_.small_take)) count = 1 + prng_.below(count);
  for (Completion& completion : completions.first(count)) {
    std::deque<Completion>& from = queue_.empty() ? quiet_ : queue_;
    completion = from.front();
    from.pop_front();
    if (completion.has_buffer) buffers_.hand_over(completion.buffer);
    note(completion.ticket, static_cast<std::uint32_t>(completion.result));
  }
  return count;
}

void SimRing::check_idle() {
  for (Socket& socket : sockets_) {
    RS_CHECK(socket.connection == nullptr);
    RS_CHECK(socket.idle());
  }
  RS_CHECK(requests_.empty());
  RS_CHECK(quiet_.empty());
  RS_CHECK(answers_due_ == 0);
  RS_CHECK(buffers_.with_application() == 0);
}

// The trace: multiply and rotate, so that order matters.
void SimRing::note(std::uint64_t value) {
  trace_ = (trace_ ^ value) * 0x9e3779b97f4a7c15ULL;
  trace_ ^= trace_ >> 29;
}

void SimRing::note(const Ticket& ticket, std::uint64_t value) {
  note(ticket.pack());
  note(value);
}

}  // namespace ringstorm
