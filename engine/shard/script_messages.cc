// What connections say and hear on their way through a script.
#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "shard/script_traffic.h"

namespace ringstorm {
namespace {

// A ping says which one of its connection it is, so that only its own pong answers it.
constexpr std::size_t kPingBytes = 4;

std::array<std::byte, kPingBytes> ping_payload(const Play& play) {
  std::array<std::byte, kPingBytes> payload{};
  std::memcpy(payload.data(), &play.pings, sizeof play.pings);
  return payload;
}

/// The payload bytes [begin, end) of one of a message's frames.
struct Fragment {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

Fragment fragment_of(const ScriptMessage& message, std::uint32_t index, std::uint64_t bytes) {
  if (message.fragments == 1) return {0, bytes};
  if (message.fragment_bytes.empty())
    return {cut(bytes, index, message.fragments), cut(bytes, index + 1, message.fragments)};
  Fragment fragment;
  for (std::uint32_t i = 0; i < index; ++i) fragment.begin += message.fragment_bytes[i];
  const bool given = index < message.fragment_bytes.size();
  fragment.end = given ? fragment.begin + message.fragment_bytes[index] : bytes;
  return fragment;
}

}  // namespace

// ---- sending

std::uint32_t ScriptTraffic::due(const Lane& lane, Instant now) const {
  const ScriptPart& part = part_of(lane);
  if (!lane.connection.may_send()) return 0;
  if (part.in_message) return 1;
  const Doing doing = part.play.doing;
  const bool has_some = doing == Doing::send || doing == Doing::ping || has_echo(slot_of(lane), part);
  if (!has_some || mode_ == Mode::stopped) return 0;
  // A run that is bounded by messages has as many of them as it is to have.
  return part.stage == Stage::passing && !open_loop_ && window_.allowance(now) == 0 ? 0 : 1;
}

std::size_t ScriptTraffic::write_due(Slot slot, Lane& lane, std::span<std::byte> room, Instant now,
                                     SecureRandom& random) {
  ScriptPart& part = parts_[slot];
  std::size_t used = 0;
  while (due(lane, now) > 0 && room.size() - used >= kMaxFrameHeaderBytes + kPingBytes) {
    if (part.play.doing == Doing::ping) {
      used += write_ping(slot, part, room.subspan(used), now, random);
      continue;
    }
    if (!part.in_message) begin_message(slot, lane, part, now);
    lane.outgoing.begin(random.next_mask_key());
    used += write_rest(slot, lane, room.subspan(used), now, random);
    if (lane.outgoing.begun()) break;
  }
  return used;
}

// Of the frame in hand; with its end the next one is due, or the message is written.
std::size_t ScriptTraffic::write_rest(Slot slot, Lane& lane, std::span<std::byte> room, Instant now,
                                      SecureRandom&) {
  ScriptPart& part = parts_[slot];
  const std::span<const std::byte> payload = payload_of(slot, part);
  const Opcode opcode = part.echoes ? echoes_.opcode(slot) : message_of(part).opcode;
  const std::uint32_t fragments = part.echoes ? 1 : message_of(part).fragments;
  std::size_t used = 0;
  if (fragments == 1) {
    used = lane.outgoing.write(room, opcode, payload);
  } else {
    const std::uint32_t index = part.play.fragment;
    const Fragment fragment = fragment_of(message_of(part), index, payload.size());
    used =
        lane.outgoing.write_fragment(room, index == 0 ? opcode : Opcode::continuation, index + 1 == fragments,
                                     payload.subspan(fragment.begin, fragment.end - fragment.begin));
  }
  if (lane.outgoing.begun()) return used;
  if (++part.play.fragment >= fragments) written(slot, lane, part, payload.size(), now);
  return used;
}

void ScriptTraffic::begin_message(Slot slot, Lane& lane, ScriptPart& part, Instant now) {
  part.in_message = true;
  part.echoes = part.play.doing == Doing::echo;
  lane.outgoing_since = now;
  lane.outgoing_intended = part.echoes ? now : part.play.since;
  part.message_began = now;
  part.message_random = part.play.random;
  if (filled_ == slot) filled_ = Lane::kNone;
  ++begun_;
  // An arrival was planned when it came; in an open loop it is what a bounded run counts.
  if (!part.owes_first) plan_message(lane.outgoing_intended);
  if (open_loop_ ? part.owes_first : part.stage == Stage::passing)
    window_.spend(open_loop_ ? part.pass_intended : now);
  part.owes_first = false;
  record_lag(slot, lane);
}

std::span<const std::byte> ScriptTraffic::payload_of(Slot slot, const ScriptPart& part) {
  if (part.echoes) return echoes_.payload(slot);
  const ScriptMessage& message = message_of(part);
  if (!message.has_holes) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(message.payload));
    return bytes.subspan(part.play.window, message.longest_bytes());
  }
  if (filled_ != slot) fill(slot, message);
  return std::span(scratch_).first(filled_bytes_);
}

// A message that leaves in pieces is filled again for each, from what it was begun with.
void ScriptTraffic::fill(Slot slot, const ScriptMessage& message) {
  ScriptPart& part = parts_[slot];
  const SessionScript& session = session_of(part);
  const VariableStore store = variables_of(script_, ref(slot));
  for (const std::uint32_t value : message.text.used_values()) values_[value] = store.value(value);
  part.play.random = part.message_random;
  filled_bytes_ = message.text.fill(
      scratch_,
      {.connection = segment_.first_connection + slot,
       .sequence = part.sequence,
       .session = session.name,
       .unix_ns = (part.message_began.time_since_epoch() + plan_.clock_to_time_of_day).count(),
       .intended = lanes_[slot].outgoing_intended,
       .stamped = part.stamped,
       .stamp_key = plan_.stamp_key,
       .values = values_},
      part.play.random);
  filled_ = slot;
}

std::size_t ScriptTraffic::write_ping(Slot slot, ScriptPart& part, std::span<std::byte> room, Instant now,
                                      SecureRandom& random) {
  interpreter_.sent(ref(slot), now);
  part.pinged = now;
  ++counters().pings_sent;
  set_alarm(slot, part);
  return encode_client_frame(room, Opcode::ping, ping_payload(part.play), random.next_mask_key());
}

// The last byte of a message is in the send that is about to be handed over: from here on it counts as sent.
void ScriptTraffic::written(Slot slot, Lane& lane, ScriptPart& part, std::uint64_t bytes, Instant now) {
  Counters& counts = counters();
  StageMeasurements* stage = stage_of(lane.outgoing_intended);
  const bool answerable = !part.echoes && message_of(part).reply;
  if (!part.echoes && message_of(part).text.has_stamp()) {
    ++part.stamped;
    deliveries_.sent(slot);
  }
  if (part.echoes) echoes_.pop(slot);
  part.in_message = false;
  ++part.sequence;
  --begun_;
  ++counts.messages_sent;
  counts.sent_payload_bytes += bytes;
  counts.window_sent += window_.contains(lane.outgoing_since);
  ++session_measured(part).sent;
  if (stage != nullptr) ++stage->sent;
  if (lane.settled) {  // its connection was lost while the rest of it went out
    ++counts.messages_failed;
    if (stage != nullptr) ++stage->failed;
    return;
  }
  ++part.unanswered;
  if (answerable) keep_place(slot, part, {lane.outgoing_intended, lane.outgoing_since});
  // One that was given up meanwhile goes nowhere from here.
  if (!part.echoes && part.stage != Stage::done) interpreter_.sent(ref(slot), now);
  part.echoes = false;
  proceed(slot, lane, now);
}

// Where there are more than are kept, the oldest will not be answered any more: it stays outstanding.
void ScriptTraffic::keep_place(Slot slot, ScriptPart& part, const Place& place) {
  const std::span<Place> places = unanswered_of(slot);
  if (part.kept == places.size()) {
    const Place& oldest = places[part.newest];
    censor(oldest.intended, oldest.since, place.since);
    --part.unanswered;
    ++outstanding_;
  } else {
    ++part.kept;
  }
  places[part.newest] = place;
  part.newest = part.newest + 1 == places.size() ? 0 : part.newest + 1;
}

// The latest of those that are kept.
std::optional<Place> ScriptTraffic::take_place(Slot slot, ScriptPart& part) {
  if (part.kept == 0) return std::nullopt;
  const std::span<Place> places = unanswered_of(slot);
  part.newest = part.newest == 0 ? static_cast<std::uint32_t>(places.size()) - 1 : part.newest - 1;
  --part.kept;
  --part.unanswered;
  return places[part.newest];
}

// ---- hearing

bool ScriptTraffic::take_piece(Slot slot, Lane& lane, const ConnectionEvent& piece) {
  ScriptPart& part = parts_[slot];
  if (deliveries_.hears(part.play.session)) deliveries_.take_piece(slot, piece);
  const bool looks = piece.message_start && interpreter_.looks_at_bytes(part.play);
  const Cause cause = gathering_.take(slot, piece, looks);
  if (cause == Cause::none || !lane.connection.may_send()) return false;
  part.fatal = {cause};
  part.closes = true;
  return true;
}

void ScriptTraffic::on_message(Slot slot, Lane& lane, Instant now) {
  ScriptPart& part = parts_[slot];
  Counters& counts = counters();
  ++counts.messages_received;
  counts.window_received += window_.contains(now);
  ++session_measured(part).received;
  if (deliveries_.hears(part.play.session))
    deliveries_.on_message(slot, part.play.session, window_, measured(), now);
  const HeardMessage message = gathering_.message(slot);
  const Hearing hearing = interpreter_.heard(ref(slot), message, now);
  if (hearing.kind == Hearing::Kind::echo && !(message.has_bytes && echoes_.push(slot, message))) {
    part.fatal = {Cause::no_room_to_match};
    part.closes = true;
  }
  gathering_.release(slot);
  StepCounts& step = measured().steps[hearing.step];
  switch (hearing.kind) {
    case Hearing::Kind::answer:
      answer(slot, lane, part, now);
      step.checks_failed += hearing.check_failed;
      step.captures_failed += hearing.capture_failed;
      if (hearing.capture_failed) {
        part.failure = {Cause::capture_failed};
        if (part.stage != Stage::connecting) measured().failures.count(part.failure);
      }
      break;
    case Hearing::Kind::listened:
    case Hearing::Kind::echo: ++counts.messages_listened; break;
    case Hearing::Kind::unmatched:
      ++counts.messages_unmatched;
      ++step.unmatched;
      return;
    case Hearing::Kind::unawaited: ++counts.messages_unawaited; return;
  }
  proceed(slot, lane, now);
}

void ScriptTraffic::answer(Slot slot, Lane& lane, ScriptPart& part, Instant now) {
  Counters& counts = counters();
  last_progress_ = now;
  const std::optional<Place> answered = take_place(slot, part);
  if (!answered) {
    ++counts.messages_pushed;
    return;
  }
  last_reply_ = now;
  ++counts.messages_answered;
  counts.window_answered += window_.contains(now);
  SessionMeasurements& session = session_measured(part);
  ++session.answered;
  if (!lane.answered_once) {
    lane.answered_once = true;
    measured().first_message.record(now - answered->since);
  }
  record_reply(*answered, now, Duration{0});  // pauses are ab's, which has no sessions
  if (!Traffic::counts(answered->intended, answered->since)) return;
  session.latency.record(now - answered->intended);
  session.service.record(now - answered->since);
}

void ScriptTraffic::on_pong(Slot slot, Lane& lane, std::span<const std::byte> payload, Instant now) {
  ScriptPart& part = parts_[slot];
  if (part.play.doing != Doing::pong || !std::ranges::equal(payload, ping_payload(part.play))) return;
  ++counters().pongs_received;
  if (window_.contains(part.pinged)) measured().ping.record(now - part.pinged);
  interpreter_.ponged(ref(slot), now);
  proceed(slot, lane, now);
}

}  // namespace ringstorm
