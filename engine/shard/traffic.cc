#include "shard/traffic.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "codec/frame.h"

namespace ringstorm {
namespace {

constexpr std::uint64_t kChooserStream = 0xc400511e;

// A closed loop has no shape; this one is never asked.
constexpr std::array kNoStages{Stage{.from = {0, seconds(1)}, .length = Duration::max()}};

std::span<const Stage> stages_of(const Plan& plan) {
  return plan.load.shape.empty() ? std::span<const Stage>(kNoStages) : std::span(plan.load.shape);
}

Program program_of(const Plan& plan) {
  return {.opcode = plan.scenario.payload_kind == PayloadKind::text ? Opcode::text : Opcode::binary,
          .payload = std::as_bytes(std::span(plan.payload)),
          .in_flight = static_cast<std::uint32_t>(plan.in_flight()),
          .expects_reply = plan.expects_replies};
}

std::size_t places_for(const Program& program, const Segment& segment) {
  return program.expects_reply ? std::size_t{segment.connections} * program.in_flight : 0;
}

}  // namespace

Traffic::Traffic(const Plan& plan, std::uint32_t shard, Slices& slices, LazyArray<Lane>& lanes,
                 const ClockReader& clock)
    : Traffic(plan, shard, slices, lanes, clock, program_of(plan)) {}

Traffic::Traffic(const Plan& plan, std::uint32_t shard, Slices& slices, LazyArray<Lane>& lanes,
                 const ClockReader& clock, const Program& program)
    : plan_(plan),
      segment_(plan.segments[shard]),
      program_(program),
      open_loop_(plan.load.open_loop()),
      share_(std::max<std::uint64_t>(plan.load.most_connections, plan.segments.size()), shard,
             plan.segments.size()),
      shape_(stages_of(plan)),
      texts_(plan, shard, share_),
      slices_(slices),
      lanes_(lanes),
      places_(places_for(program, plan.segments[shard])),
      compression_(plan, plan.segments[shard].connections, clock),
      turnstile_(plan.load.gated ? std::span<const StageSpan>(plan.load.stages)
                                 : std::span<const StageSpan>{}),
      arrivals_(shape_, plan.scenario.arrivals, plan.seed, share_),
      room_(plan.budget.waiting_messages),
      chooser_(plan.seed ^ kChooserStream ^ shard) {
  rotation_.reserve(lanes.size());
}

std::span<Place> Traffic::places_of(Slot slot) {
  if (!program_.expects_reply) return {};
  return {places_.data() + std::size_t{slot} * program_.in_flight, program_.in_flight};
}

// Of the message that was last begun there.
std::span<const std::byte> Traffic::payload_of(Slot slot) {
  return texts_.varied() ? texts_.payload(slot) : program_.payload;
}

// Nothing in the warm-up and between stages, and where the stages are not measured apart.
StageMeasurements* Traffic::stage_of(Instant intended) {
  const std::vector<StageSpan>& stages = plan_.load.stages;
  if (mode_ == Mode::before) return nullptr;
  const Duration at = intended - start_;
  const auto after =
      std::ranges::upper_bound(stages, at, {}, [](const StageSpan& stage) { return stage.begin; });
  if (after == stages.begin() || at >= std::prev(after)->end) return nullptr;
  return &measured().stages[static_cast<std::size_t>(after - stages.begin()) - 1];
}

// Whether a message is one of the measured window's.
bool Traffic::counts(Instant intended, Instant sent) const {
  return window_.contains(open_loop_ ? intended : sent);
}

// ---- when

void Traffic::start(Instant at) {
  start_ = at;
  mode_ = Mode::sending;
  window_.open(at, plan_.scenario, segment_.messages);
  turnstile_.start(at);
  if (!open_loop_) return;
  // In the order of the connections, not in that in which they happened to be upgraded.
  std::ranges::sort(rotation_);
  for (std::size_t i = 0; i < rotation_.size(); ++i)
    lanes_[rotation_[i]].turn_place = static_cast<std::uint32_t>(i);
  find_arrival();
}

bool Traffic::over(Instant now) const {
  return window_.over(now) || lags_too_much_;
}

bool Traffic::stalled(Instant now) const {
  const Duration patience = std::max(plan_.scenario.drain, seconds(1));
  return window_.end() == kNever && !idle() &&
         now - std::max({last_progress_, last_due_, start_}) >= patience;
}

void Traffic::finish(Instant now, bool early) {
  window_.stop_sending(now, early);
  if (early) schedule_end_ = now;
  mode_ = Mode::finishing;
}

void Traffic::give_up(Instant now) {
  for (const Slot slot : rotation_) {
    Lane& lane = lanes_[slot];
    if (!lane.blocked) counters().messages_overdue += std::min(lane.queue.size, room_of(lane));
    room_.move(lane.queue, strays_);
  }
  for (; !strays_.empty(); --queued_) {
    const Instant intended = room_.pop(strays_);
    leave_unsent(intended, intended, now);
  }
  while (const std::optional<Instant> intended = take_arrival(now)) {
    plan_message(*intended);
    leave_unsent(*intended, *intended, now);
  }
  schedule_end_ = std::min(schedule_end_, now);
  mode_ = Mode::stopped;
}

// ---- who

void Traffic::joined(Slot slot, Lane& lane, const std::optional<DeflateAgreement>& deflate, Instant) {
  compression_.begin(slot, lane, deflate, measured().compression);
  lane.turn_place = static_cast<std::uint32_t>(rotation_.size());
  rotation_.push_back(slot);
}

void Traffic::leaves(Lane& lane) {
  if (lane.turn_place == Lane::kNone) return;
  room_.move(lane.queue, strays_);
  const Slot last = rotation_.back();
  rotation_[lane.turn_place] = last;
  lanes_[last].turn_place = lane.turn_place;
  lane.turn_place = Lane::kNone;
  rotation_.pop_back();
  if (turn_ >= rotation_.size()) turn_ = 0;
}

std::optional<Slot> Traffic::last_joined() const {
  if (rotation_.empty()) return std::nullopt;
  return rotation_.back();
}

Slot Traffic::next_sender() {
  if (plan_.load.senders == Senders::random) return rotation_[chooser_.below(rotation_.size())];
  const Slot slot = rotation_[turn_];
  if (++turn_ == rotation_.size()) turn_ = 0;
  return slot;
}

// ---- handing out what is due

void Traffic::find_arrival() {
  const bool none = arrivals_.due() == Duration::max() || arrivals_.index() >= plan_.load.arrivals_end;
  next_arrival_ = none ? kNever : start_ + arrivals_.due();
}

std::optional<Instant> Traffic::take_arrival(Instant now) {
  const Instant intended = scheduled();
  if (intended == kNever || intended > now) return std::nullopt;
  arrivals_.advance();
  find_arrival();
  return intended;
}

// What finds no seat stays in the schedule, which has its intended time too. Strays have one already, and may
// hold them all.
std::optional<Slot> Traffic::hand_out_next(Instant now) {
  while (!rotation_.empty() && (!strays_.empty() || !room_.full())) {
    std::optional<Instant> intended;
    if (strays_.empty()) {
      intended = take_arrival(now);
      if (!intended) return std::nullopt;
      plan_message(*intended);
      ++queued_;
    } else {
      intended = room_.pop(strays_);
    }
    const Slot slot = next_sender();
    Lane& lane = lanes_[slot];
    if (plan_.scenario.when_full == WhenFull::shed && is_full(lane)) {
      shed(*intended);
      continue;
    }
    room_.push(lane.queue, *intended);
    return slot;
  }
  return std::nullopt;
}

// How many more messages the connection may have unanswered: a probe one at all.
std::uint32_t Traffic::room_of(const Lane& lane) const {
  if (lane.probing && program_.expects_reply) return lane.session.outstanding() == 0 ? 1 : 0;
  return lane.session.room(program_);
}

// A probe has room since its last reply, which freed the place before the next one.
Instant Traffic::room_since(Slot slot, const Lane& lane) {
  const Instant since = lane.session.room_since(program_, places_of(slot));
  return lane.probing && program_.expects_reply
             ? std::max(since, lane.session.last_freed(program_, places_of(slot)))
             : since;
}

bool Traffic::is_full(const Lane& lane) const {
  return lane.queue.size >= room_of(lane);
}

void Traffic::plan_message(Instant intended) {
  last_due_ = intended;
  ++counters().messages_planned;
  if (StageMeasurements* stage = stage_of(intended)) ++stage->planned;
}

void Traffic::shed(Instant intended) {
  --queued_;
  ++counters().messages_shed;
  if (StageMeasurements* stage = stage_of(intended)) ++stage->shed;
  window_.spend(intended);
}

// ---- sending

std::uint32_t Traffic::due(const Lane& lane, Instant now) const {
  if (mode_ == Mode::before || mode_ == Mode::stopped || !lane.connection.may_send()) return 0;
  if (open_loop_) return std::min(lane.queue.size, room_of(lane));
  if (mode_ != Mode::sending || lane.turn_place == Lane::kNone || !turnstile_.is_open()) return 0;
  const std::uint64_t room = room_of(lane);
  return static_cast<std::uint32_t>(std::min(room, window_.allowance(now)));
}

std::size_t Traffic::write_rest(Slot slot, Lane& lane, std::span<std::byte> room, Instant,
                                SecureRandom& random) {
  // A text with holes stands in the scratch that a compressor goes on reading from only after this.
  const std::span<const std::byte> payload = payload_of(slot);
  std::size_t used = 0;
  if (compression_.compresses_each(lane)) {
    used = compression_.write(slot, lane, room, random, measured().compression);
  } else if (texts_.varied()) {
    used = lane.outgoing.write(room, program_.opcode, payload);
  } else {
    const Compression::Form& form = compression_.form_of(lane);
    used = lane.outgoing.write(room, program_.opcode, form.payload, form.rsv);
  }
  if (!lane.outgoing.begun()) written(slot, lane);
  return used;
}

std::size_t Traffic::write_due(Slot slot, Lane& lane, std::span<std::byte> room, Instant now,
                               SecureRandom& random) {
  std::size_t used = 0;
  const std::size_t least_room = compression_.least_room(lane);
  for (std::uint32_t left = due(lane, now); left > 0 && room.size() - used >= least_room; --left) {
    begin(slot, lane, now, random);
    used += write_rest(slot, lane, room.subspan(used), now, random);
    if (lane.outgoing.begun()) break;
  }
  return used;
}

void Traffic::begin(Slot slot, Lane& lane, Instant now, SecureRandom& random) {
  lane.outgoing.begin(random.next_mask_key());
  lane.outgoing_since = now;
  lane.outgoing_intended = take_intended(slot, lane, now);
  if (texts_.varied()) texts_.begin(slot, lane.outgoing_intended, now);
  if (compression_.compresses_each(lane)) compression_.begin_message(slot, payload_of(slot));
  ++begun_;
  window_.spend(open_loop_ ? lane.outgoing_intended : now);
  record_lag(slot, lane);
}

// In a closed loop a message is due when there is room for it, which a reply makes.
Instant Traffic::take_intended(Slot slot, Lane& lane, Instant now) {
  if (open_loop_) {
    --queued_;
    return room_.pop(lane.queue);
  }
  const Instant intended =
      program_.expects_reply ? std::max({room_since(slot, lane), start_, turnstile_.opened_at()}) : now;
  plan_message(intended);
  return intended;
}

// The generator's own delay: what came after the message was due, had room in flight, and its socket was
// free.
void Traffic::record_lag(Slot slot, const Lane& lane) {
  const Instant intended = lane.outgoing_intended;
  const Instant could_go = std::max({intended, lane.sendable_since, room_since(slot, lane)});
  const Duration lag = lane.outgoing_since - could_go;
  counters().messages_held += could_go > intended;
  if (plan_.scenario.max_send_lag && lag > *plan_.scenario.max_send_lag) lags_too_much_ = true;
  if (!counts(intended, lane.outgoing_since)) return;
  measured().send_lag.record(lag);
  if (StageMeasurements* stage = stage_of(intended)) stage->send_lag.record(lag);
}

// The last byte of a message is in the send that is about to be handed over: from here on it counts as sent.
void Traffic::written(Slot slot, Lane& lane) {
  Counters& counts = counters();
  StageMeasurements* stage = stage_of(lane.outgoing_intended);
  --begun_;
  ++counts.messages_sent;
  const std::size_t payload_bytes = payload_of(slot).size();
  counts.sent_payload_bytes += payload_bytes;
  compression_.written(lane, payload_bytes, measured().compression);
  counts.window_sent += window_.contains(lane.outgoing_since);
  if (stage != nullptr) ++stage->sent;
  if (lane.settled) {  // its connection was lost while the rest of it went out
    ++counts.messages_failed;
    if (stage != nullptr) ++stage->failed;
    return;
  }
  lane.session.sent(program_, places_of(slot), lane.outgoing_intended, lane.outgoing_since);
  if (awaited_ == 0) waiting_since_ = lane.outgoing_since;
  awaited_ += program_.expects_reply;
}

// ---- replies

void Traffic::on_message(Slot slot, Lane& lane, Instant now) {
  Counters& counts = counters();
  const bool measuring = window_.contains(now);
  ++counts.messages_received;
  counts.window_received += measuring;
  const std::optional<Place> answered = lane.session.replied(program_, places_of(slot), now);
  if (!answered) return measured().failures.count({Cause::unexpected_message});
  --awaited_;
  last_reply_ = now;
  last_progress_ = now;
  ++counts.messages_answered;
  counts.window_answered += measuring;
  if (!lane.answered_once) {
    lane.answered_once = true;
    measured().first_message.record(now - answered->since);
  }
  record_reply(*answered, now, now - std::exchange(waiting_since_, now));
}

void Traffic::record_reply(const Place& answered, Instant now, Duration pause) {
  StageMeasurements* stage = stage_of(answered.intended);
  if (stage != nullptr) {
    ++stage->answered;
    stage->answered_within += stage == stage_of(now);
    stage->longest_pause = std::max(stage->longest_pause, pause);
  }
  if (!counts(answered.intended, answered.since)) return;
  ++counters().messages_recorded;
  measured().latency.record(now - answered.intended);
  measured().service.record(now - answered.since);
  if (stage == nullptr) return;
  stage->latency.record(now - answered.intended);
  stage->service.record(now - answered.since);
}

// ---- ends

void Traffic::closed(Slot slot, Lane& lane, Instant now, std::uint16_t) {
  outstanding_ += lane.session.outstanding();
  if (!program_.expects_reply) return;
  awaited_ -= lane.session.outstanding();
  lane.session.for_each_waiting(program_, places_of(slot),
                                [&](const Place& place) { censor(place.intended, place.since, now); });
}

void Traffic::lost(Slot slot, Lane& lane, Instant) {
  counters().messages_failed += lane.session.outstanding();
  if (!program_.expects_reply) return;
  awaited_ -= lane.session.outstanding();
  lane.session.for_each_waiting(program_, places_of(slot), [&](const Place& place) {
    if (StageMeasurements* stage = stage_of(place.intended)) ++stage->failed;
  });
}

void Traffic::let_go(Slot slot, Lane& lane, Instant now) {
  drop_begun(lane, now);
  compression_.end(slot, lane);
}

void Traffic::drop_begun(Lane& lane, Instant now) {
  if (!lane.outgoing.begun()) return;
  --begun_;
  leave_unsent(lane.outgoing_intended, lane.outgoing_since, now);
}

void Traffic::leave_unsent(Instant intended, Instant began, Instant now) {
  ++counters().messages_due;
  censor(intended, began, now);
}

void Traffic::censor(Instant intended, Instant sent, Instant now) {
  if (!program_.expects_reply || !counts(intended, sent)) return;
  measured().censored.record(now - intended);
  if (StageMeasurements* stage = stage_of(intended)) stage->censored.record(now - intended);
}

}  // namespace ringstorm
