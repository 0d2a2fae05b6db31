#include "e2e/ringstorm.h"

#include <algorithm>
#include <fstream>
#include <utility>

namespace ringstorm::e2e {

std::string Outcome::all() const {
  return "exit code " + std::to_string(exit_code) + "\n--- out\n" + out + "\n--- err\n" + err +
         "\n--- errors\n" +
         (report.is_object() ? report.value("errors", nlohmann::json{}).dump() : "no report") + "\n";
}

std::uint64_t Outcome::count(const std::string& pointer) const {
  const nlohmann::json::json_pointer at(pointer);
  return report.contains(at) && report[at].is_number() ? report[at].get<std::uint64_t>() : 0;
}

std::uint64_t Outcome::errors(const std::string& cause) const {
  if (!report.is_object() || !report.contains("errors")) return 0;
  return report["errors"].value(cause, std::uint64_t{0});
}

// Tests run side by side, and under sanitizers: what that does to the generator is not what they are about,
// unless they say so.
std::vector<std::string> command_line(std::vector<std::string> arguments) {
  const bool is_run = !arguments.empty() && arguments.front() == "run";
  if (is_run && std::ranges::find(arguments, "--generator-limits") == arguments.end())
    arguments.insert(arguments.end(), {"--generator-limits", "report"});
  arguments.insert(arguments.begin(), RINGSTORM_BINARY);
  return arguments;
}

Outcome ringstorm(const std::vector<std::string>& arguments, const std::function<void()>& in_child) {
  Process process(command_line(arguments), in_child);
  Outcome outcome;
  outcome.exit_code = process.wait().value_or(-1);
  outcome.out = process.out();
  outcome.err = process.err();
  return outcome;
}

Outcome run(std::vector<std::string> arguments, const std::function<void()>& in_child) {
  const TemporaryFolder folder;
  arguments.insert(arguments.begin(), "run");
  arguments.insert(arguments.end(), {"--out", folder.file("result")});
  Outcome outcome = ringstorm(arguments, in_child);
  outcome.report = read_report(folder.file("result"));
  return outcome;
}

nlohmann::json read_report(const std::string& folder) {
  std::ifstream file(folder + "/report.json");
  if (!file) return nullptr;
  return nlohmann::json::parse(file, nullptr, false);
}

std::string schema_violations(const nlohmann::json& report) {
  const TemporaryFolder folder;
  const std::string source = RINGSTORM_SOURCE_DIR;
  Process validator({"/usr/bin/python3", "-B", source + "/tests/e2e/validate.py",
                     source + "/results/report.schema.json", folder.write("report.json", report.dump())});
  const bool fine = validator.wait() == 0;
  return fine ? "" : validator.out() + validator.err();
}

std::string broken_sums(const Outcome& outcome) {
  const auto count = [&](const char* pointer) { return outcome.count(pointer); };
  std::string broken;
  if (count("/messages/planned") !=
      count("/messages/sent") + count("/messages/shed") + count("/messages/due"))
    broken += "planned != sent + shed + due: " + outcome.report["messages"].dump() + "\n";
  if (count("/messages/sent") !=
      count("/messages/answered") + count("/messages/failed") + count("/messages/outstanding")) {
    broken += "sent != answered + failed + outstanding: " + outcome.report["messages"].dump() + "\n";
  }
  if (count("/messages/planned") !=
      count("/messages/sent") + count("/messages/shed") + count("/messages/due")) {
    broken += "planned != sent + shed + due: " + outcome.report["messages"].dump() + "\n";
  }
  if (count("/messages/recorded") != count("/latency/intended/count")) {
    broken += "recorded != latency.intended.count: " + outcome.report["messages"].dump() + "\n";
  }
  const std::string connections = outcome.report["connections"].dump();
  if (count("/connections/opened") != count("/connections/closed") + count("/connections/lost")) {
    broken += "opened != closed + lost: " + connections + "\n";
  }
  if (count("/connections/planned") + count("/sessions/reopened") <
      count("/connections/opened") + count("/connections/failed")) {
    broken += "planned < opened + failed: " + connections + "\n";
  }
  return broken;
}

}  // namespace ringstorm::e2e
