// The units a person writes in a scenario or on the command line, and how ringstorm writes them back.
//
// A number is written as in JSON, without a sign: "5", "1.5", "1e3". Spaces may stand between the number and
// its unit, nowhere else. Units are spelt exactly as listed: "M" is a million, "m" is a minute.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ringstorm {

/// "500ns", "20us", "1.5ms", "30s", "2m" (or "2min"), "1h"; a bare number is seconds. To the nearest
/// nanosecond. Nothing when it is not one, or negative, or beyond 292 years.
std::optional<Duration> parse_duration(std::string_view text);

/// "125", "125B", "16k" (1000), "16KB" (1000), "16KiB" (1024), "1MiB", "2GB", "1TiB". Nothing when it is not
/// a whole number of bytes below 2^64.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

/// "5000", "50k", "1.5M", "2G": a count with an optional decimal multiplier. Nothing when it is not a whole
/// number below 2^64.
std::optional<std::uint64_t> parse_count(std::string_view text);

/// Events per second as a fraction, so that the k-th event's time is computed exactly and never drifts.
struct Rate {
  std::uint64_t events = 0;  ///< this many ...
  Duration per{1};           ///< ... in this long; > 0
  double per_second() const { return static_cast<double>(events) / to_seconds(per); }
  friend bool operator==(const Rate&, const Rate&) = default;
};

/// "1000/s", "50k/s", "1.5k/s", "600/m", "10/ms"; a bare number is per second. Nothing when it is not one or
/// is 0.
std::optional<Rate> parse_rate(std::string_view text);

/// Three significant digits and the unit that fits: "812 ns", "40.3 us", "1.25 ms", "30 s".
std::string format_duration(Duration duration);
/// "125 B", "16.0 KiB", "1.21 GiB".
std::string format_bytes(std::uint64_t bytes);
/// "1,234,567".
std::string format_count(std::uint64_t count);
/// "10k/s", "1.5k/s", "600/s".
std::string format_rate(Rate rate);

}  // namespace ringstorm
