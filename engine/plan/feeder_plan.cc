#include "plan/feeder_plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"
#include "plan/message_text.h"

namespace ringstorm {
namespace {

/// Those whose values the messages hold.
std::vector<const Feeder*> used_feeders(const Scenario& scenario) {
  std::vector<const Feeder*> used;
  if (!scenario.payload_text || scenario.feeders.empty()) return used;
  const TemplateReading text = read_message_text(scenario);
  const ScenarioNames names(scenario);
  for (const std::uint32_t value : text.value.used_values()) {
    const Feeder* feeder = &scenario.feeders[names.columns()[value].feeder];
    if (std::ranges::find(used, feeder) == used.end()) used.push_back(feeder);
  }
  return used;
}

bool runs_out(const Feeder& feeder) {
  return feeder.rules.at_end == FeederEnd::once && feeder.rules.share == FeederShare::shared;
}

}  // namespace

std::optional<std::uint64_t> rows_to_send(const Scenario& scenario) {
  std::optional<std::uint64_t> fewest;
  for (const Feeder* feeder : used_feeders(scenario)) {
    if (runs_out(*feeder)) fewest = std::min(fewest.value_or(feeder->table->rows()), feeder->table->rows());
  }
  return fewest;
}

std::vector<Error> find_feeder_contradictions(const Plan& plan) {
  const Scenario& scenario = plan.scenario;
  std::vector<Error> errors;
  const std::uint64_t wanted = plan.load.planned_messages.value_or(scenario.messages.value_or(0));
  for (const Feeder* feeder : used_feeders(scenario)) {
    const std::string where = "/feeders/" + feeder->name;
    if (feeder->rules.at_end == FeederEnd::circular) continue;
    if (!runs_out(*feeder)) {
      errors.push_back({where + "/at_end", "one connection cannot end while the others go on",
                        "\"circular\", or \"share\": \"shared\""});
    } else if (wanted > feeder->table->rows()) {
      errors.push_back(
          {where + "/at_end",
           fmt::format("{} has {} rows, which are gone through once, and the run is to send {} messages",
                       feeder->file, format_count(feeder->table->rows()), format_count(wanted)),
           "\"circular\" begins anew at the end"});
    } else if (scenario.warmup > Duration::zero()) {
      errors.push_back(
          {"/warmup",
           fmt::format("a warm-up would use up rows of {}, which are gone through once", feeder->file),
           "\"at_end\": \"circular\", or no warm-up"});
    }
  }
  return errors;
}

std::uint64_t bytes_for_texts(const Plan& plan) {
  constexpr std::uint64_t kConnectionBytes = 40;
  std::uint64_t bytes = 0;
  for (const Feeder& feeder : plan.scenario.feeders) bytes += feeder.table->memory_bytes();
  if (read_message_text(plan.scenario).value.constant()) return bytes;
  return bytes + plan.load.most_connections * (kConnectionBytes + 8 * plan.scenario.feeders.size());
}

}  // namespace ringstorm
