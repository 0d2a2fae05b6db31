#include "plan/session_plan.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "base/units.h"
#include "base/wide.h"
#include "load/share.h"
#include "plan/message_text.h"
#include "session/compiler.h"

namespace ringstorm {
namespace {

// A connection's part, its alarm, its gathered message, and its place among those that come back.
constexpr std::uint64_t kPartBytes = 288;
constexpr std::uint64_t kPlaceBytes = 16;
constexpr std::uint64_t kMostGathered = 64 * 1024;

bool has_rate(const Scenario& scenario) {
  return scenario.rate.has_value() ||
         std::ranges::any_of(scenario.stages, [](const StageForm& stage) { return stage.rate.has_value(); });
}

}  // namespace

Result<Script> compile_sessions(const Scenario& scenario, bool fills) {
  const ScenarioNames names(scenario);
  return compile(scenario.sessions, {.seed = scenario.seed,
                                     .open_loop = has_rate(scenario),
                                     .columns = names.names().values,
                                     .fills = fills,
                                     .environment = names.names().environment});
}

std::vector<std::uint64_t> connections_of(std::span<const SessionForm> sessions, std::uint64_t connections) {
  std::vector<std::uint64_t> counts(sessions.size(), 0);
  std::uint64_t left = connections;
  std::uint64_t weights = 0;
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    if (!sessions[i].count) weights += sessions[i].weight;
    if (sessions[i].count) left -= counts[i] = std::min(left, *sessions[i].count);
  }
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < sessions.size() && weights > 0; ++i) {
    if (sessions[i].count) continue;
    counts[i] = cut(left, before + sessions[i].weight, weights) - cut(left, before, weights);
    before += sessions[i].weight;
  }
  return counts;
}

std::vector<std::uint16_t> cast_sessions(std::span<const std::uint64_t> connections_of_each) {
  const std::uint64_t all =
      std::accumulate(connections_of_each.begin(), connections_of_each.end(), std::uint64_t{0});
  std::vector<std::uint16_t> cast;
  std::vector<std::uint64_t> given(connections_of_each.size(), 0);
  cast.reserve(all);
  // Next comes the one that is furthest behind its share of the connections so far.
  for (std::uint64_t k = 1; k <= all; ++k) {
    std::size_t next = 0;
    Wide furthest = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const Wide due = Wide{connections_of_each[i]} * k;
      const Wide had = Wide{given[i]} * all;
      if (due > had && due - had > furthest) {
        furthest = due - had;
        next = i;
      }
    }
    ++given[next];
    cast.push_back(static_cast<std::uint16_t>(next));
  }
  return cast;
}

ScriptLoad script_load(const Script& script, std::uint64_t max_message_bytes) {
  ScriptLoad load{.sends_in_a_row = script.most_unanswered, .sessions = script.sessions.size()};
  for (const ScriptMessage& message : script.messages)
    load.longest_message_bytes = std::max(load.longest_message_bytes, message.longest_bytes());
  load.bytes_per_connection = kPartBytes + std::uint64_t{script.most_unanswered} * kPlaceBytes +
                              std::uint64_t{script.counters} * sizeof(std::uint64_t) + script.variable_bytes;
  if (!script.conditions.empty() || !script.captures.empty() || script.echoes)
    load.gathered_bytes = std::min(max_message_bytes, kMostGathered);
  return load;
}

std::vector<Error> find_session_contradictions(const Scenario& scenario, std::uint64_t connections) {
  std::vector<Error> errors;
  if (scenario.sessions.empty()) return errors;
  std::uint64_t counted = 0;
  bool all_counted = true;
  for (const SessionForm& session : scenario.sessions) {
    counted += session.count.value_or(0);
    all_counted = all_counted && session.count.has_value();
  }
  if (counted > connections || (all_counted && counted < connections))
    errors.push_back({"/sessions",
                      fmt::format("the sessions' counts take {} connections, and the run has {}",
                                  format_count(counted), format_count(connections)),
                      fmt::format("set /connections/count to {}", counted)});
  if (!scenario.duration)
    errors.push_back({"/messages",
                      "sessions may wait or listen for any time, and the run would have no sure end",
                      "give a duration too"});
  for (const Feeder& feeder : scenario.feeders) {
    if (feeder.rules.at_end == FeederEnd::once)
      errors.push_back({"/feeders/" + feeder.name + "/at_end",
                        "each pass through a session takes a row, and how many there will be nobody knows",
                        "\"circular\" begins anew at the end"});
  }
  if (scenario.probes > 0)
    errors.push_back({"/probes", "probes look at one message again and again, not at sessions", ""});
  if (scenario.verify)
    errors.push_back({"/server/verify", "the server knows one message to hold payloads against, not sessions",
                      "let an expect check what comes back"});
  return errors;
}

}  // namespace ringstorm
