// What the embedded server counted: the other side of the bookkeeping that a run's report is held against.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/cause.h"

namespace ringstorm {

/// Two sums hold at every moment: accepted = upgraded + upgrades_refused + upgrades_abandoned + those still
/// upgrading; upgraded = open + all of closes.
struct ServerCounts {
  std::uint64_t accepted = 0;     ///< TCP connections
  std::uint64_t turned_away = 0;  ///< TCP connections beyond the number there is room for: closed at once
  std::uint64_t upgraded = 0;
  std::uint64_t upgrades_refused = 0;    ///< answered with an HTTP status that refuses
  std::uint64_t upgrades_abandoned = 0;  ///< ended, or timed out, before there was a request to judge
  std::uint64_t open = 0;                ///< upgraded, and not at their end
  std::uint64_t messages = 0;            ///< received whole
  std::uint64_t payload_bytes = 0;       ///< received in data frames, those of unfinished messages included
  std::uint64_t wire_bytes_in = 0;       ///< everything received from TCP, heads included
  std::uint64_t wire_bytes_out = 0;      ///< everything TCP took
  std::uint64_t pings = 0;
  std::uint64_t too_far_behind = 0;     ///< connections given up because they did not read
  std::uint64_t peak_output_bytes = 0;  ///< most memory that unsent output took; shards add up
  std::map<Cause, std::uint64_t> violations;
  /// How upgraded connections ended: the client's close code, or the one a violation was answered with; 1006
  /// without a Close.
  std::map<std::uint16_t, std::uint64_t> closes;

  void merge(const ServerCounts& other);
};

/// One line of JSON, without the line's end.
std::string to_json_line(const ServerCounts& counts);

}  // namespace ringstorm
