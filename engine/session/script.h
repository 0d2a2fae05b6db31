// The sessions of a run, compiled: a flat list of instructions with jump targets, and tables of what they
// speak of. Made once, never changed, the same for every shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "codec/frame.h"
#include "load/distribution.h"
#include "load/template.h"
#include "session/session_form.h"

namespace ringstorm {

enum class Operation : std::uint8_t {
  send,        ///< index: of the message
  expect,      ///< index: of the expectation
  listen,      ///< index: of the listening
  ping,        ///< amount: the timeout in ns
  close,       ///< index: of the closing
  wait,        ///< index: of the pause
  set_rounds,  ///< counter `index` = amount
  next_round,  ///< one fewer in counter `index`; to `target` unless none is left
  set_end,     ///< counter `index` = now + amount ns
  until_end,   ///< to `target` while counter `index` is in the future
  set_pace,    ///< counter `index` = now
  keep_pace,   ///< counter `index` += amount ns, and not before then
  choose,      ///< index: of the choice
  jump,        ///< to `target`
  echo,
  end,
};

struct Instruction {
  Operation operation = Operation::end;
  std::uint16_t step = 0;  ///< into Script::steps
  std::uint32_t index = 0;
  std::uint32_t target = 0;
  std::uint64_t amount = 0;
};

/// Items [begin, begin + count) of a table.
struct Range {
  std::uint32_t begin = 0;
  std::uint32_t count = 0;
};

inline constexpr std::uint32_t kNoVariable = ~std::uint32_t{0};
inline constexpr std::uint32_t kNoColumn = ~std::uint32_t{0};

struct ScriptMessage {
  Opcode opcode = Opcode::text;
  std::string payload = {};  ///< when it has no holes
  Template text = {};        ///< when it has; its values are the session's variables in their order
  bool has_holes = false;
  std::uint32_t windows = 1;  ///< the payload begins at a byte of `payload` that is drawn below this
  std::uint32_t fragments = 1;
  std::vector<std::uint64_t> fragment_bytes = {};  ///< of all but the last fragment; empty: all alike
  bool reply = true;

  std::uint64_t longest_bytes() const {
    return has_holes ? text.max_bytes() : payload.size() - (windows - 1);
  }
};

/// A scalar of JSON, to hold a message's against.
struct JsonScalar {
  enum class Kind : std::uint8_t { text, number, word };
  Kind kind = Kind::word;
  std::string text = {};  ///< decoded, or as written
  double number = 0;
};

struct Condition {
  ConditionForm::Kind kind = ConditionForm::Kind::text_equals;
  std::vector<std::string> path = {};    ///< json: the steps of the pointer
  std::string text = {};                 ///< to equal, contain or begin with
  JsonScalar scalar = {};                ///< json_equals
  std::uint32_t variable = kNoVariable;  ///< text_equals, json_equals: its value instead
  std::uint32_t regex = 0;               ///< into Script::regexes
  std::uint64_t size = 0;
};

struct Capture {
  CaptureForm::Kind kind = CaptureForm::Kind::json;
  std::vector<std::string> path = {};
  std::uint32_t regex = 0;
  std::uint32_t variable = 0;
};

struct Expectation {
  Range match = {};
  Range check = {};
  Range captures = {};
  Duration timeout{0};
};

struct Listening {
  Range until = {};
  Duration length = Duration::max();
  std::uint64_t count = ~std::uint64_t{0};
};

struct Closing {
  std::uint16_t code = close_code::normal;
  std::string reason = {};
};

struct Branch {
  std::uint64_t below = 0;  ///< taken when the draw is below this and not below the branch before
  std::uint32_t target = 0;
};

struct Choice {
  Range branches = {};
  std::uint64_t weights = 0;  ///< all together
};

/// Where a variable lies in a connection's memory: two bytes of length, then the value.
struct Variable {
  std::string name = {};
  std::uint32_t offset = 0;
  std::uint32_t most_bytes = 0;
  /// Of the feeders' columns the one whose cell it has in each pass; else it is captured.
  std::uint32_t column = kNoColumn;
};

struct SessionScript {
  std::string name = {};
  Range variables = {};
  bool feeds = false;            ///< some of them are cells of feeders
  std::uint32_t on_connect = 0;  ///< the first instruction
  std::uint32_t steps = 0;
  std::uint32_t on_close = 0;
  bool stamps = false;  ///< some of its messages carry a stamp
};

struct Script {
  std::vector<SessionScript> sessions = {};
  std::vector<Instruction> code = {};
  std::vector<std::string> steps = {};  ///< the JSON pointer of each
  std::vector<ScriptMessage> messages = {};
  std::vector<Expectation> expectations = {};
  std::vector<Listening> listenings = {};
  std::vector<Closing> closings = {};
  std::vector<Distribution> pauses = {};
  std::vector<Condition> conditions = {};
  std::vector<Capture> captures = {};
  std::vector<std::string> regexes = {};
  std::vector<Choice> choices = {};
  std::vector<Branch> branches = {};
  std::vector<Variable> variables = {};
  // What each connection needs, whatever it plays.
  std::uint32_t counters = 0;
  std::uint32_t variable_bytes = 0;
  bool echoes = false;                ///< some step sends messages back
  std::uint32_t most_unanswered = 1;  ///< messages with a reply that a session's steps hold, at most 16
};

}  // namespace ringstorm
