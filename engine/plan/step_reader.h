// Reads the steps of a session from a scenario's JSON. It says every mistake to whoever asked.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "load/distribution.h"
#include "plan/json_findings.h"
#include "plan/json_tree.h"
#include "session/session_form.h"

namespace ringstorm {

/// The contents of the file that is called `name` in the text at `node`; an error's `where` is its path.
using ReadBeside = std::function<Result<std::string>(const JsonNode& node, const std::string& name)>;

class StepReader {
 public:
  StepReader(const ReadBeside& read, const JsonFindings& findings) : read_(read), findings_(findings) {}

  /// One for each step that can be read.
  std::vector<StepForm> read_steps(const JsonNode& node, const std::string& pointer) const;
  /// A distribution as distribution.h writes it.
  std::optional<Distribution> read_distribution(const JsonNode& node, const std::string& pointer) const;

 private:
  std::optional<StepForm> read_step(const JsonNode& node, const std::string& pointer) const;
  void read_verb(StepForm& step, const JsonNode& value, const std::string& pointer) const;
  void read_send(StepForm& step, const JsonNode& value, const std::string& pointer) const;
  void read_text(MessageForm& message, const JsonNode& value, const std::string& pointer) const;
  void read_binary(MessageForm& message, const JsonNode& value, const std::string& pointer) const;
  void read_filled(MessageForm& message, const JsonNode& value, const std::string& pointer) const;
  void read_file(MessageForm& message, const std::string& name, const JsonNode& value,
                 const std::string& pointer) const;
  void read_fragments(MessageForm& message, const JsonNode& value, const std::string& pointer) const;
  void read_expect(StepForm& step, const JsonNode& value, const std::string& pointer) const;
  void read_listen(StepForm& step, const JsonNode& value, const std::string& pointer) const;
  void read_ping(StepForm& step, const JsonNode& value, const std::string& pointer) const;
  void read_close(StepForm& step, const JsonNode& value, const std::string& pointer) const;
  void read_wait(StepForm& step, const JsonNode& value, const std::string& pointer) const;
  void read_repeat(StepForm& step, const JsonNode& value, const std::string& pointer) const;
  void read_choose(StepForm& step, const JsonNode& value, const std::string& pointer) const;

  std::vector<ConditionForm> read_conditions(const JsonNode& value, const std::string& pointer) const;
  void read_text_conditions(std::vector<ConditionForm>& conditions, const JsonNode& value,
                            const std::string& pointer) const;
  void read_json_conditions(std::vector<ConditionForm>& conditions, const JsonNode& value,
                            const std::string& pointer) const;
  void read_binary_conditions(std::vector<ConditionForm>& conditions, const JsonNode& value,
                              const std::string& pointer) const;
  std::vector<CaptureForm> read_captures(const JsonNode& value, const std::string& pointer) const;
  CaptureForm read_capture(const JsonNode& value, const std::string& pointer) const;

  const ReadBeside& read_;
  const JsonFindings& findings_;
};

}  // namespace ringstorm
