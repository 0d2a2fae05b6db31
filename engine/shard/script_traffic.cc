// How the connections go through their scripts; what they say and hear on the way is in script_messages.cc.
#include "shard/script_traffic.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace ringstorm {
namespace {

// A pass is what a message is without sessions: one at a time, and over when it is over.
constexpr Program kOnePassAtATime{.in_flight = 1, .expects_reply = true};

// A server that refuses would else be asked again as fast as the processor allows.
constexpr ReconnectForm kLeastBackOff{.kind = ReconnectForm::Kind::back_off,
                                      .first = milliseconds(10),
                                      .most = seconds(1),
                                      .factor = 2,
                                      .jitter = 0.5};

/// How long to wait before the next attempt, after so many that failed in a row.
Duration pause_before(const ReconnectForm& form, std::uint32_t failed, Prng& random) {
  const bool at_once = form.kind == ReconnectForm::Kind::at_once;
  if (at_once && failed == 0) return Duration{0};
  const ReconnectForm& rule = at_once ? kLeastBackOff : form;
  const double exponent = at_once ? failed - 1 : failed;
  const double most = static_cast<double>(rule.most.count());
  const double whole =
      std::min(most, static_cast<double>(rule.first.count()) * std::pow(rule.factor, exponent));
  return Duration{static_cast<std::int64_t>(whole * (1 - rule.jitter * random.unit()))};
}

std::size_t longest_filled(const Script& script) {
  std::size_t longest = 0;
  for (const ScriptMessage& message : script.messages)
    if (message.has_holes) longest = std::max(longest, message.text.max_bytes());
  return longest;
}

std::size_t most_variables(const Script& script) {
  std::size_t most = 0;
  for (const SessionScript& session : script.sessions)
    most = std::max<std::size_t>(most, session.variables.count);
  return most;
}

}  // namespace

ScriptTraffic::ScriptTraffic(const Plan& plan, std::uint32_t shard, Slices& slices, LazyArray<Lane>& lanes,
                             const ClockReader& clock)
    : Traffic(plan, shard, slices, lanes, clock, kOnePassAtATime),
      script_(plan.script),
      interpreter_(plan.script),
      parts_(lanes.size()),
      unanswered_(lanes.size() * plan.script.most_unanswered),
      counters_(lanes.size() * plan.script.counters),
      variables_(lanes.size() * plan.script.variable_bytes),
      alarms_(lanes.size()),
      gathering_(lanes.size(), plan.budget.gather_buffers, plan.budget.gather_buffer_bytes),
      echoes_(lanes.size(), plan.script.echoes ? plan.budget.gather_buffers : 0,
              plan.budget.gather_buffer_bytes),
      deliveries_(plan, shard),
      feeders_(plan, share_),
      rows_(feeders_.size()),
      returns_(lanes.size()),
      scratch_(longest_filled(plan.script)),
      values_(most_variables(plan.script)),
      reconnects_(plan.scenario.reconnects()) {}

PlayRef ScriptTraffic::ref(Slot slot) {
  const std::size_t at = slot;
  return {parts_[slot].play,
          {counters_.data() + at * script_.counters, script_.counters},
          {variables_.data() + at * script_.variable_bytes, script_.variable_bytes}};
}

std::span<Place> ScriptTraffic::unanswered_of(Slot slot) {
  const std::size_t most = script_.most_unanswered;
  return {unanswered_.data() + std::size_t{slot} * most, most};
}

// ---- when

void ScriptTraffic::start(Instant at) {
  Traffic::start(at);
  is_quiet_ = !deliveries_.awaits_any();
  for (const Slot slot : rotation_) proceed(slot, lanes_[slot], at);
}

// How long nothing stamped may have come before nothing more is thought to be on its way. The run's drain is
// the most that is waited at all.
void ScriptTraffic::await_quiet(Instant now) {
  constexpr Duration kQuiet = seconds(1);
  if (finished_ == kNever) finished_ = now;
  is_quiet_ = now - std::max(finished_, deliveries_.last_heard()) >= kQuiet;
}

FanOutTally ScriptTraffic::take_tally() {
  return plan_.fan_out.any()
             ? deliveries_.take_tally(
                   std::span(plan_.cast).subspan(segment_.first_connection, segment_.connections))
             : FanOutTally{};
}

// Whoever waits for an answer to what it sent may still get it.
void ScriptTraffic::give_up(Instant now) {
  Traffic::give_up(now);
  wound_up_ = true;
  for (Slot slot = 0; slot < parts_.size(); ++slot) {
    ScriptPart& part = parts_[slot];
    if (part.stage == Stage::absent || part.stage == Stage::done) continue;
    part.winds_up = true;
    if (part.play.doing == Doing::expect && part.kept > 0) continue;
    end_pass(slot, lanes_[slot], part, now);
    finish_part(part);
  }
}

void ScriptTraffic::finish_part(ScriptPart& part) {
  if (part.stage != Stage::absent && part.stage != Stage::done) --playing_;
  part.stage = Stage::done;
  Interpreter::leave(part.play);
}

// ---- who

void ScriptTraffic::joined(Slot slot, Lane& lane, const std::optional<DeflateAgreement>& deflate,
                           Instant now) {
  Traffic::joined(slot, lane, deflate, now);
  ScriptPart& part = parts_[slot];
  cast(slot, part);
  part.stage = Stage::connecting;
  part.failed_openings = 0;
  part.winds_up = mode_ >= Mode::finishing;
  part.closes = part.owes_first = part.in_message = part.echoes = false;
  part.closed_with = 0;
  part.failure = part.fatal = {};
  part.ends = kNever;
  const auto& lifetime = plan_.scenario.sessions[part.play.session].lifetime;
  if (lifetime) part.ends = now + lifetime->sample(part.play.random);
  ++playing_;
  part.fed = false;
  feed(slot, part);
  interpreter_.begin(ref(slot), session_of(part).on_connect, now);
  proceed(slot, lane, now);
}

// Gives the connection its session, and its own random numbers when it has none yet.
void ScriptTraffic::cast(Slot slot, ScriptPart& part) {
  const std::uint64_t connection = segment_.first_connection + slot;
  part.play.session = plan_.cast[connection];
  if (!part.drawn) part.play.random = template_random(plan_.seed, connection);
  part.drawn = true;
}

// The rows of a pass; on_connect has those of the first, and on_close those of the last.
void ScriptTraffic::feed(Slot slot, ScriptPart& part) {
  const SessionScript& session = session_of(part);
  if (!session.feeds || part.fed) return;
  part.fed = true;
  feeders_.take(rows_, part.rows_taken++, segment_.first_connection + slot);
  VariableStore store = variables_of(script_, ref(slot));
  for (std::uint32_t i = 0; i < session.variables.count; ++i) {
    const std::uint32_t column = script_.variables[session.variables.begin + i].column;
    if (column == kNoColumn) continue;
    const std::string_view cell = feeders_.value(rows_, column);
    std::ranges::copy(cell, store.room(i).begin());
    store.set_size(i, cell.size());
  }
}

void ScriptTraffic::retire(Slot slot, Lane& lane, Instant now) {
  leaves(lane);
  parts_[slot].winds_up = true;
  proceed(slot, lane, now);
}

bool ScriptTraffic::comes_back(Slot slot, const Lane& lane, Instant now) {
  ScriptPart& part = parts_[slot];
  cast(slot, part);
  const ReconnectForm& form = plan_.scenario.sessions[part.play.session].reconnect;
  if (form.kind == ReconnectForm::Kind::never || ends_ || mode_ >= Mode::finishing || lane.retiring)
    return false;
  const Duration pause = pause_before(form, part.failed_openings, part.play.random);
  if (!lane.counted_open) ++part.failed_openings;
  part.comes_back = true;
  ++returning_;
  part.ends = now + pause;
  alarms_.set(slot, part.ends);
  return true;
}

// Only while the load is on: the opening phase ends when each connection has been tried once.
std::optional<Slot> ScriptTraffic::next_return() {
  if (mode_ != Mode::sending) return std::nullopt;
  while (!returns_.empty()) {
    const Slot slot = returns_.pop();
    if (!parts_[slot].comes_back) continue;
    parts_[slot].comes_back = false;
    --returning_;
    ++counters().connections_reopened;
    return slot;
  }
  return std::nullopt;
}

// ---- time

// An alarm may ring early: then it is set anew.
void ScriptTraffic::ring(Slot slot, Instant now) {
  ScriptPart& part = parts_[slot];
  if (part.comes_back) {
    if (part.ends > now) return alarms_.set(slot, part.ends);
    return returns_.push(slot);
  }
  if (part.stage == Stage::absent || part.stage == Stage::done) return;
  if (part.play.until <= now) {
    const Doing waited = part.play.doing;
    if (interpreter_.time_passed(ref(slot))) {
      part.failure = {waited == Doing::expect ? Cause::expect_timed_out : Cause::pong_timed_out};
      time_out(slot, part);
    }
  }
  if (part.ends <= now && !part.winds_up) {
    part.winds_up = true;
    leaves(lanes_[slot]);
  }
  proceed(slot, lanes_[slot], now);
}

// The message that the expect was to answer has failed.
void ScriptTraffic::time_out(Slot slot, ScriptPart& part) {
  ++measured().steps[interpreter_.instruction(part.play).step].timeouts;
  // One that is given up for it is counted when it is lost.
  if (part.stage != Stage::connecting) measured().failures.count(part.failure);
  if (part.failure.cause != Cause::expect_timed_out) return;
  const std::optional<Place> place = take_place(slot, part);
  if (!place) return;
  ++counters().messages_failed;
  if (StageMeasurements* stage = stage_of(place->intended)) ++stage->failed;
}

void ScriptTraffic::set_alarm(Slot slot, const ScriptPart& part) {
  alarms_.set(slot, part.winds_up ? part.play.until : std::min(part.play.until, part.ends));
}

// ---- from block to block

// To the next thing that takes time. Everything that happens to a play ends here.
void ScriptTraffic::proceed(Slot slot, Lane& lane, Instant now) {
  ScriptPart& part = parts_[slot];
  do {
    if (part.winds_up && may_leave(part)) Interpreter::leave(part.play);
  } while (part.play.doing <= Doing::ended && next_block(slot, lane, part, now));
  set_alarm(slot, part);
}

// A message in hand is written to its end, and one that was sent may still be answered. In an open loop a
// pass whose arrival was in time comes to its end.
bool ScriptTraffic::may_leave(const ScriptPart& part) const {
  if (part.stage != Stage::connecting && part.stage != Stage::passing) return false;
  if (part.in_message) return false;
  if (open_loop_ && part.stage == Stage::passing && mode_ == Mode::finishing) return false;
  return part.play.doing != Doing::pong && (part.play.doing != Doing::expect || part.kept == 0);
}

// The block has come to its end, or none has begun. True when another one has.
bool ScriptTraffic::next_block(Slot slot, Lane& lane, ScriptPart& part, Instant now) {
  switch (part.stage) {
    case Stage::absent:
    case Stage::done: return false;
    case Stage::connecting:
      part.play.doing = Doing::nothing;
      part.fatal = part.failure;
      // Without what on_connect was to bring, neither the steps nor on_close can be played.
      if (part.fatal || part.winds_up) return close_down(part);
      part.stage = Stage::ready;
      deliveries_.joined(slot, mode_ == Mode::before);
      break;
    case Stage::passing:
      part.play.doing = Doing::nothing;
      end_pass(slot, lane, part, now);
      part.failure = {};
      break;
    case Stage::leaving: return close_down(part);
    case Stage::ready: break;
  }
  if (plan_.passes_each > 0 && part.passes == plan_.passes_each) part.winds_up = true;
  if (!part.winds_up) return begin_pass(slot, lane, part, now);
  if (mode_ == Mode::stopped) return close_down(part);
  // Whoever takes its subscription back in on_close would miss what is on its way.
  if (mode_ == Mode::finishing && !is_quiet_ && deliveries_.subscribes(part.play.session)) return false;
  part.stage = Stage::leaving;
  interpreter_.begin(ref(slot), session_of(part).on_close, now);
  return true;
}

// It says nothing more. At the end of the run all connections are closed together.
bool ScriptTraffic::close_down(ScriptPart& part) {
  part.closes = mode_ <= Mode::sending || part.fatal;
  finish_part(part);
  return false;
}

bool ScriptTraffic::begin_pass(Slot slot, Lane& lane, ScriptPart& part, Instant now) {
  const std::uint32_t entry = session_of(part).steps;
  if (script_.code[entry].operation == Operation::end || !lane.connection.may_send()) return false;
  Instant intended = std::max(now, start_);
  if (open_loop_) {
    if (mode_ == Mode::before || mode_ == Mode::stopped || lane.queue.empty()) return false;
    --queued_;
    intended = room_.pop(lane.queue);
    part.owes_first = true;
  } else if (mode_ != Mode::sending || lane.turn_place == Lane::kNone || window_.allowance(now) == 0) {
    return false;
  }
  lane.session.sent(program_, places_of(slot), intended, now);
  part.pass_intended = intended;
  ++part.passes;
  part.stage = Stage::passing;
  feed(slot, part);
  part.fed = false;
  interpreter_.begin(ref(slot), entry, intended);
  return true;
}

// Whether it came to its end or was left.
void ScriptTraffic::end_pass(Slot slot, Lane& lane, ScriptPart& part, Instant now) {
  if (part.stage != Stage::passing) return;
  part.stage = Stage::ready;
  lane.session.replied(program_, places_of(slot), now);
  if (!part.failure && !part.winds_up) ++session_measured(part).passes;
  if (part.owes_first) leave_unsent(part.pass_intended, part.pass_intended, now);
  part.owes_first = false;
}

// ---- ends

std::optional<CloseWish> ScriptTraffic::close_wish(Slot slot, Lane& lane, Instant now) {
  ScriptPart& part = parts_[slot];
  const bool by_step = part.play.doing == Doing::close;
  if (!(by_step || part.closes) || part.in_message || !lane.connection.may_send()) return std::nullopt;
  part.closes = false;
  CloseWish wish{.failure = part.fatal};
  if (by_step) {
    const Closing& closing = script_.closings[interpreter_.instruction(part.play).index];
    wish = {.code = closing.code};
    part.closed_with = closing.code;
    end_pass(slot, lane, part, now);
  }
  leaves(lane);
  finish_part(part);
  return wish;
}

std::string_view ScriptTraffic::close_reason(Slot slot) const {
  const ScriptPart& part = parts_[slot];
  if (part.closed_with == 0) return {};
  return script_.closings[interpreter_.instruction(part.play).index].reason;
}

void ScriptTraffic::closed(Slot slot, Lane& lane, Instant now, std::uint16_t code) {
  ScriptPart& part = parts_[slot];
  if (part.closed_with != 0 && code != part.closed_with)
    ++measured().steps[interpreter_.instruction(part.play).step].checks_failed;
  outstanding_ += part.unanswered;
  while (const std::optional<Place> place = take_place(slot, part))
    censor(place->intended, place->since, now);
  end(slot, lane, part, now);
}

void ScriptTraffic::lost(Slot slot, Lane& lane, Instant now) {
  ScriptPart& part = parts_[slot];
  counters().messages_failed += part.unanswered;
  while (const std::optional<Place> place = take_place(slot, part)) {
    if (StageMeasurements* stage = stage_of(place->intended)) ++stage->failed;
  }
  end(slot, lane, part, now);
}

void ScriptTraffic::end(Slot slot, Lane& lane, ScriptPart& part, Instant now) {
  end_pass(slot, lane, part, now);
  deliveries_.left(slot, part.play.session, mode_ == Mode::stopped);
  finish_part(part);
  part.stage = Stage::absent;
  part.unanswered = 0;
  part.kept = 0;
  gathering_.release(slot);
}

void ScriptTraffic::let_go(Slot slot, Lane& lane, Instant now) {
  drop_begun(lane, now);
  compression_.end(slot, lane);
}

void ScriptTraffic::drop_begun(Lane& lane, Instant now) {
  const Slot slot = slot_of(lane);
  ScriptPart& part = parts_[slot];
  echoes_.clear(slot);
  if (!part.in_message) return;
  part.in_message = false;
  --begun_;
  leave_unsent(lane.outgoing_intended, lane.outgoing_since, now);
}

}  // namespace ringstorm
