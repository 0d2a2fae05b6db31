// The text of a scenario's message, and what its holes may name: the environment, and the columns of the
// scenario's feeders.
#pragma once

#include <string>
#include <vector>

#include "load/template.h"
#include "plan/scenario.h"

namespace ringstorm {

/// What holes may name in a scenario. The columns of all feeders stand in one row of values, those of the
/// first feeder first; whoever fills a hole finds a column's cell by its place in it.
class ScenarioNames {
 public:
  struct Column {
    std::size_t feeder = 0;  ///< into Scenario::feeders
    std::size_t column = 0;  ///< of its table
  };

  explicit ScenarioNames(const Scenario& scenario);

  /// Valid as long as this and the scenario are.
  TemplateNames names() const { return {.values = values_, .environment = environment_variable}; }
  const std::vector<Column>& columns() const { return columns_; }

 private:
  static std::optional<std::string> environment_variable(std::string_view name);

  std::vector<std::string> texts_;
  std::vector<TemplateValue> values_;
  std::vector<Column> columns_;
};

/// The message's text with its holes; without a text, or when it has none, constant.
TemplateReading read_message_text(const Scenario& scenario);

}  // namespace ringstorm
