#include "session/interpreter.h"

#include "base/check.h"

namespace ringstorm {
namespace {

Instant after(Instant since, Duration length) {
  return length >= kNever - since ? kNever : since + length;
}

}  // namespace

VariableStore variables_of(const Script& script, PlayRef ref) {
  const Range range = script.sessions[ref.play.session].variables;
  return {std::span(script.variables).subspan(range.begin, range.count), ref.variables};
}

VariableStore Interpreter::variables(PlayRef ref) const {
  return variables_of(script_, ref);
}

void Interpreter::begin(PlayRef ref, std::uint32_t entry, Instant at) const {
  ref.play.at = entry;
  go_on(ref, at);
}

void Interpreter::enter(Play& play, Doing doing, Instant since, Instant until) {
  play.doing = doing;
  play.since = since;
  play.until = until;
}

// Runs what takes no time, and stops at the first thing that does. `ended` is when the step before came to
// its end, which is when the next one could begin: a late turn shifts nothing. It comes to an end, because
// the compiler refuses a loop whose rounds may take no time.
void Interpreter::go_on(PlayRef ref, Instant ended) const {
  Play& play = ref.play;
  for (;;) {
    const Instruction& code = script_.code[play.at];
    switch (code.operation) {
      case Operation::send: return enter_send(play, ended);
      case Operation::ping: return enter(play, Doing::ping, ended);
      case Operation::close: return enter(play, Doing::close, ended);
      case Operation::echo: return enter(play, Doing::echo, ended);
      case Operation::end: return enter(play, Doing::ended, ended);
      case Operation::listen: return enter_listen(play, ended);
      case Operation::expect:
        return enter(play, Doing::expect, ended, after(ended, script_.expectations[code.index].timeout));
      case Operation::wait: {
        const Duration pause = script_.pauses[code.index].sample(play.random);
        return enter(play, Doing::wait, ended, after(ended, pause));
      }
      case Operation::set_rounds: ref.counters[code.index] = code.amount; break;
      case Operation::set_end:
        ref.counters[code.index] = static_cast<std::uint64_t>(
            after(ended, Duration{static_cast<std::int64_t>(code.amount)}).time_since_epoch().count());
        break;
      case Operation::next_round:
        if (--ref.counters[code.index] == 0) break;
        play.at = code.target;
        continue;
      case Operation::until_end:
        if (static_cast<std::uint64_t>(ended.time_since_epoch().count()) >= ref.counters[code.index]) break;
        play.at = code.target;
        continue;
      case Operation::set_pace:
        ref.counters[code.index] = static_cast<std::uint64_t>(ended.time_since_epoch().count());
        break;
      case Operation::keep_pace: {
        // One that is late is due when it was due, so that being late hides nothing.
        const Instant due = after(Instant{Duration{static_cast<std::int64_t>(ref.counters[code.index])}},
                                  Duration{static_cast<std::int64_t>(code.amount)});
        ref.counters[code.index] = static_cast<std::uint64_t>(due.time_since_epoch().count());
        if (due > ended) return enter(play, Doing::wait, ended, due);
        ended = due;
        break;
      }
      case Operation::choose: play.at = choose(play, script_.choices[code.index]); continue;
      case Operation::jump: play.at = code.target; continue;
    }
    ++play.at;
  }
}

void Interpreter::enter_send(Play& play, Instant since) const {
  const std::uint32_t windows = script_.messages[instruction(play).index].windows;
  play.fragment = 0;
  play.window = windows > 1 ? static_cast<std::uint32_t>(play.random.below(windows)) : 0;
  enter(play, Doing::send, since);
}

void Interpreter::enter_listen(Play& play, Instant since) const {
  const Listening& listening = script_.listenings[instruction(play).index];
  play.left = listening.count;
  enter(play, Doing::listen, since, after(since, listening.length));
}

std::uint32_t Interpreter::choose(Play& play, const Choice& choice) const {
  const std::uint64_t drawn = play.random.below(choice.weights);
  std::uint32_t i = choice.branches.begin;
  while (script_.branches[i].below <= drawn) ++i;
  return script_.branches[i].target;
}

bool Interpreter::looks_at_bytes(const Play& play) const {
  if (play.doing == Doing::echo) return true;
  const auto looks = [&](Range conditions) { return conditions.count > 0; };
  if (play.doing == Doing::listen) return looks(script_.listenings[instruction(play).index].until);
  if (play.doing != Doing::expect) return false;
  const Expectation& expectation = script_.expectations[instruction(play).index];
  return looks(expectation.match) || looks(expectation.check) || expectation.captures.count > 0;
}

void Interpreter::sent(PlayRef ref, Instant now) const {
  Play& play = ref.play;
  if (play.doing == Doing::ping) {
    ++play.pings;
    return enter(play, Doing::pong, now,
                 after(now, Duration{static_cast<std::int64_t>(instruction(play).amount)}));
  }
  RS_DCHECK(play.doing == Doing::send);
  ++play.at;
  go_on(ref, now);
}

Hearing Interpreter::heard(PlayRef ref, const HeardMessage& message, Instant now) const {
  switch (ref.play.doing) {
    case Doing::expect: return hear_expected(ref, message, now);
    case Doing::listen: return hear_listened(ref, message, now);
    case Doing::echo: return {.kind = Hearing::Kind::echo, .step = instruction(ref.play).step};
    default: return {};
  }
}

Hearing Interpreter::hear_expected(PlayRef ref, const HeardMessage& message, Instant now) const {
  const Instruction& code = instruction(ref.play);
  const Expectation& expectation = script_.expectations[code.index];
  VariableStore store = variables(ref);
  Hearing hearing{.kind = Hearing::Kind::unmatched, .step = code.step};
  if (!matching_.holds(expectation.match, message, store)) return hearing;
  hearing.kind = Hearing::Kind::answer;
  hearing.check_failed = !matching_.holds(expectation.check, message, store);
  hearing.capture_failed = !matching_.capture(expectation.captures, message, store);
  if (hearing.capture_failed) {
    leave(ref.play);
  } else {
    ++ref.play.at;
    go_on(ref, now);
  }
  return hearing;
}

Hearing Interpreter::hear_listened(PlayRef ref, const HeardMessage& message, Instant now) const {
  Play& play = ref.play;
  const Instruction& code = instruction(play);
  const Listening& listening = script_.listenings[code.index];
  const bool is_last = listening.until.count > 0 && matching_.holds(listening.until, message, variables(ref));
  if (--play.left == 0 || is_last) {
    ++play.at;
    go_on(ref, now);
  }
  return {.kind = Hearing::Kind::listened, .step = code.step};
}

void Interpreter::ponged(PlayRef ref, Instant now) const {
  RS_DCHECK(ref.play.doing == Doing::pong);
  ++ref.play.at;
  go_on(ref, now);
}

bool Interpreter::time_passed(PlayRef ref) const {
  Play& play = ref.play;
  const bool timeout = play.doing == Doing::expect || play.doing == Doing::pong;
  if (timeout) {
    leave(play);
    return true;
  }
  const Instant ended = play.until;
  ++play.at;
  go_on(ref, ended);
  return false;
}

}  // namespace ringstorm
