// What is counted and timed, on one shard in one interval; merged, on the whole run. Plain data with an exact
// merge.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/cause.h"
#include "base/clock.h"
#include "base/compression_tally.h"
#include "stats/fan_out.h"
#include "stats/histogram.h"
#include "stats/session_measurements.h"

namespace ringstorm {

/// Sums hold at the end: messages_planned = sent + shed + due, and messages_sent = answered + failed +
/// outstanding (outstanding is what is left, see Report).
struct Counters {
  // Messages of the whole run, warm-up included: what the server's own counters must agree with.
  std::uint64_t messages_planned = 0;  ///< became due: by the schedule, or in a closed loop by being begun
  std::uint64_t messages_shed = 0;     ///< due without room, and dropped because the scenario says so
  std::uint64_t messages_due = 0;      ///< due and not sent when it ended
  std::uint64_t messages_overdue = 0;  ///< of those, what could have gone: the generator's own failure
  std::uint64_t messages_held =
      0;  ///< due before their connection could send them: in flight, or still sending
  std::uint64_t messages_sent = 0;      ///< handed whole to the kernel
  std::uint64_t messages_answered = 0;  ///< matched by a reply
  std::uint64_t messages_failed = 0;    ///< unanswered when their connection ended
  std::uint64_t messages_received = 0;  ///< complete messages, whether they answered something or not
  // Of those received, where sessions say what is waited for.
  std::uint64_t messages_listened = 0;   ///< by a step that only listens
  std::uint64_t messages_pushed = 0;     ///< expected, and an answer to nothing that was sent
  std::uint64_t messages_unmatched = 0;  ///< came while another one was waited for
  std::uint64_t messages_unawaited = 0;  ///< came while none was waited for
  std::uint64_t messages_recorded =
      0;  ///< answered and of the measured window: those in `latency` and `service`
  // What happened inside the measured window alone: rates and messages per CPU-second are made of these.
  std::uint64_t window_sent = 0;
  std::uint64_t window_answered = 0;
  std::uint64_t window_received = 0;
  // Bytes.
  std::uint64_t sent_payload_bytes = 0;
  std::uint64_t sent_wire_bytes = 0;  ///< everything handed to TCP: heads, frame headers, payloads, controls
  std::uint64_t received_payload_bytes = 0;
  std::uint64_t received_wire_bytes = 0;
  // Connections. planned = opened + failed at the end of a run that was not cut short; opened = closed +
  // lost.
  std::uint64_t connections_opened = 0;    ///< upgraded
  std::uint64_t connections_failed = 0;    ///< never got that far
  std::uint64_t connections_lost = 0;      ///< opened, then ended otherwise than by our own close
  std::uint64_t connections_closed = 0;    ///< closed by us with the closing handshake complete
  std::uint64_t connects_retried = 0;      ///< TCP was up, but only a second or more after the first SYN
  std::uint64_t connections_reopened = 0;  ///< begun again, because their session reconnects
  std::uint64_t pings_answered = 0;
  std::uint64_t pings_sent = 0;
  std::uint64_t pongs_received = 0;  ///< that answer the latest ping of their connection
  std::uint64_t probe_messages = 0;  ///< sent on probe connections
  std::uint64_t probe_samples = 0;   ///< of those, split by the kernel's stamps
  // What stood between TCP and the WebSockets.
  std::uint64_t tls_full = 0;     ///< handshakes without a session of before
  std::uint64_t tls_resumed = 0;  ///< and with one
  std::uint64_t tls_renegotiations_refused = 0;
  std::uint64_t tls_unclosed_ends = 0;  ///< TCP ended without a close_notify before it
  // What the ring met and survived.
  std::uint64_t ring_turns = 0;
  std::uint64_t ring_completions = 0;
  std::uint64_t receive_rearms = 0;  ///< multishot receives the kernel ended and we armed again
  std::uint64_t out_of_buffers = 0;  ///< of those, for want of a provided buffer
  std::uint64_t short_sends = 0;
  std::uint64_t completion_overflows = 0;

  void add(const Counters& other);
};

/// Failures by cause, and the first thing a peer said for each. Bounded: when `kCapacity` - 1 kinds are in
/// it, further ones are counted under Cause::none, "other". A failure that ended several messages is still
/// counted once.
class FailureTable {
 public:
  static constexpr std::size_t kCapacity = 64;
  static constexpr std::size_t kSampleBytes = 240;

  struct Row {
    Failure failure;
    std::uint64_t count = 0;
    std::uint16_t sample_bytes = 0;
    std::array<char, kSampleBytes> sample{};  ///< the first bytes that came back, as received
    std::string_view sample_text() const { return {sample.data(), sample_bytes}; }
  };

  /// Counts one more; the first non-empty sample of a failure is kept, cut to kSampleBytes. Never allocates.
  void count(Failure failure, std::string_view sample = {});
  void merge(const FailureTable& other);
  void reset() { size_ = 0; }
  std::span<const Row> rows() const { return {rows_.data(), size_}; }
  std::uint64_t total() const;

 private:
  Row& row_for(Failure failure);
  void add(Failure failure, std::uint64_t count, std::string_view sample);
  std::array<Row, kCapacity> rows_{};
  std::size_t size_ = 0;
};

/// What permessage-deflate came to.
struct CompressionCounts {
  CompressionTally sent;  ///< without the work of messages that were compressed before the start
  CompressionTally received;
  std::uint64_t declined = 0;  ///< connections whose server did not take up the offer
  /// Connections by what was agreed, which has a number (codec/deflate_negotiation.h).
  std::array<std::uint64_t, 256> agreements{};

  void add(const CompressionCounts& other);
};

/// The messages of one stage of the load: those whose intended time falls in it.
struct StageMeasurements {
  std::uint64_t planned = 0;
  std::uint64_t sent = 0;
  std::uint64_t shed = 0;
  std::uint64_t answered = 0;
  std::uint64_t answered_within = 0;  ///< of those, what was answered before the stage was over
  std::uint64_t failed = 0;
  /// That nothing was answered in while something was awaited, of one shard, up to a reply of this stage.
  Duration longest_pause{0};
  Histogram latency;
  Histogram service;
  Histogram send_lag;
  Histogram censored;

  void merge(const StageMeasurements& other);
  void reset();
};

/// How many parts of a run are measured by themselves.
struct MeasuredParts {
  MeasuredParts(std::size_t stages_apart = 0,
                std::size_t sessions_apart = 0,  // NOLINT(google-explicit-constructor)
                std::size_t steps_apart = 0)
      : stages(stages_apart), sessions(sessions_apart), steps(steps_apart) {}
  std::size_t stages;
  std::size_t sessions;
  std::size_t steps;
};

/// A message belongs to the measured window by its intended time; in a closed loop, where nothing but the
/// reply before it says when it is due, by when it was sent.
struct Measurements {
  explicit Measurements(MeasuredParts parts = {})
      : stages(parts.stages), sessions(parts.sessions), steps(parts.steps) {}

  Counters counters;
  Histogram connect;        ///< TCP connect: from asking until established
  Histogram proxy;          ///< from asking a proxy for the way to the server until it was free
  Histogram tls;            ///< from the begin of the handshake until it was complete
  Histogram upgrade;        ///< from sending the upgrade request until the answer was judged good
  Histogram first_message;  ///< from sending a connection's first message until its reply
  Histogram latency;        ///< from when a message was due until its reply: what a user waited
  Histogram service;        ///< from sending a message until its reply
  /// From when a message could go (due, with room in flight and its socket free) until it went: the
  /// generator's own delay.
  Histogram send_lag;
  /// Of messages unsent or unanswered at the end: from when they were due until then, so their latency is at
  /// least this.
  Histogram censored;
  // Of messages on probe connections, split by the kernel's own stamps.
  Histogram receive_queueing;    ///< from when the kernel had the reply until it was handled: the generator's
  Histogram network_and_server;  ///< from when the kernel sent the message until it had the reply
  Histogram close;               ///< from sending our close frame until the peer's close arrived
  FailureTable failures;
  CompressionCounts compression;
  Histogram ping;  ///< from sending a session's ping until its pong
  /// From when a stamped message was due until another connection had it: once for each that it was for.
  Histogram delivery;
  Histogram last_receiver;  ///< until all of them had it, of a sample of the messages; known at the end
  DeliveryCounts deliveries;
  std::vector<StageMeasurements> stages;
  std::vector<SessionMeasurements> sessions;
  std::vector<StepCounts> steps;  ///< of all sessions, as the script numbers them

  /// Both have the same parts.
  void merge(const Measurements& other);
  void reset();
};

}  // namespace ringstorm
