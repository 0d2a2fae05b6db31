#include "plan/load_reader.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "base/units.h"
#include "base/wide.h"
#include "load/words.h"
#include "plan/json_members.h"

namespace ringstorm {
namespace {

using Kind = JsonNode::Kind;

constexpr std::uint64_t kMostPerSecond = 100'000'000;
constexpr std::uint64_t kMostBurst = 10'000'000;
constexpr std::uint64_t kMostSteps = 1'000;
constexpr std::uint64_t kMostConnections = 10'000'000;
constexpr std::size_t kMostStages = 64;
constexpr Duration kLongest = 30 * 24 * seconds(3600);

/// Also "0", "0/s": nothing at all for a while.
std::optional<Rate> parse_rate_or_zero(std::string_view text) {
  const std::string_view number = text.substr(0, text.find('/'));
  if (parse_count(number) == std::uint64_t{0}) return Rate{0, seconds(1)};
  const std::optional<Rate> rate = parse_rate(text);
  if (!rate) return std::nullopt;
  const Wide most = Wide{kMostPerSecond} * static_cast<std::uint64_t>(rate->per.count());
  return Wide{rate->events} * 1'000'000'000U <= most ? rate : std::nullopt;
}

std::optional<Duration> parse_length(std::string_view text) {
  const auto length = parse_duration(text);
  return length && *length >= microseconds(1) && *length <= kLongest ? length : std::nullopt;
}

constexpr std::string_view kExpectedRate = "a rate from 0 to 100M/s, such as 500 or \"50k/s\"";
constexpr std::string_view kExpectedLength = "a duration from 1 us to 720 h, such as \"30s\"";

RateForm read_burst(const JsonMembers& members) {
  RateForm form{.kind = RateForm::Kind::burst};
  members.exclude("from", "a burst has no rate to go from");
  members.exclude("to", "a burst has no rate to go to");
  members.exclude("steps", "a burst has no steps");
  members.require("burst", "how many messages come at once");
  members.require("every", "how long from one burst to the next");
  form.burst =
      members.read("burst", count_up_to(1, kMostBurst), "a whole number from 1 to 10,000,000").value_or(1);
  form.every = members.read("every", parse_length, kExpectedLength).value_or(seconds(1));
  return form;
}

RateForm read_line(const JsonMembers& members) {
  RateForm form{.kind = members.has("steps") ? RateForm::Kind::steps : RateForm::Kind::ramp};
  members.require("from", "the rate at the begin");
  members.require("to", "the rate at the end");
  form.from = members.read("from", parse_rate_or_zero, kExpectedRate).value_or(Rate{1, seconds(1)});
  form.to = members.read("to", parse_rate_or_zero, kExpectedRate).value_or(Rate{2, seconds(1)});
  if (form.kind == RateForm::Kind::steps)
    form.steps =
        members.read("steps", count_up_to(2, kMostSteps), "a whole number from 2 to 1,000").value_or(2);
  return form;
}

StageForm read_stage(const JsonNode& node, const std::string& pointer, const JsonFindings& findings) {
  static constexpr std::array<std::string_view, 4> kNames{"name", "rate", "for", "connections"};
  StageForm stage;
  stage.length = seconds(1);
  if (node.kind != Kind::object) {
    findings.refuse(node, pointer, "an object such as {\"rate\": \"50k/s\", \"for\": \"30s\"}");
    return stage;
  }
  const JsonMembers members(node, pointer, findings, kNames);
  if (const JsonNode* name = node.member("name")) {
    if (name->kind != Kind::string) findings.refuse(*name, members.pointer_of("name"), "a string");
    stage.name = name->text;
  }
  if (const JsonNode* rate = node.member("rate"))
    stage.rate = read_rate_form(*rate, members.pointer_of("rate"), findings);
  members.require("for", "how long the stage takes");
  stage.length = members.read("for", parse_length, kExpectedLength).value_or(seconds(1));
  stage.connections =
      members.read("connections", count_up_to(1, kMostConnections), "a whole number from 1 to 10,000,000");
  return stage;
}

}  // namespace

std::optional<double> parse_share_or_none(std::string_view text) {
  if (text == "0" || text == "0%") return 0.0;
  return parse_share(text);
}

std::optional<RateForm> parse_rate_form(std::string_view text) {
  const std::optional<Rate> rate = parse_rate_or_zero(text);
  if (!rate) return std::nullopt;
  return RateForm{.from = *rate};
}

std::optional<RateForm> read_rate_form(const JsonNode& node, const std::string& pointer,
                                       const JsonFindings& findings) {
  static constexpr std::array<std::string_view, 5> kNames{"from", "to", "steps", "burst", "every"};
  if (node.kind == Kind::object) {
    const JsonMembers members(node, pointer, findings, kNames);
    return members.has("burst") || members.has("every") ? read_burst(members) : read_line(members);
  }
  const std::optional<RateForm> form = node.is_quantity() ? parse_rate_form(node.text) : std::nullopt;
  if (!form) findings.refuse(node, pointer, kExpectedRateForm);
  return form;
}

std::vector<StageForm> read_stages(const JsonNode& node, const std::string& pointer,
                                   const JsonFindings& findings) {
  std::vector<StageForm> stages;
  if (node.kind != Kind::list || node.children.size() > kMostStages) {
    findings.refuse(node, pointer, kExpectedStages);
    return stages;
  }
  for (std::size_t i = 0; i < node.children.size(); ++i)
    stages.push_back(read_stage(node.children[i], fmt::format("{}/{}", pointer, i), findings));
  return stages;
}

}  // namespace ringstorm
