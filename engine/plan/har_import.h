// WebSocket messages that a browser recorded, as a scenario whose sessions say the same. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ringstorm {

enum class ImportTiming : std::uint8_t {
  keep,   ///< the pauses between messages are what they were
  close,  ///< each message follows at once on what came before it
};

/// The text of a scenario. `har` is an HTTP Archive 1.2 with the `_webSocketMessages` that Chromium and
/// WebKit write. Each WebSocket becomes a session. A run of received messages becomes an expect, which
/// answers the message sent last before it, and a listen for the others, however many they will be.
///
/// Errors: no JSON, no HTTP Archive, no WebSocket with messages in it, or some of another server than the
/// first.
Result<std::string> import_har(std::string_view har, std::string_view file_name, ImportTiming timing);

}  // namespace ringstorm
