// One thread's share of a run: its ring, its connections, its measurements, and the loop that drives them. A
// template over the ring, so that the simulated ring of the tests drives the very same code.
//
// A shard's life: open every connection at the given rate; wait for the start that all shards have in common;
// run the load through warm-up and the measured window; let what is outstanding come in; close.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/check.h"
#include "base/clock.h"
#include "base/fifo.h"
#include "base/lazy_array.h"
#include "base/text.h"
#include "codec/secure_random.h"
#include "io/sockets.h"
#include "shard/buffer_pool.h"
#include "shard/endpoint_pool.h"
#include "shard/farewell.h"
#include "shard/lane.h"
#include "shard/lane_timeouts.h"
#include "shard/opening.h"
#include "shard/population.h"
#include "shard/probes.h"
#include "shard/setup.h"
#include "shard/slices.h"
#include "shard/slot_pool.h"
#include "shard/traffic.h"
#include "shard/transports.h"
#include "shard/waiting.h"

namespace ringstorm {

/// `Talk` is what its connections say and hear: Traffic, or ScriptTraffic for sessions.
template <CompletionRing Ring, class Talk = Traffic>
class Shard {
 public:
  /// Takes all the memory the shard will ever use: nothing below allocates.
  Shard(Ring& ring, const ShardSetup& setup)
      : plan_(setup.plan),
        segment_(setup.plan.segments[setup.index]),
        control_(setup.control),
        status_(setup.status),
        slices_(setup.mailbox, setup.origin),
        ring_(ring),
        sockets_(ring, size()),
        lanes_(size()),
        traffic_(setup.plan, setup.index, slices_, lanes_, reader_of(ring)),
        seldom_(size()),
        buffers_(setup.plan.budget.send_buffers, setup.plan.budget.send_buffer_bytes),
        flush_queue_(size()),
        transports_(setup.plan.route, size(), setup.plan.budget.send_buffer_bytes),
        timeouts_(lanes_, setup.plan.scenario),
        opening_(setup.plan, setup.index, slices_, timeouts_),
        probes_(ring.can_stamp() ? setup.plan.scenario.probes : 0, size(), slices_, traffic_.window()),
        population_(setup.plan, setup.index, setup.origin),
        endpoints_(setup.targets, EndpointPool::part_of(setup.plan, setup.index)),
        slots_(size()),
        farewell_(setup.plan.segments.size()) {
    traffic_.trace_to(setup.trace);
    if (setup.plan.scenario.fixed_mask_key) random_.fix_mask_key(kExampleMaskKey);
  }

  /// One turn of the loop: what is due now, one system call, what has completed. False when the shard is
  /// done.
  bool turn() {
    now_ = ring_.now();
    advance();
    if (phase_ == ShardPhase::done) return false;
    open_due();
    retire_due();
    expire_timeouts();
    traffic_.hand_out(now_, [this](Slot slot) { want_flush(slot, lanes_[slot]); });
    flush();
    const Wait wait = next_wait();
    const Instant before = ring_.now();
    sockets_.submit_and_wait(wait);
    now_ = ring_.now();
    if (traffic_.window().contains(now_)) waited_ += now_ - before;
    sockets_.deliver(*this);
    ++counters().ring_turns;
    if (now_ >= slices_.due()) {
      close_slice();
      slices_.hand_over(now_);
    }
    return true;
  }

  /// Brings the current slice up to date; the runner calls it once more after the last turn.
  void close_slice() {
    slices_.close(now_, up_, sockets_.counters(), transports_.counters(), ring_.overflows());
  }

  /// Once turn() has returned false.
  ShardOutcome outcome() const {
    return {.opened_at = opened_at_,
            .window_begin = traffic_.window().begin(),
            .window_end = traffic_.window().end(),
            .waited = waited_,
            .outstanding = traffic_.outstanding()};
  }
  FanOutTally take_tally() { return traffic_.take_tally(); }  ///< once, after that

  // What the sockets tell; see SocketHandler.

  void on_connected(Slot slot) {
    Lane& lane = lanes_[slot];
    opening_.connected(slot, lane, now_);
    transports_.connected(slot, lane, *this);
  }

  void on_connect_failed(Slot slot, Failure failure) { fail_opening(slot, lanes_[slot], failure); }

  void on_accepted(Slot) { RS_CHECK(!"a client accepts nothing"); }

  void on_received(Slot slot, std::span<std::byte> bytes) {
    counters().received_wire_bytes += bytes.size();
    transports_.received(slot, lanes_[slot], bytes, *this);
  }

  // What stands between the sockets and the WebSockets tells; see TransportHandler.

  void on_stage_open(Slot slot, TransportPhase phase) {
    opening_.stage_open(slot, lanes_[slot], phase, now_);
  }

  void on_transport_open(Slot slot) {
    opening_.transport_open(slot, lanes_[slot], random_, now_);
    want_flush(slot, lanes_[slot]);
  }

  void on_output_due(Slot slot) { want_flush(slot, lanes_[slot]); }

  void on_plaintext(Slot slot, std::span<std::byte> bytes, bool more) {
    Lane& lane = lanes_[slot];
    traffic_.heard(slot, bytes);
    if (lane.connection.state() == ConnectionState::upgrading && !take_upgrade_answer(slot, lane, bytes))
      return;
    for (const Receiving receiving = traffic_.receiving(slot);;) {
      const bool was_open = lane.connection.state() == ConnectionState::open;
      const ConnectionEvent event = lane.connection.next(bytes, receiving, seldom_[slot]);
      switch (event.kind) {
        case ConnectionEvent::Kind::need_more: return;
        case ConnectionEvent::Kind::data:
          counters().received_payload_bytes += event.bytes.size();
          if (traffic_.take_piece(slot, lane, event)) want_flush(slot, lane);
          if (event.message_end) on_message(slot, lane, bytes.empty() && !more);
          break;
        case ConnectionEvent::Kind::pong: traffic_.on_pong(slot, lane, event.bytes, now_); [[fallthrough]];
        case ConnectionEvent::Kind::control: want_flush(slot, lane); break;
        case ConnectionEvent::Kind::closed:
          measured().close.record(now_ - lane.state_since);
          settle(lane);
          ++counters().connections_closed;
          traffic_.closed(slot, lane, now_, event.close_code);
          break;
        case ConnectionEvent::Kind::failed:
          lose(slot, lane, event.failure, text_of(event.bytes));
          if (was_open) start_ending(slot, lane);  // a closing one has its timeout already
          finish_when_sent(slot, lane);
          break;
      }
    }
  }

  void on_transport_closed(Slot slot) { end_of_stream(slot, {Cause::connection_closed}, {}); }

  void on_transport_failed(Slot slot, Failure failure, std::string_view said) {
    end_of_stream(slot, failure, said);
  }

  // What the kernel says of a probe's sends and receives.
  void on_received(Slot slot, std::span<std::byte> bytes, const KernelStamp& stamp) {
    probes_.received(slot, stamp);
    on_received(slot, bytes);
  }
  void on_transmit_stamp(Slot slot, std::uint32_t key, const KernelStamp& stamp) {
    probes_.transmitted(slot, key, stamp);
  }

  void on_sent(Slot slot) {
    Lane& lane = lanes_[slot];
    traffic_.progressed(now_);
    if (lane.blocked) lane.sendable_since = now_;
    lane.blocked = false;
    release_send_buffer(lane);
    finish_when_sent(slot, lane);
    want_flush(slot, lane);
  }

  void on_ended(Slot slot, Failure failure) {
    Lane& lane = lanes_[slot];
    count_end(slot, lane, transports_.ended(slot, failure), {});
    let_go(slot, lane);
  }

  void on_closed(Slot slot) {
    release_send_buffer(lanes_[slot]);
    transports_.release(slot);
    endpoints_.give_back(slot);
    if (!traffic_.comes_back(slot, lanes_[slot], now_)) slots_.give_back(slot);
  }

 private:
  std::uint32_t size() const { return static_cast<std::uint32_t>(segment_.connections); }
  Measurements& measured() { return slices_.measured(); }
  Counters& counters() { return measured().counters; }

  // ---- phases

  void enter(ShardPhase phase) {
    phase_ = phase;
    status_.phase.store(phase, std::memory_order_release);
  }

  bool stopping() const { return control_.stop.load(std::memory_order_relaxed) != StopRequest::none; }

  // Moves on through every phase whose end has come.
  void advance() {
    if (control_.stop.load(std::memory_order_relaxed) == StopRequest::at_once) return enter(ShardPhase::done);
    const bool all_tried = begun_ == population_.initial() && opening_.idle();
    if (phase_ == ShardPhase::opening && (all_tried || stopping())) {
      opened_at_ = now_;
      enter(ShardPhase::ready);
    }
    if (phase_ == ShardPhase::ready) await_start();
    if (phase_ == ShardPhase::running && run_over()) begin_draining();
    if (phase_ == ShardPhase::draining && drained()) begin_closing();
    if (phase_ == ShardPhase::closing) say_farewell();
    if (phase_ == ShardPhase::closing && slots_.idle()) enter(ShardPhase::done);
  }

  void await_start() {
    if (stopping()) return begin_closing();
    if (const std::optional<Instant> start = control_.start()) start_ = *start;
    if (start_ == Instant{} || now_ < start_) return;
    traffic_.start(start_);
    population_.start(traffic_.window().begin());
    enter(ShardPhase::running);
    for (Slot slot = 0; slot < slots_.used(); ++slot) {
      if (lanes_[slot].connection.may_send()) want_flush(slot, lanes_[slot]);
    }
  }

  bool run_over() const { return stopping() || deserted() || traffic_.over(now_) || traffic_.stalled(now_); }

  // Nobody is up, and nobody will be.
  bool deserted() const {
    return up_ == 0 && opening_.idle() && begun_ == population_.all() && !traffic_.reconnects();
  }

  void begin_draining() {
    cut_short_ = !traffic_.over(now_) || traffic_.lags_too_much();
    if (traffic_.lags_too_much()) status_.lags_too_much.store(true, std::memory_order_release);
    traffic_.finish(now_, cut_short_);
    if (cut_short_) traffic_.give_up(now_);
    drain_deadline_ = now_ + plan_.scenario.drain;
    enter(ShardPhase::draining);
  }

  bool drained() {
    const bool settled = traffic_.idle() && buffers_.held() == 0 && opening_.idle() && !has_open_due();
    return now_ >= drain_deadline_ || settled;
  }

  void begin_closing() {
    if (phase_ == ShardPhase::draining) {
      traffic_.give_up(now_);
      traffic_.close_window();
    }
    enter(ShardPhase::closing);
    traffic_.forget_returns([this](Slot slot) { slots_.give_back(slot); });
    for (Slot slot = 0; slot < slots_.used(); ++slot) {
      Lane& lane = lanes_[slot];
      const ConnectionState state = lane.connection.state();
      if (state == ConnectionState::open) {  // nothing but its close frame may leave any more
        lane.connection.begin_close(CloseWish{}.code);
        lane.state_since = now_;
      } else if (state > ConnectionState::idle && state < ConnectionState::open) {
        opening_.over(lane);  // only when stopped early: neither opened nor failed
        let_go(slot, lane);
      }
    }
  }

  void say_farewell() {
    while (const std::optional<Slot> slot = farewell_.next(slots_)) {
      if (lanes_[*slot].connection.state() != ConnectionState::closing) continue;
      farewell_.begun();
      start_ending(*slot, lanes_[*slot]);
    }
  }

  void begin_close(Slot slot, Lane& lane, const CloseWish& wish = {}) {
    lane.connection.begin_close(wish.code);
    start_ending(slot, lane);
  }

  void close_if_wished(Slot slot, Lane& lane) {
    const std::optional<CloseWish> wish = traffic_.close_wish(slot, lane, now_);
    if (wish && !wish->failure) begin_close(slot, lane, *wish);
    if (!wish || !wish->failure) return;
    lose(slot, lane, wish->failure);
    part(slot, lane);
  }

  // ---- how many connections there are

  void open_due() {
    for (; !opening_.exhausted() && has_open_due() && slots_.has_free(); ++begun_) open(slots_.take());
    while (!opening_.exhausted()) {
      const std::optional<Slot> slot = traffic_.next_return();
      if (!slot) return;
      open(*slot);
    }
  }

  bool has_open_due() const {
    if (phase_ == ShardPhase::opening) return population_.next_initial(begun_) <= now_;
    const bool may_grow = phase_ == ShardPhase::running || (phase_ == ShardPhase::draining && !cut_short_);
    return may_grow && begun_ < population_.opened_by(now_);
  }

  void open(Slot slot) {
    Lane& lane = begin_anew(lanes_[slot]);
    opening_.begin(slot, lane, now_);
    lane.probing = probes_.is_probe(slot);
    if (lane.probing) probes_.begin(slot);
    const Way way = endpoints_.take(slot);
    sockets_.connect(slot, way.target, lane.probing ? Stamping::on : Stamping::off, way.source);
  }

  // Those that are to go first let come in what is outstanding.
  void retire_due() {
    if (phase_ != ShardPhase::running) return;
    for (const std::uint64_t due = population_.closed_by(now_); retired_ < due; ++retired_) {
      const std::optional<Slot> slot = traffic_.last_joined();
      if (!slot) continue;
      Lane& lane = lanes_[*slot];
      lane.retiring = true;
      traffic_.retire(*slot, lane, now_);
      retire_when_idle(*slot, lane);
    }
  }

  void retire_when_idle(Slot slot, Lane& lane) {
    if (lane.retiring && !traffic_.busy(lane) && lane.connection.may_send()) begin_close(slot, lane);
  }

  // True when the connection is open and `bytes` holds what follows the head.
  bool take_upgrade_answer(Slot slot, Lane& lane, std::span<std::byte>& bytes) {
    const UpgradeJudgement judgement = opening_.take_answer(slot, lane, bytes, now_);
    if (judgement.verdict == UpgradeJudgement::Verdict::failed) fail_opening(slot, lane, judgement.failure);
    if (judgement.verdict != UpgradeJudgement::Verdict::accepted) return false;
    lane.counted_open = true;
    ++counters().connections_opened;
    ++up_;
    traffic_.joined(slot, lane, judgement.deflate, now_);
    want_flush(slot, lane);
    return true;
  }

  void fail_opening(Slot slot, Lane& lane, Failure failure) {
    count_unopened(lane, failure, {});
    part(slot, lane);
  }

  void count_unopened(Lane& lane, Failure failure, std::string_view said) {
    const std::string_view answer = opening_.answer(lane);
    measured().failures.count(failure, answer.empty() ? said : answer);
    ++counters().connections_failed;
    opening_.over(lane);
  }

  // ---- messages

  // `ends_receive`: nothing else came with its last byte.
  void on_message(Slot slot, Lane& lane, bool ends_receive) {
    traffic_.on_message(slot, lane, now_);
    if (lane.probing) probes_.handled(slot, now_, ends_receive);
    if (lane.retiring) retire_when_idle(slot, lane);
    want_flush(slot, lane);
  }

  // ---- sending: whatever a connection has to say in one turn leaves in one send

  void want_flush(Slot slot, Lane& lane) {
    if (lane.flush_wanted) return;
    lane.flush_wanted = true;
    flush_queue_.push(slot);
  }

  void flush() {
    starved_ = false;
    for (std::size_t left = flush_queue_.size(); left > 0; --left) {
      const Slot slot = flush_queue_.front();
      Lane& lane = lanes_[slot];
      close_if_wished(slot, lane);
      if (has_output(slot, lane)) {
        const std::optional<BufferPool::Index> buffer = buffers_.acquire();
        starved_ = !buffer;
        if (starved_) return;  // the next completed send frees one
        send_from(slot, lane, *buffer);
      }
      flush_queue_.pop();
      lane.flush_wanted = false;
    }
  }

  bool has_output(Slot slot, Lane& lane) {
    const ConnectionState state = lane.connection.state();
    if (state < ConnectionState::establishing || state == ConnectionState::ended) return false;
    const bool has_some = lane.request_due || lane.transport_due || lane.outgoing.begun() ||
                          lane.connection.has_control() || traffic_.due(lane, now_) > 0;
    lane.blocked = has_some && sockets_.sending(slot);
    return has_some && !lane.blocked;
  }

  void send_from(Slot slot, Lane& lane, BufferPool::Index buffer) {
    const std::span<std::byte> room = buffers_.at(buffer);
    const std::uint64_t outstanding = lane.session.outstanding();
    const std::size_t used = transports_.write(slot, lane, room, [&](std::span<std::byte> inner) {
      const std::size_t said =
          lane.request_due ? opening_.write_request(slot, lane, inner) : write_frames(slot, lane, inner);
      traffic_.said(slot, inner.first(said));
      return said;
    });
    if (used == 0) return buffers_.release(buffer);
    if (lane.probing) {
      probes_.sends(slot, used);
      if (lane.session.outstanding() > outstanding) probes_.sent(slot, now_);
    }
    lane.send_buffer = buffer;
    counters().sent_wire_bytes += used;
    sockets_.send(slot, room.first(used), more_to_send(lane) ? Notice::prompt : Notice::lazy);
  }

  // Whether something waits for this send to be done, rather than for an answer.
  bool more_to_send(const Lane& lane) const {
    return lane.outgoing.begun() || lane.transport_due || lane.connection.has_control() ||
           !traffic_.expects_replies() || lane.retiring ||
           lane.connection.state() == ConnectionState::finishing || traffic_.due(lane, now_) > 0;
  }

  std::size_t write_frames(Slot slot, Lane& lane, std::span<std::byte> room) {
    std::size_t used = 0;
    // A begun frame must end before anything else may follow.
    if (lane.outgoing.begun()) used += traffic_.write_rest(slot, lane, room, now_, random_);
    if (lane.outgoing.begun()) return used;
    if (lane.connection.has_control()) {
      used += lane.connection.write_control(room.subspan(used), random_, seldom_[slot],
                                            counters().pings_answered, traffic_.close_reason(slot));
    }
    return used + traffic_.write_due(slot, lane, room.subspan(used), now_, random_);
  }

  void release_send_buffer(Lane& lane) {
    if (lane.send_buffer == Lane::kNone) return;
    buffers_.release(lane.send_buffer);
    lane.send_buffer = Lane::kNone;
  }

  // ---- ends

  // The end of an open connection is counted once, when it is known, not when its socket is gone.
  void settle(Lane& lane) {
    RS_CHECK(lane.counted_open && !lane.settled);
    lane.settled = true;
    --up_;
    traffic_.leaves(lane);
  }

  void lose(Slot slot, Lane& lane, Failure failure, std::string_view said = {}) {
    settle(lane);
    ++counters().connections_lost;
    traffic_.lost(slot, lane, now_);
    measured().failures.count(failure, said);
  }

  void start_ending(Slot slot, Lane& lane) {
    lane.state_since = now_;
    timeouts_.set_ending(slot, now_);
    want_flush(slot, lane);
  }

  void finish_when_sent(Slot slot, Lane& lane) {
    if (lane.finished()) let_go(slot, lane);
  }

  // What ends a connection is counted once: not of one that is at its end already.
  void count_end(Slot slot, Lane& lane, Failure failure, std::string_view said) {
    const ConnectionState state = lane.connection.state();
    if (state < ConnectionState::open) return count_unopened(lane, Opening::cut_short(lane, failure), said);
    if (state <= ConnectionState::closing) lose(slot, lane, failure, said);
  }

  // The end of what carries the connection, told by that itself.
  void end_of_stream(Slot slot, Failure failure, std::string_view said) {
    count_end(slot, lanes_[slot], failure, said);
    part(slot, lanes_[slot]);
  }

  // Lets go of a connection, once the last words of what carries it are sent.
  void part(Slot slot, Lane& lane) {
    if (!transports_.close(slot, lane)) return let_go(slot, lane);
    traffic_.drop_begun(lane, now_);
    lane.outgoing = OutgoingMessage{};
    lane.connection.finish();
    start_ending(slot, lane);
  }

  void let_go(Slot slot, Lane& lane) {
    traffic_.let_go(slot, lane, now_);
    if (lane.probing) probes_.give_up(slot);
    lane.outgoing = OutgoingMessage{};
    lane.connection.end();
    sockets_.close(slot);
  }

  void expire_timeouts() {
    timeouts_.expire(
        now_, [this](Slot slot) { fail_opening(slot, lanes_[slot], {Cause::connect_timed_out}); },
        [this](Slot slot) { fail_opening(slot, lanes_[slot], transports_.timed_out(slot)); },
        [this](Slot slot) { fail_opening(slot, lanes_[slot], {Cause::upgrade_timed_out}); },
        [this](Slot slot) {
          Lane& lane = lanes_[slot];
          if (lane.counted_open && !lane.settled) lose(slot, lane, {Cause::close_timed_out});
          farewell_.missed(slots_);
          let_go(slot, lane);
        });
  }

  // ---- waiting and handing over

  Wait next_wait() {
    Wait wait{.until =
                  std::min({now_ + kHeartbeat, timeouts_.next(), slices_.due(), traffic_.next_timeout()})};
    if (starved_) wait.completions = 0;
    switch (phase_) {
      case ShardPhase::opening:
        if (!opening_.exhausted()) wait.until = std::min(wait.until, population_.next_initial(begun_));
        break;
      case ShardPhase::ready:
        if (start_ > now_) wait.until = std::min(wait.until, start_);
        break;
      case ShardPhase::running:
        wait.until = std::min(
            {wait.until, traffic_.window().end(), traffic_.next_due(), population_.next_change(now_)});
        return with_policy(wait, plan_.scenario.waiting, plan_.scenario.batch_delay, up_);
      case ShardPhase::draining: wait.until = std::min(wait.until, drain_deadline_); break;
      default: break;
    }
    return wait;
  }

  // What the run asks for.
  const Plan& plan_;
  const Segment segment_;
  const RunControl& control_;
  ShardStatus& status_;
  Slices slices_;

  // The connections; a connection's slot is its index in all of these.
  Ring& ring_;
  Sockets<Ring> sockets_;
  LazyArray<Lane> lanes_;
  Talk traffic_;
  LazyArray<SeldomUsed> seldom_;
  BufferPool buffers_;
  SecureRandom random_;
  Fifo<Slot> flush_queue_;
  Transports transports_;
  LaneTimeouts timeouts_;
  Opening opening_;
  Probes probes_;
  Population population_;
  EndpointPool endpoints_;
  SlotPool slots_;
  Farewell farewell_;

  // Where it stands.
  ShardPhase phase_ = ShardPhase::opening;
  Instant now_{};
  Instant opened_at_{};
  Instant start_{};
  Instant drain_deadline_ = kNever;
  Duration waited_{0};         ///< in the system call, while measuring
  bool cut_short_ = false;     ///< sending ended before the plan says
  bool starved_ = false;       ///< the last flush ran out of send buffers
  std::uint64_t begun_ = 0;    ///< connections whose opening has begun
  std::uint64_t retired_ = 0;  ///< connections that were to be closed before the end
  std::uint64_t up_ = 0;       ///< upgraded, and their end not counted yet
};

}  // namespace ringstorm
