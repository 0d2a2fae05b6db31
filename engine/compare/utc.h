// The time of day as reports write it, "2026-11-25T13:08:58Z", and as other programs count it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ringstorm {

/// Nothing when it is not written like that.
std::optional<std::int64_t> seconds_since_1970(std::string_view utc);

}  // namespace ringstorm
