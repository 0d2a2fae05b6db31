// A scenario: what a person asked for, typed and defaulted, before it is known whether this machine can do
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "codec/frame.h"
#include "load/arrivals.h"
#include "plan/feeder.h"
#include "plan/load_form.h"
#include "plan/threshold.h"

namespace ringstorm {

/// How a shard waits for completions. See bench/README.md for what each costs.
enum class Waiting : std::uint8_t {
  first,  ///< wake for the first completion: honest small latencies (the default)
  batch,  ///< wait for more, for at most `batch_delay`: throughput
  spin,   ///< never sleep: a core to give
};

enum class PayloadKind : std::uint8_t { text, binary };

struct Scenario {
  std::string name;  ///< 1 to 64 of [a-z0-9-]; empty until the file or the plan ("adhoc") gives one
  std::string description;
  std::string url;  ///< "ws://host:port/path?query", "embedded:echo", "embedded:sink", "embedded:broadcast"

  // connections
  std::uint64_t connections = 100;
  Rate open_rate{10'000, seconds(1)};
  std::uint64_t max_opening = 256;  ///< per run: connects and upgrades in progress at once
  Duration connect_timeout = seconds(5);
  Duration upgrade_timeout = seconds(5);
  Duration close_timeout = seconds(2);

  // upgrade
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string> subprotocols;
  std::string origin;
  std::uint64_t max_head_bytes = 16 * 1024;

  // message
  PayloadKind payload_kind = PayloadKind::text;
  /// The text, which may have holes, see load/template.h; else `payload_bytes` of seeded filler.
  std::optional<std::string> payload_text;
  std::vector<Feeder> feeders;  ///< what its holes may be filled with
  std::uint64_t payload_bytes = 125;
  bool expects_reply =
      true;  ///< false: nobody answers, and each connection sends as fast as its socket takes
  std::uint64_t max_message_bytes =
      64ULL * 1024 * 1024;  ///< received ones above it fail the connection with 1009

  // the embedded server
  std::vector<std::string> faults;  ///< what it is to do wrong on purpose, see load/fault_plan.h
  bool verify = false;              ///< it holds every payload against the one that is sent

  // load: a closed loop, unless a rate makes it an open one
  std::uint64_t in_flight = 1;  ///< closed loop: unanswered messages per connection
  std::optional<RateForm>
      rate;  ///< open loop: when messages are due, whether earlier ones are answered or not
  std::vector<StageForm> stages;  ///< instead of a rate and a duration: one after the other
  Arrivals arrivals = Arrivals::constant;
  Senders senders = Senders::round_robin;
  std::uint64_t max_in_flight = 16;       ///< open loop: unanswered messages per connection
  WhenFull when_full = WhenFull::wait;    ///< open loop: what becomes of a due message without room
  std::optional<Duration> max_send_lag;   ///< a generator later than this ends the run as not valid
  Duration warmup{0};                     ///< sends, records nothing
  std::optional<Duration> duration;       ///< measured; 10 s when neither it nor `messages` is given
  std::optional<std::uint64_t> messages;  ///< measured messages of the whole run, then it ends
  Duration drain = seconds(5);            ///< how long to wait for what is outstanding at the end

  double probes = 0;  ///< share of the connections whose messages the kernel stamps, one in flight on each
  bool fixed_mask_key = false;        ///< one mask key for all frames, as some load testers have it
  std::vector<Threshold> thresholds;  ///< what must hold, or the run ends with exit code 1

  // generator
  GeneratorLimits generator_limits = GeneratorLimits::fail;
  Waiting waiting = Waiting::first;
  Duration batch_delay = microseconds(20);  ///< `batch`: the longest a completion may be held back
  std::optional<std::uint64_t> shards;      ///< threads; chosen from the cores when not given
  bool pin = true;                          ///< each shard to a core of its own
  std::uint64_t seed = 0;                   ///< 0: drawn at the start and reported

  friend bool operator==(const Scenario&, const Scenario&) = default;
};

/// Everything in the scenario that cannot be meant, whatever the machine: values out of range, header names
/// that are not tokens, and so on. `where` is the JSON pointer of the field ("/connections/count"). Does not
/// judge the URL, see target.h. Empty when all is well.
std::vector<Error> validate(const Scenario& scenario);

}  // namespace ringstorm
