// Makes a script of what a scenario says of its sessions, or says everything in it that cannot be meant.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "session/script.h"
#include "session/session_form.h"

namespace ringstorm {

/// What the sessions are compiled for.
struct ScriptSurroundings {
  std::uint64_t seed = 1;
  bool open_loop = false;  ///< an arrival begins a pass, so every pass must send
  /// Of all feeders, "users.name"; their index is Variable::column.
  std::span<const TemplateValue> columns = {};
  bool fills = true;  ///< false: messages of a given size stay empty, for those who only look for mistakes
  std::function<std::optional<std::string>(std::string_view name)> environment = {};
};

/// The longest message that may have holes: it is filled whole into one send buffer.
inline constexpr std::uint64_t kLongestFilledBytes = 60 * 1024;

/// Errors, each with the JSON pointer of its place in the scenario: a step that is never reached, a session
/// that does nothing, a loop that spins, variables that are unknown or not set before their use, regexes that
/// do not compile, holes that cannot be filled, weights that sum to zero.
Result<Script> compile(std::span<const SessionForm> sessions, const ScriptSurroundings& surroundings);

}  // namespace ringstorm
