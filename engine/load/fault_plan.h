// A fault plan: what the embedded server does wrong on purpose, so that a measurement can be held against a
// known truth. A list of short texts, one fault each; and, drawn from a seed, what it holds for one
// connection. Pure: whoever performs it is told what and when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/prng.h"
#include "base/result.h"
#include "load/distribution.h"

namespace ringstorm {

/// Everything stands still for `length`, again and again: from `from + k * every`, counted from the first
/// connection.
struct Stall {
  Duration length{0};
  Duration every{0};  ///< longer than `length`
  Duration from{0};

  /// When the stall that holds `elapsed` after the first connection ends, in the same count; nothing when
  /// none does.
  std::optional<Duration> end_at(Duration elapsed) const;
  /// When the next one begins, after `elapsed`.
  Duration next_after(Duration elapsed) const;
  friend bool operator==(const Stall&, const Stall&) = default;
};

struct SlowRead {
  double share = 0;                    ///< of the connections
  std::uint64_t bytes_per_second = 0;  ///< > 0
  friend bool operator==(const SlowRead&, const SlowRead&) = default;
};

struct FaultPlan {
  std::optional<Distribution> delay;  ///< of each reply, from when its message was there
  std::optional<Stall> stall;
  double drop = 0;   ///< share of the replies that are never sent
  double reset = 0;  ///< share of the replies that are a reset instead
  std::optional<SlowRead> slow_read;
  std::optional<std::uint64_t> garbage_after;  ///< replies of a connection, and then no valid frame
  double reorder = 0;                          ///< share of the replies that change places with the next
  Duration burn{0};                            ///< processor time spent on each message

  bool empty() const { return *this == FaultPlan{}; }
  /// True when something happens to single replies: everything but stalls, slow reads and burning.
  bool touches_replies() const { return delay || drop > 0 || reset > 0 || garbage_after || reorder > 0; }
  /// The texts it is made of, in a fixed order; they read back as the same plan.
  std::vector<std::string> to_texts() const;
  friend bool operator==(const FaultPlan&, const FaultPlan&) = default;
};

/// "delay DISTRIBUTION" | "stall 1s every 10s [from 3s]" | "drop 1%" | "reset 0.1%" | "slow-read 5% 64KiB/s"
/// | "garbage after 1000" | "reorder 5%" | "burn 2us", each kind at most once. `where` names the place of
/// text i for its error. Every text that is wrong is reported, with what was found and what was expected.
Result<FaultPlan> parse_fault_plan(std::span<const std::string> texts,
                                   const std::function<std::string(std::size_t)>& where);

/// What becomes of one reply.
struct ReplyFate {
  enum class Kind : std::uint8_t {
    sent,
    dropped,
    reset,    ///< the connection is reset in its place
    garbage,  ///< bytes that are no valid frame in its place; the connection's last
  };
  Kind kind = Kind::sent;
  bool swapped = false;  ///< sent: after the next one
  Duration delay{0};
  friend bool operator==(const ReplyFate&, const ReplyFate&) = default;
};

/// What a plan holds for one connection: the same for the same seed and number, whatever the other
/// connections do, and each kind of fault drawn by itself, so that adding one does not move the others.
class ConnectionFaults {
 public:
  /// `plan` outlives it.
  ConnectionFaults(const FaultPlan& plan, std::uint64_t seed, std::uint64_t connection);

  bool reads_slowly() const { return reads_slowly_; }
  ReplyFate next_reply();
  /// The next of the bytes that are no frame. The first has the reserved bits set, which no peer may accept
  /// unasked (RFC 6455 section 5.2).
  std::uint8_t garbage_byte(bool first) {
    return static_cast<std::uint8_t>(noise_.next() | (first ? 0x70U : 0U));
  }

 private:
  const FaultPlan* plan_;
  std::uint64_t replies_ = 0;
  Prng delay_;
  Prng drop_;
  Prng reset_;
  Prng reorder_;
  Prng noise_;
  bool reads_slowly_ = false;
};

}  // namespace ringstorm
