// The options that sockets had, for the sinks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/socket_tuning.h"
#include "plan/scenario.h"

namespace ringstorm {

/// What the scenario asks of its sockets.
nlohmann::ordered_json socket_tuning_json(const Scenario& scenario);

/// One of each shard, null where nothing is known.
nlohmann::ordered_json socket_values_json(const std::vector<std::optional<SocketValues>>& sockets);

/// One line: what the first shard's socket had, and which shards' had something else.
std::string socket_values_text(const std::vector<std::optional<SocketValues>>& sockets);

}  // namespace ringstorm
