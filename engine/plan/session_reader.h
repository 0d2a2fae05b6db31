// Reads the sessions of a scenario from its JSON. It says every mistake to whoever asked, and knows no file
// but those that a message names as its content.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plan/fan_out.h"
#include "plan/json_findings.h"
#include "plan/json_tree.h"
#include "plan/step_reader.h"
#include "session/session_form.h"

namespace ringstorm {

inline constexpr std::string_view kExpectedSessions =
    "a list of up to 64 objects such as {\"steps\": [{\"send\": \"hello\"}, \"expect\"]}";

inline constexpr std::string_view kExpectedFanOut =
    "an object such as {\"publishers\": 10, \"subscribers\": 1000, \"every\": \"100ms\"}";

/// One for each item, readable or not, so that the positions of the others still hold.
std::vector<SessionForm> read_sessions(const JsonNode& node, const std::string& pointer,
                                       const ReadBeside& read, const JsonFindings& findings);

/// What "fan_out" says.
FanOutForm read_fan_out(const JsonNode& node, const std::string& pointer, const JsonFindings& findings);

}  // namespace ringstorm
