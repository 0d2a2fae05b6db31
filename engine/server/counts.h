// What the embedded server counted: the other side of the bookkeeping that a run's report is held against.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/cause.h"
#include "base/compression_tally.h"

namespace ringstorm {

/// What the server did wrong because it was told to, see load/fault_plan.h.
struct FaultCounts {
  std::uint64_t delayed_replies = 0;
  std::uint64_t stalls = 0;  ///< of the whole server
  std::uint64_t dropped_replies = 0;
  std::uint64_t resets = 0;
  std::uint64_t slow_connections = 0;
  std::uint64_t garbage_replies = 0;
  std::uint64_t reordered_replies = 0;
  std::uint64_t burned_messages = 0;
  /// Replies that were still waiting when their connection came to its end.
  std::uint64_t unsent_replies = 0;

  void merge(const FaultCounts& other);
};

/// What became of the TLS of those who came, where the server speaks it. accepted = full + resumed + refused
/// + plain_http + abandoned + those whose handshake is not over.
struct TlsCounts {
  std::uint64_t full = 0;
  std::uint64_t resumed = 0;  ///< with a ticket from an earlier connection
  std::uint64_t refused = 0;  ///< handshakes that failed: no TLS, nothing in common, an alert of the client's
  std::uint64_t plain_http = 0;  ///< spoke HTTP without TLS, and were answered 400 in kind
  std::uint64_t abandoned = 0;   ///< ended, or timed out, in the midst of the handshake
  std::uint64_t broken = 0;      ///< failed later, by a record that cannot be opened for example
  std::uint64_t cut_short = 0;   ///< ended by TCP alone, without close_notify (RFC 8446 section 6.1)

  void merge(const TlsCounts& other);
};

/// Two sums hold at every moment: accepted = upgraded + upgrades_refused + upgrades_abandoned + counts_asked
/// + those still upgrading; upgraded = open + all of closes.
struct ServerCounts {
  std::uint64_t accepted = 0;     ///< TCP connections
  std::uint64_t turned_away = 0;  ///< TCP connections beyond the number there is room for: closed at once
  std::uint64_t upgraded = 0;
  std::uint64_t upgrades_refused = 0;    ///< answered with an HTTP status that refuses
  std::uint64_t upgrades_abandoned = 0;  ///< ended, or timed out, before there was a request to judge
  std::uint64_t counts_asked = 0;        ///< requests for these counts
  std::uint64_t open = 0;                ///< upgraded, and not at their end
  std::uint64_t messages = 0;            ///< received whole
  std::uint64_t payload_bytes = 0;       ///< received in data frames, those of unfinished messages included
  std::uint64_t wrong_payloads = 0;      ///< messages other than the one expected; 0 when none is
  std::uint64_t zero_mask_keys = 0;      ///< frames masked with four zero bytes
  std::uint64_t repeated_mask_keys = 0;  ///< frames masked with a key seen before, see key_watch.h
  std::uint64_t wire_bytes_in = 0;       ///< everything received from TCP, heads included
  std::uint64_t wire_bytes_out = 0;      ///< everything TCP took
  std::uint64_t pings = 0;
  std::uint64_t deliveries = 0;         ///< broadcast: messages queued to members of their room
  std::uint64_t most_rooms = 0;         ///< broadcast: with members at the same time
  std::uint64_t too_far_behind = 0;     ///< connections given up because they did not read
  std::uint64_t peak_output_bytes = 0;  ///< most memory that unsent output took; shards add up
  std::map<Cause, std::uint64_t> violations;
  /// How upgraded connections ended: the client's close code, or the one a violation was answered with; 1006
  /// without a Close.
  std::map<std::uint16_t, std::uint64_t> closes;
  std::uint64_t deflate_connections = 0;  ///< that agreed to permessage-deflate
  CompressionTally deflated_in;
  CompressionTally deflated_out;
  FaultCounts faults;
  TlsCounts tls;

  void merge(const ServerCounts& other);
};

/// What was received on one upgraded connection.
struct ConnectionRow {
  std::uint64_t number = 0;  ///< no two have the same
  std::uint64_t messages = 0;
  std::uint64_t payload_bytes = 0;
  std::uint16_t close_code = 0;  ///< how it ended, as in ServerCounts::closes; 0: it is open
};

/// No more than these are listed: the open ones first, then of those that ended last.
inline constexpr std::size_t kMostRows = 10'000;

/// One line of JSON, without the line's end.
std::string to_json_line(const ServerCounts& counts);
/// The same with the connections, and how many more there were.
std::string to_json_line(const ServerCounts& counts, const std::vector<ConnectionRow>& rows);

}  // namespace ringstorm
