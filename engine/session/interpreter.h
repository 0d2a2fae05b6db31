// Plays a script on connections: what happened and when goes in, what the connection is to do next comes out.
// Pure: it knows no socket and no clock, and never allocates once it is made (a regex may, inside RE2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "base/prng.h"
#include "session/matching.h"
#include "session/script.h"

namespace ringstorm {

/// What a connection does, which its instruction decides, until something happens.
enum class Doing : std::uint8_t {
  nothing,  ///< no block has begun
  ended,    ///< the block has come to its end
  send,     ///< a message is to be written: Instruction::index
  ping,     ///< a ping is to be written
  close,    ///< the connection is to be closed: Instruction::index
  expect,   ///< waits for a message, until a timeout
  listen,   ///< waits for messages, until a time
  pong,     ///< waits for the answer to its ping, until a timeout
  wait,     ///< waits until a time
  echo,     ///< sends back what it hears
};

/// One connection's place in the script. All zeroes before its first block.
struct Play {
  Prng random{0};            ///< the connection's own
  std::uint64_t left = 0;    ///< messages that are still to be listened to
  Instant since{};           ///< when what it does could begin: when the step before ended
  Instant until = kNever;    ///< when time alone changes what it does
  std::uint32_t at = 0;      ///< the instruction
  std::uint32_t window = 0;  ///< send: where in the payload the message begins
  std::uint32_t pings = 0;   ///< how many it has sent
  std::uint16_t session = 0;
  std::uint16_t fragment = 0;  ///< send: frames of the message that have been begun
  Doing doing = Doing::nothing;
};

/// A play with the memory that lies beside it.
struct PlayRef {
  Play& play;
  std::span<std::uint64_t> counters;  ///< Script::counters of them
  std::span<std::byte> variables;     ///< Script::variable_bytes of them
};

/// What a message was to whoever heard it.
struct Hearing {
  enum class Kind : std::uint8_t {
    answer,     ///< an expect waited for it
    listened,   ///< a listen did
    echo,       ///< is to be sent back
    unmatched,  ///< a step waits for another one
    unawaited,  ///< no step waits for any
  };
  Kind kind = Kind::unawaited;
  std::uint16_t step = 0;       ///< that waits; none for unawaited ones
  bool check_failed = false;    ///< answer: it is not right
  bool capture_failed = false;  ///< answer: a value is not in it, or is too long; the block is left
};

class Interpreter {
 public:
  explicit Interpreter(const Script& script) : script_(script), matching_(script) {}

  const Script& script() const { return script_; }
  const Instruction& instruction(const Play& play) const { return script_.code[play.at]; }

  /// Begins the block at `entry` at `at`, and goes on to the first thing that takes time.
  void begin(PlayRef ref, std::uint32_t entry, Instant at) const;
  /// The block is left: the connection does nothing more.
  static void leave(Play& play) { play.doing = Doing::ended, play.until = kNever; }

  /// Whether the bytes of a message that begins now are looked at.
  bool looks_at_bytes(const Play& play) const;

  /// The message, or the ping, was written.
  void sent(PlayRef ref, Instant now) const;
  Hearing heard(PlayRef ref, const HeardMessage& message, Instant now) const;
  /// The ping it waits for was answered.
  void ponged(PlayRef ref, Instant now) const;
  /// Play::until has come. True when that is a timeout: an expect's message or a ping was not answered in
  /// time, and the block is left.
  bool time_passed(PlayRef ref) const;

 private:
  void go_on(PlayRef ref, Instant ended) const;
  static void enter(Play& play, Doing doing, Instant since, Instant until = kNever);
  void enter_send(Play& play, Instant since) const;
  void enter_listen(Play& play, Instant since) const;
  std::uint32_t choose(Play& play, const Choice& choice) const;
  Hearing hear_expected(PlayRef ref, const HeardMessage& message, Instant now) const;
  Hearing hear_listened(PlayRef ref, const HeardMessage& message, Instant now) const;
  VariableStore variables(PlayRef ref) const;

  const Script& script_;
  Matching matching_;
};

/// The variables of a session as a connection has them.
VariableStore variables_of(const Script& script, PlayRef ref);

}  // namespace ringstorm
