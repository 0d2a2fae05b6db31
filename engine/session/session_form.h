// What a scenario says of its sessions, typed and defaulted, as it was written. The compiler makes a script
// of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "codec/frame.h"
#include "load/distribution.h"

namespace ringstorm {

enum class Fill : std::uint8_t {
  zeros,
  repeating,       ///< the bytes 0 to 15 again and again: compresses well, and is no run of one byte
  incompressible,  ///< the same seeded bytes in every message
  random,          ///< seeded bytes, others in every message
  text,            ///< letters, digits and spaces
};

struct MessageForm {
  Opcode opcode = Opcode::text;
  std::string content = {};                ///< text: may hold {{holes}}
  bool json = false;                       ///< the holes stand inside JSON
  std::optional<std::uint64_t> size = {};  ///< so many bytes of `fill` instead of the content
  Fill fill = Fill::zeros;
  std::uint64_t fragments = 1;                     ///< frames of about the same size
  std::vector<std::uint64_t> fragment_bytes = {};  ///< or of these sizes, and what is left in a last one
  bool reply = true;                               ///< an expect answers it
  friend bool operator==(const MessageForm&, const MessageForm&) = default;
};

/// One thing that must hold of a message.
struct ConditionForm {
  enum class Kind : std::uint8_t {
    text_equals,
    text_contains,
    text_regex,
    json_exists,
    json_equals,
    binary_size,
    binary_prefix,
  };
  Kind kind = Kind::text_equals;
  std::string path = {};   ///< json: the JSON pointer into the message
  std::string value = {};  ///< the text, regex, bytes, or the JSON value as it is written in JSON
  std::uint64_t size = 0;  ///< binary_size
  std::string where = {};  ///< its JSON pointer in the scenario
  friend bool operator==(const ConditionForm&, const ConditionForm&) = default;
};

/// What becomes of a part of a matched message: the value of a variable.
struct CaptureForm {
  enum class Kind : std::uint8_t { json, regex };
  std::string variable = {};
  Kind kind = Kind::json;
  std::string from = {};           ///< a JSON pointer, or a regex whose first group is taken
  std::uint64_t most_bytes = 128;  ///< a longer value is not captured
  std::string where = {};
  friend bool operator==(const CaptureForm&, const CaptureForm&) = default;
};

struct StepForm {
  /// One of the ways that a choose may go.
  struct Branch {
    std::uint64_t weight = 1;
    std::vector<StepForm> steps = {};
    friend bool operator==(const Branch&, const Branch&) = default;
  };

  enum class Kind : std::uint8_t { send, expect, listen, ping, close, wait, repeat, choose, echo };
  Kind kind = Kind::send;
  std::string where = {};  ///< its JSON pointer in the scenario: "/sessions/0/steps/2"

  MessageForm message = {};                 ///< send
  std::vector<ConditionForm> match = {};    ///< expect: which message is meant; listen: the one that ends it
  std::vector<ConditionForm> check = {};    ///< expect: whether it is right
  std::vector<CaptureForm> captures = {};   ///< expect
  Duration timeout = seconds(5);            ///< expect, ping
  std::optional<Duration> length = {};      ///< listen, repeat: for so long
  std::optional<std::uint64_t> count = {};  ///< listen, repeat: so many; neither: without end
  std::optional<Duration> every = {};       ///< repeat: a round is due each time so long after the one before
  std::uint16_t code = close_code::normal;  ///< close
  std::string reason = {};                  ///< close
  Distribution pause = {};                  ///< wait
  std::vector<StepForm> steps = {};         ///< repeat
  std::vector<Branch> branches = {};        ///< choose
  friend bool operator==(const StepForm&, const StepForm&);
};

using BranchForm = StepForm::Branch;

inline bool operator==(const StepForm& a, const StepForm& b) {
  const auto same_bounds =
      a.timeout == b.timeout && a.length == b.length && a.count == b.count && a.every == b.every;
  const auto same_texts = a.match == b.match && a.check == b.check && a.captures == b.captures;
  const auto same_end = a.code == b.code && a.reason == b.reason && a.pause == b.pause;
  return a.kind == b.kind && a.where == b.where && a.message == b.message && same_bounds && same_texts &&
         same_end && a.steps == b.steps && a.branches == b.branches;
}

/// What follows the end of a session's connection.
struct ReconnectForm {
  enum class Kind : std::uint8_t { never, at_once, back_off };
  Kind kind = Kind::never;
  Duration first = milliseconds(100);  ///< back_off: before the first attempt
  Duration most = seconds(30);         ///< back_off: never longer
  double factor = 2;                   ///< back_off: each attempt that fails makes it so much longer
  double jitter = 0.5;                 ///< back_off: the share of it that is drawn at random, 0 to 1
  friend bool operator==(const ReconnectForm&, const ReconnectForm&) = default;
};

struct SessionForm {
  std::string name = {};
  std::uint64_t weight = 1;                 ///< its share of the connections that no count takes
  std::optional<std::uint64_t> count = {};  ///< exactly so many connections instead
  std::string path = {};                    ///< instead of the URL's; empty for that
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< beside the scenario's
  std::optional<std::vector<std::string>> subprotocols = {};      ///< instead of the scenario's
  std::vector<StepForm> on_connect = {};                          ///< once, when the connection is up
  std::vector<StepForm> steps = {};                               ///< again and again: a pass
  std::vector<StepForm> on_close = {};                            ///< once, before our close
  ReconnectForm reconnect = {};
  std::optional<Distribution> lifetime = {};  ///< how long a connection lives before it closes
  std::string publishes = {};                 ///< the topic that its stamped messages go to; empty for none
  std::string subscribes = {};                ///< whose every message it is to get; empty for none
  std::string where = {};
  friend bool operator==(const SessionForm&, const SessionForm&) = default;
};

}  // namespace ringstorm
