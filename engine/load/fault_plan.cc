#include "load/fault_plan.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/units.h"
#include "load/words.h"

namespace ringstorm {
namespace {

constexpr std::array<std::string_view, 8> kKinds{"delay",     "stall",   "drop",    "reset",
                                                 "slow-read", "garbage", "reorder", "burn"};
constexpr std::string_view kExpected =
    "a fault: delay, stall, drop, reset, slow-read, garbage, reorder or burn";
constexpr Duration kLongest = Distribution::kLongest;
constexpr Duration kLongestBurn = seconds(1);
constexpr std::string_view kShare = "a share above 0, such as 1% or 0.01";

std::optional<std::uint64_t> parse_byte_rate(std::string_view word) {
  if (!word.ends_with("/s")) return std::nullopt;
  const auto bytes = parse_bytes(word.substr(0, word.size() - 2));
  return bytes && *bytes > 0 ? bytes : std::nullopt;
}

/// Takes one fault's text apart and adds it to a plan. The first mistake ends it.
class FaultReader {
 public:
  FaultReader(std::string_view text, FaultPlan& plan) : words_(text), plan_(plan) {}

  std::optional<Error> read() && {
    const std::string_view kind = words_.take();
    const auto found = std::find(kKinds.begin(), kKinds.end(), kind);
    if (found == kKinds.end()) return unknown_name(kind, kExpected, kKinds);
    switch (found - kKinds.begin()) {
      case 0: read_delay(); break;
      case 1: read_stall(); break;
      case 2: read_share(plan_.drop); break;
      case 3: read_share(plan_.reset); break;
      case 4: read_slow_read(); break;
      case 5: read_garbage(); break;
      case 6: read_share(plan_.reorder); break;
      default: read_burn(); break;
    }
    if (!error_ && !words_.empty())
      error_ = unexpected(words_.rest(), "nothing more", "a value and its unit are one word, such as 2ms");
    return std::move(error_);
  }

 private:
  template <class Value>
  void read(Value& value, const std::optional<Value>& parsed, std::string_view word,
            std::string_view expected) {
    if (error_) return;
    if (!parsed) {
      error_ = unexpected(word, expected);
    } else {
      value = *parsed;
    }
  }
  void read_time(Duration& time, std::string_view expected, Duration longest) {
    const std::string_view word = words_.take();
    auto parsed = parse_duration(word);
    if (parsed && (*parsed <= Duration{0} || *parsed > longest)) parsed.reset();
    read(time, parsed, word, expected);
  }
  void read_word(std::string_view wanted, std::string_view example) {
    if (error_) return;
    const std::string_view word = words_.take();
    if (word == wanted) return;
    error_ = unexpected(word, quoted(wanted) + ", as in " + std::string{example});
  }

  void read_delay() {
    auto delay = Distribution::parse(words_.rest());
    if (!delay) {
      error_ = delay.error();
      return;
    }
    plan_.delay = std::move(*delay);
    words_ = Words{""};
  }

  void read_stall() {
    constexpr std::string_view kExample = "stall 1s every 10s from 3s";
    Stall stall;
    read_time(stall.length, "how long to stall, a time above 0 such as 1s", kLongest);
    read_word("every", kExample);
    read_time(stall.every, "how often to stall, a time such as 10s", kLongest);
    stall.from = stall.every;
    if (!error_ && !words_.empty()) {
      read_word("from", kExample);
      const std::string_view word = words_.take();
      read(stall.from, parse_duration(word), word, "when the first stall begins, a time such as 3s");
    }
    if (!error_ && stall.every <= stall.length)
      error_ = unexpected(exact_duration(stall.every),
                          "stalls to be further apart than " + exact_duration(stall.length));
    if (!error_ && stall.from > kLongest) error_ = unexpected(exact_duration(stall.from), "at most 720h");
    plan_.stall = stall;
  }

  void read_share(double& share) {
    const std::string_view word = words_.take();
    read(share, parse_share(word), word, kShare);
  }

  void read_slow_read() {
    SlowRead slow;
    read_share(slow.share);
    const std::string_view word = words_.take();
    read(slow.bytes_per_second, parse_byte_rate(word), word, "a rate of bytes such as 64KiB/s");
    plan_.slow_read = slow;
  }

  void read_garbage() {
    read_word("after", "garbage after 1000");
    const std::string_view word = words_.take();
    std::uint64_t messages = 0;
    read(messages, parse_count(word), word, "a whole number of messages such as 1000");
    plan_.garbage_after = messages;
  }

  void read_burn() { read_time(plan_.burn, "a time above 0, at most 1s, such as 2us", kLongestBurn); }

  Words words_;
  FaultPlan& plan_;
  std::optional<Error> error_;
};

/// Distinct for every (seed, connection, purpose); SplitMix64 makes a good seed of any.
Prng generator(std::uint64_t seed, std::uint64_t connection, std::uint64_t purpose) {
  const std::uint64_t of_connection = Prng{Prng{seed}.next() + connection}.next();
  return Prng{Prng{of_connection + purpose}.next()};
}

}  // namespace

std::optional<Duration> Stall::end_at(Duration elapsed) const {
  if (elapsed < from) return std::nullopt;
  const Duration into = (elapsed - from) % every;
  if (into >= length) return std::nullopt;
  return elapsed - into + length;
}

Duration Stall::next_after(Duration elapsed) const {
  if (elapsed < from) return from;
  return elapsed - (elapsed - from) % every + every;
}

std::vector<std::string> FaultPlan::to_texts() const {
  std::vector<std::string> texts;
  if (delay) texts.push_back("delay " + delay->to_string());
  if (stall)
    texts.push_back("stall " + exact_duration(stall->length) + " every " + exact_duration(stall->every) +
                    " from " + exact_duration(stall->from));
  if (drop > 0) texts.push_back("drop " + exact_share(drop));
  if (reset > 0) texts.push_back("reset " + exact_share(reset));
  if (slow_read)
    texts.push_back("slow-read " + exact_share(slow_read->share) + " " +
                    exact_bytes(slow_read->bytes_per_second) + "/s");
  if (garbage_after) texts.push_back("garbage after " + std::to_string(*garbage_after));
  if (reorder > 0) texts.push_back("reorder " + exact_share(reorder));
  if (burn > Duration{0}) texts.push_back("burn " + exact_duration(burn));
  return texts;
}

Result<FaultPlan> parse_fault_plan(std::span<const std::string> texts,
                                   const std::function<std::string(std::size_t)>& where) {
  FaultPlan plan;
  std::vector<Error> errors;
  std::vector<std::string_view> seen;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto error = FaultReader{texts[i], plan}.read();
    const std::string_view kind = Words{texts[i]}.peek();
    if (!error && std::find(seen.begin(), seen.end(), kind) != seen.end())
      error = Error{"", "\"" + std::string{kind} + "\" is given twice, expected each kind of fault once", ""};
    seen.push_back(kind);
    if (!error) continue;
    error->where = where(i);
    errors.push_back(std::move(*error));
  }
  if (!errors.empty()) return errors;
  return plan;
}

ConnectionFaults::ConnectionFaults(const FaultPlan& plan, std::uint64_t seed, std::uint64_t connection)
    : plan_(&plan),
      delay_(generator(seed, connection, 1)),
      drop_(generator(seed, connection, 2)),
      reset_(generator(seed, connection, 3)),
      reorder_(generator(seed, connection, 4)),
      noise_(generator(seed, connection, 5)) {
  Prng slow = generator(seed, connection, 6);
  reads_slowly_ = plan.slow_read && slow.unit() < plan.slow_read->share;
}

// Every kind is drawn for every reply, so that what one decides leaves the others' sequences alone.
ReplyFate ConnectionFaults::next_reply() {
  ReplyFate fate;
  if (plan_->delay) fate.delay = plan_->delay->sample(delay_);
  const bool dropped = drop_.unit() < plan_->drop;
  const bool reset = reset_.unit() < plan_->reset;
  fate.swapped = reorder_.unit() < plan_->reorder;
  if (plan_->garbage_after && replies_++ >= *plan_->garbage_after) {
    fate.kind = ReplyFate::Kind::garbage;
  } else if (reset) {
    fate.kind = ReplyFate::Kind::reset;
  } else if (dropped) {
    fate.kind = ReplyFate::Kind::dropped;
  }
  if (fate.kind != ReplyFate::Kind::sent) fate.swapped = false;
  return fate;
}

}  // namespace ringstorm
