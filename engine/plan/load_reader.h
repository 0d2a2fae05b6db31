// Reads a rate and stages from a scenario's JSON. It says every mistake to whoever asked and knows no file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/json_findings.h"
#include "plan/json_tree.h"
#include "plan/load_form.h"

namespace ringstorm {

inline constexpr std::string_view kExpectedRateForm =
    "a rate such as \"50k/s\", or an object such as {\"from\": \"1k/s\", \"to\": \"50k/s\"} or {\"burst\": "
    "100, "
    "\"every\": \"1s\"}";
inline constexpr std::string_view kExpectedStages =
    "a list of up to 64 objects such as {\"rate\": \"50k/s\", \"for\": \"30s\"}";

/// Nothing when it cannot be read, and why has been said.
std::optional<RateForm> read_rate_form(const JsonNode& node, const std::string& pointer,
                                       const JsonFindings& findings);

/// One for each item, readable or not, so that the positions of the others still hold.
std::vector<StageForm> read_stages(const JsonNode& node, const std::string& pointer,
                                   const JsonFindings& findings);

/// "2%", 0.02, or 0 for none.
std::optional<double> parse_share_or_none(std::string_view text);

/// A rate as a flag gives it: "50k/s", or "0" for a silence.
std::optional<RateForm> parse_rate_form(std::string_view text);

}  // namespace ringstorm
