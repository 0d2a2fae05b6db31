// A connection's part in a script: where it stands, and what it has sent and not heard of.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/prng.h"
#include "session/interpreter.h"

namespace ringstorm {

/// All zeroes is a connection that was never up.
struct ScriptPart {
  enum class Stage : std::uint8_t {
    absent,      ///< not up
    connecting,  ///< plays on_connect
    ready,       ///< between two passes
    passing,
    leaving,  ///< plays on_close
    done,     ///< says nothing more
  };

  Play play;
  Instant pass_intended{};            ///< when the pass was due
  Instant pinged{};                   ///< when the latest ping went
  Instant ends = kNever;              ///< its lifetime, or when it is to come back
  Instant message_began{};            ///< when the message in hand was begun, which fills its holes
  Prng message_random{0};             ///< as that found it
  std::uint64_t sequence = 0;         ///< of its messages
  std::uint64_t stamped = 0;          ///< of those with a stamp
  std::uint64_t passes = 0;           ///< begun
  std::uint64_t unanswered = 0;       ///< messages sent, and neither answered nor failed
  std::uint32_t newest = 0;           ///< of the kept places, the one behind the latest
  std::uint32_t kept = 0;             ///< of the unanswered ones, those an expect may answer
  std::uint32_t failed_openings = 0;  ///< in a row
  std::uint32_t rows_taken = 0;       ///< of the feeders
  std::uint16_t closed_with = 0;      ///< the code of its close step, which the server is to send back
  Stage stage = Stage::absent;
  Failure failure = {};     ///< why its block was left
  Failure fatal = {};       ///< why the connection is given up
  bool drawn = false;       ///< its random numbers have begun
  bool fed = false;         ///< has taken the rows of the pass that comes next
  bool winds_up = false;    ///< goes on to on_close as soon as it may
  bool closes = false;      ///< is to be closed
  bool owes_first = false;  ///< the arrival that began its pass has not sent anything yet
  bool in_message = false;  ///< a message was begun, and is not written to its end
  bool echoes = false;      ///< the message in hand is one that is sent back
  bool comes_back = false;  ///< waits to be connected again
};

// What the plan budgets for a part holds: it, its alarm, its message in pieces and its echoes.
static_assert(sizeof(ScriptPart) <= 208);

}  // namespace ringstorm
