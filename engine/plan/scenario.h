// A scenario: what a person asked for, typed and defaulted, before it is known whether this machine can do
// it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/socket_tuning.h"
#include "base/units.h"
#include "codec/frame.h"
#include "load/arrivals.h"
#include "plan/addressing.h"
#include "plan/feeder.h"
#include "plan/load_form.h"
#include "plan/threshold.h"
#include "session/session_form.h"
#include "transport/tls_options.h"

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
  std::string url;  ///< "ws://host:port/path?query", "ws+unix:/socket:/path", "embedded:echo|sink|broadcast"
  AddressChoice addresses = AddressChoice::happy_eyeballs;
  std::vector<HostAddresses> resolve;         ///< names that no resolver is asked for
  std::vector<std::string> source_addresses;  ///< that connections come from, see sources.h; empty: any

  // connections
  std::uint64_t connections = 100;
  Rate open_rate{10'000, seconds(1)};
  std::uint64_t max_opening = 256;  ///< per run: connects and upgrades in progress at once
  Duration resolve_timeout = seconds(5);
  /// "http://user:password@host:port", or "environment"; straight to the target when there is none.
  std::optional<std::string> proxy_url;
  Duration proxy_timeout = seconds(5);  ///< for a proxy to make the way free
  Duration connect_timeout = seconds(5);
  Duration tls_timeout = seconds(5);  ///< for whatever opens between TCP and the upgrade
  Duration upgrade_timeout = seconds(5);
  Duration close_timeout = seconds(2);

  // tls, of a wss url; see transport/tls_options.h
  bool tls_insecure = false;
  std::string tls_ca_file;
  std::string tls_certificate;
  std::string tls_private_key;
  std::string tls_server_name;  ///< instead of the url's host
  TlsVersion tls_min_version = TlsVersion::tls12;
  TlsVersion tls_max_version = TlsVersion::tls13;
  std::string tls_ciphers;
  std::string tls_ciphersuites;
  std::string tls_groups;
  bool tls_resumption = true;
  std::string tls_key_log;

  // upgrade
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string> subprotocols;
  std::string origin;
  std::uint64_t max_head_bytes = 16 * 1024;
  std::uint64_t redirects = 0;  ///< steps to follow when the server points elsewhere; 0: none
  bool cookies = false;         ///< those that a redirect sets go with the upgrades to the same host

  // sockets
  bool no_delay = true;
  std::optional<std::uint64_t> receive_buffer_bytes;
  std::optional<std::uint64_t> send_buffer_bytes;
  std::optional<Duration> keepalive_idle;  ///< any of the three switches keepalive on
  std::optional<Duration> keepalive_interval;
  std::optional<std::uint64_t> keepalive_count;
  std::optional<std::string> congestion;
  std::optional<std::uint64_t> tos;
  std::optional<std::uint64_t> dscp;
  bool quick_ack = false;
  std::optional<std::string> bind_device;

  // permessage-deflate, RFC 7692
  bool deflate = false;  ///< it is offered; nothing below counts when it is not
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::optional<std::uint64_t> server_max_window_bits;  ///< 8 to 15; not offered when it is not given
  std::uint64_t client_max_window_bits = 15;            ///< 8 to 15, as browsers offer it; 0: not offered
  bool keep_context = false;  ///< each message compressed after those before it, where the server allows it
  std::uint64_t deflate_level = 6;         ///< zlib's
  std::uint64_t deflate_memory_level = 8;  ///< zlib's

  // message
  PayloadKind payload_kind = PayloadKind::text;
  /// The text, which may have holes, see load/template.h; else `payload_bytes` of seeded filler.
  std::optional<std::string> payload_text;
  std::vector<Feeder> feeders;  ///< what its holes may be filled with
  std::uint64_t payload_bytes = 125;
  bool compress = true;  ///< where permessage-deflate is agreed on
  bool expects_reply =
      true;  ///< false: nobody answers, and each connection sends as fast as its socket takes
  std::uint64_t max_message_bytes =
      64ULL * 1024 * 1024;  ///< received ones above it fail the connection with 1009

  std::vector<SessionForm> sessions;  ///< what the connections say, instead of one message again and again
  /// Some session's connections come back.
  bool reconnects() const {
    return std::ranges::any_of(
        sessions, [](const SessionForm& form) { return form.reconnect.kind != ReconnectForm::Kind::never; });
  }

  // the embedded server
  std::vector<std::string> faults;  ///< what it is to do wrong on purpose, see load/fault_plan.h
  bool verify = false;              ///< it holds every payload against the one that is sent
  bool server_tls = false;          ///< it speaks TLS, with a certificate of its own that the run trusts

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

  // what `ringstorm ab` and `compare` judge by
  std::vector<std::string> gates;           ///< see plan/gate.h; empty: the defaults of what can be measured
  double gate_alpha = 0.01;                 ///< the chance of a false alarm in a whole comparison
  Duration gate_stall = milliseconds(100);  ///< no answer for longer than this is a stall

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
