#include "plan/message_text.h"

#include <cstdlib>

namespace ringstorm {

ScenarioNames::ScenarioNames(const Scenario& scenario) {
  for (std::size_t i = 0; i < scenario.feeders.size(); ++i) {
    const Feeder& feeder = scenario.feeders[i];
    for (std::size_t column = 0; column < feeder.table->columns().size(); ++column) {
      texts_.push_back(feeder.name + "." + feeder.table->columns()[column]);
      columns_.push_back({i, column});
    }
  }
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const auto [feeder, column] = columns_[i];
    values_.push_back({texts_[i], scenario.feeders[feeder].table->longest(column)});
  }
}

std::optional<std::string> ScenarioNames::environment_variable(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

TemplateReading read_message_text(const Scenario& scenario) {
  if (!scenario.payload_text) return {};
  const ScenarioNames names(scenario);
  return Template::parse(*scenario.payload_text, names.names());
}

}  // namespace ringstorm
