#include "plan/step_reader.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "base/units.h"
#include "codec/utf8.h"
#include "plan/bytes_text.h"
#include "plan/json_members.h"
#include "plan/json_writer.h"

namespace ringstorm {
namespace {

using Kind = JsonNode::Kind;
using Names = std::span<const std::string_view>;

constexpr std::uint64_t kMebibyte = 1024 * 1024;
constexpr std::uint64_t kLongestMessage = 1024 * kMebibyte;
constexpr std::uint64_t kLongestFile = 64 * kMebibyte;
constexpr std::uint64_t kMostFragments = 1024;
constexpr std::uint64_t kMostRounds = 1'000'000'000'000'000;
constexpr std::uint64_t kMostWeight = 1'000'000;
constexpr std::uint64_t kLongestVariable = 16 * 1024;
constexpr std::size_t kLongestReason = kMaxControlPayloadBytes - 2;
constexpr Duration kLongest = 30 * 24 * seconds(3600);
constexpr std::size_t kMostBranches = 1024;

// In the order of StepForm::Kind.
constexpr std::array<std::string_view, 9> kVerbs{"send", "expect", "listen", "ping", "close",
                                                 "wait", "repeat", "choose", "echo"};
// Those that may stand alone, without an object.
constexpr std::array<std::string_view, 4> kLoneVerbs{"expect", "ping", "close", "echo"};
// In the order of Fill.
constexpr std::array<std::string_view, 5> kFills{"zeros", "repeating", "incompressible", "random", "text"};

constexpr std::string_view kExpectedStep =
    "a step: an object with one of send, expect, listen, ping, close, wait, repeat, choose and echo, or "
    "\"expect\", \"ping\", \"close\" or \"echo\" alone";
constexpr std::string_view kExpectedLength = "a duration from 0 to 720 h, such as \"30s\"";
constexpr std::string_view kExpectedTimeout = "a duration from 1 us to 720 h, such as \"5s\"";
constexpr std::string_view kExpectedSize = "a size from 0 B to 1 GiB, such as \"16KiB\"";
constexpr std::string_view kExpectedRounds = "a whole number from 1 to 1,000,000,000,000,000";
constexpr std::string_view kExpectedDistribution =
    "a distribution of times, such as \"100ms\" or \"exponential 2s\"";

std::optional<Duration> parse_length(std::string_view text) {
  const auto length = parse_duration(text);
  return length && *length <= kLongest ? length : std::nullopt;
}
std::optional<Duration> parse_timeout(std::string_view text) {
  const auto length = parse_length(text);
  return length && *length >= microseconds(1) ? length : std::nullopt;
}
std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto size = parse_bytes(text);
  return size && *size <= kLongestMessage ? size : std::nullopt;
}

std::string quoted_list(Names names) {
  std::string out;
  for (const std::string_view name : names) out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", name);
  return out;
}

}  // namespace

std::vector<StepForm> StepReader::read_steps(const JsonNode& node, const std::string& pointer) const {
  std::vector<StepForm> steps;
  if (node.kind != Kind::list) {
    findings_.refuse(node, pointer, "a list of steps, such as [{\"send\": \"hello\"}, \"expect\"]");
    return steps;
  }
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    if (auto step = read_step(node.children[i], fmt::format("{}/{}", pointer, i)))
      steps.push_back(std::move(*step));
  }
  return steps;
}

std::optional<StepForm> StepReader::read_step(const JsonNode& node, const std::string& pointer) const {
  StepForm step{.where = pointer};
  if (node.kind == Kind::string) {
    const auto verb = std::ranges::find(kVerbs, node.text);
    if (std::ranges::find(kLoneVerbs, node.text) == kLoneVerbs.end()) {
      const std::string hint = verb != kVerbs.end() ? fmt::format("{{\"{}\": ...}} says what", node.text)
                                                    : did_you_mean(node.text, kLoneVerbs);
      findings_.complain(node.begin, pointer,
                         fmt::format("found {}, expected {}", shortened(node.text, 40), kExpectedStep), hint);
      return std::nullopt;
    }
    step.kind = static_cast<StepForm::Kind>(verb - kVerbs.begin());
    return step;
  }
  if (node.kind != Kind::object || node.children.empty()) {
    findings_.refuse(node, pointer, kExpectedStep);
    return std::nullopt;
  }
  if (node.children.size() > 1) {
    findings_.complain(node.children[1].key_begin, pointer,
                       fmt::format("a step is one thing, and this one is {} of them", node.children.size()),
                       "write each as a step of its own");
    return std::nullopt;
  }
  const JsonNode& value = node.children.front();
  const auto verb = std::ranges::find(kVerbs, value.key);
  if (verb == kVerbs.end()) {
    findings_.complain(
        value.key_begin, pointer,
        fmt::format("unknown step \"{}\", expected one of {}", shortened(value.key, 40), quoted_list(kVerbs)),
        did_you_mean(value.key, kVerbs));
    return std::nullopt;
  }
  step.kind = static_cast<StepForm::Kind>(verb - kVerbs.begin());
  read_verb(step, value, pointer + "/" + value.key);
  return step;
}

void StepReader::read_verb(StepForm& step, const JsonNode& value, const std::string& pointer) const {
  switch (step.kind) {
    case StepForm::Kind::send: return read_send(step, value, pointer);
    case StepForm::Kind::expect: return read_expect(step, value, pointer);
    case StepForm::Kind::listen: return read_listen(step, value, pointer);
    case StepForm::Kind::ping: return read_ping(step, value, pointer);
    case StepForm::Kind::close: return read_close(step, value, pointer);
    case StepForm::Kind::wait: return read_wait(step, value, pointer);
    case StepForm::Kind::repeat: return read_repeat(step, value, pointer);
    case StepForm::Kind::choose: return read_choose(step, value, pointer);
    case StepForm::Kind::echo:
      if (value.kind != Kind::object || !value.children.empty())
        findings_.refuse(value, pointer, "an empty object: {\"echo\": {}}");
      return;
  }
}

// ---- send

void StepReader::read_send(StepForm& step, const JsonNode& value, const std::string& pointer) const {
  static constexpr std::array<std::string_view, 5> kNames{"text", "json", "binary", "fragments", "reply"};
  static constexpr Names kContents = Names(kNames).first(3);
  MessageForm& message = step.message;
  if (value.kind == Kind::string) {
    message.content = value.text;
    return;
  }
  if (value.kind != Kind::object)
    return findings_.refuse(value, pointer, "a text, or an object with \"text\", \"json\" or \"binary\"");
  const JsonMembers members(value, pointer, findings_, kNames);
  const auto contents = std::ranges::count_if(kContents, [&](auto name) { return members.has(name); });
  if (contents != 1)
    findings_.complain(value.begin, pointer,
                       contents == 0 ? "the message has no content: expected \"text\", \"json\" or \"binary\""
                                     : "\"text\", \"json\" and \"binary\" exclude one another",
                       "");
  if (const JsonNode* text = members.get("text")) read_text(message, *text, members.pointer_of("text"));
  if (const JsonNode* json = members.get("json")) {
    message.content = write_json(*json);
    message.json = true;
  }
  if (const JsonNode* binary = members.get("binary"))
    read_binary(message, *binary, members.pointer_of("binary"));
  if (const JsonNode* fragments = members.get("fragments"))
    read_fragments(message, *fragments, members.pointer_of("fragments"));
  message.reply = members.flag("reply", true);
}

void StepReader::read_text(MessageForm& message, const JsonNode& value, const std::string& pointer) const {
  static constexpr std::array<std::string_view, 1> kNames{"size"};
  if (value.kind == Kind::string) {
    message.content = value.text;
    return;
  }
  if (value.kind != Kind::object) return findings_.refuse(value, pointer, "a text, or {\"size\": \"1KiB\"}");
  const JsonMembers members(value, pointer, findings_, kNames);
  members.require("size", "how many bytes of letters, digits and spaces");
  message.fill = Fill::text;
  message.size = members.read("size", parse_size, kExpectedSize).value_or(0);
}

void StepReader::read_binary(MessageForm& message, const JsonNode& value, const std::string& pointer) const {
  static constexpr std::array<std::string_view, 5> kNames{"base64", "hex", "file", "size", "fill"};
  constexpr std::string_view kExpected =
      "base64, \"@file\", or an object with \"base64\", \"hex\", \"file\" or \"size\"";
  message.opcode = Opcode::binary;
  if (value.kind == Kind::string && value.text.starts_with('@'))
    return read_file(message, value.text.substr(1), value, pointer);
  if (value.kind == Kind::string) {
    const auto bytes = decode_base64(value.text);
    if (!bytes) findings_.refuse(value, pointer, kExpected);
    message.content = bytes.value_or("");
    return;
  }
  if (value.kind != Kind::object) return findings_.refuse(value, pointer, kExpected);
  const JsonMembers members(value, pointer, findings_, kNames);
  const auto given =
      std::ranges::count_if(Names(kNames).first(4), [&](auto name) { return members.has(name); });
  if (given != 1)
    return findings_.complain(value.begin, pointer,
                              fmt::format("expected exactly one of {}", quoted_list(Names(kNames).first(4))),
                              "");
  if (members.has("size")) return read_filled(message, value, pointer);
  members.exclude("fill", "only a message with a size is filled");
  if (const auto name = members.text("file"))
    return read_file(message, *name, *members.get("file"), members.pointer_of("file"));
  const auto read = [&](std::string_view name, auto decode, std::string_view expected) {
    const auto text = members.text(name);
    if (!text) return;
    const auto bytes = decode(*text);
    if (!bytes) findings_.refuse(*members.get(name), members.pointer_of(name), expected);
    message.content = bytes.value_or("");
  };
  read("base64", decode_base64, "base64 with its padding, such as \"aGVsbG8=\"");
  read("hex", decode_hex, "pairs of hexadecimal digits, such as \"00ff 10\"");
}

void StepReader::read_filled(MessageForm& message, const JsonNode& value, const std::string& pointer) const {
  static constexpr std::array<std::string_view, 5> kNames{"base64", "hex", "file", "size", "fill"};
  static constexpr Names kBinaryFills = Names(kFills).first(4);
  const JsonMembers members(value, pointer, findings_, kNames);
  message.fill = Fill::incompressible;
  message.size = members.read("size", parse_size, kExpectedSize).value_or(0);
  const JsonNode* fill = members.get("fill");
  if (fill == nullptr) return;
  const auto name = std::ranges::find(kBinaryFills, fill->text);
  if (fill->kind == Kind::string && name != kBinaryFills.end()) {
    message.fill = static_cast<Fill>(name - kBinaryFills.begin());
  } else {
    findings_.complain(
        fill->begin, members.pointer_of("fill"),
        fmt::format("found {}, expected one of {}", shortened(fill->text, 40), quoted_list(kBinaryFills)),
        did_you_mean(fill->text, kBinaryFills));
  }
}

void StepReader::read_file(MessageForm& message, const std::string& name, const JsonNode& value,
                           const std::string& pointer) const {
  Result<std::string> bytes = read_(value, name);
  if (!bytes) {
    const Error& error = bytes.error();
    return findings_.complain(value.begin, pointer, fmt::format("{} {}", error.where, error.what),
                              error.hint);
  }
  if (bytes->size() > kLongestFile)
    return findings_.complain(value.begin, pointer, fmt::format("{} is longer than 64 MiB", name), "");
  message.content = std::move(*bytes);
}

void StepReader::read_fragments(MessageForm& message, const JsonNode& value,
                                const std::string& pointer) const {
  constexpr std::string_view kExpected =
      "a whole number of frames from 1 to 1,024, or a list of up to 1,023 sizes";
  if (value.kind == Kind::list && value.children.size() < kMostFragments) {
    for (std::size_t i = 0; i < value.children.size(); ++i) {
      const JsonNode& item = value.children[i];
      const auto size = item.is_quantity() ? parse_size(item.text) : std::nullopt;
      if (!size) findings_.refuse(item, fmt::format("{}/{}", pointer, i), kExpectedSize);
      message.fragment_bytes.push_back(size.value_or(0));
    }
    return;
  }
  const auto count = value.is_quantity() ? count_up_to(1, kMostFragments)(value.text) : std::nullopt;
  if (!count) return findings_.refuse(value, pointer, kExpected);
  message.fragments = *count;
}

// ---- expect, listen

void StepReader::read_expect(StepForm& step, const JsonNode& value, const std::string& pointer) const {
  static constexpr std::array<std::string_view, 4> kNames{"match", "check", "timeout", "capture"};
  if (value.kind == Kind::string) {
    step.match.push_back({.kind = ConditionForm::Kind::text_equals, .value = value.text, .where = pointer});
    return;
  }
  if (value.kind != Kind::object)
    return findings_.refuse(value, pointer, "a text, or an object with \"match\" and \"check\"");
  const JsonMembers members(value, pointer, findings_, kNames);
  if (const JsonNode* match = members.get("match"))
    step.match = read_conditions(*match, members.pointer_of("match"));
  if (const JsonNode* check = members.get("check"))
    step.check = read_conditions(*check, members.pointer_of("check"));
  if (const JsonNode* capture = members.get("capture"))
    step.captures = read_captures(*capture, members.pointer_of("capture"));
  step.timeout = members.read("timeout", parse_timeout, kExpectedTimeout).value_or(step.timeout);
}

void StepReader::read_listen(StepForm& step, const JsonNode& value, const std::string& pointer) const {
  static constexpr std::array<std::string_view, 3> kNames{"for", "count", "until"};
  constexpr std::string_view kExpected =
      "a duration, \"forever\", or an object with \"for\", \"count\" or \"until\"";
  if (value.kind == Kind::string && value.text == "forever") return;
  if (value.is_quantity()) {
    step.length = parse_length(value.text);
    if (!step.length) findings_.refuse(value, pointer, kExpected);
    return;
  }
  if (value.kind != Kind::object || value.children.empty())
    return findings_.refuse(value, pointer, kExpected);
  const JsonMembers members(value, pointer, findings_, kNames);
  step.length = members.read("for", parse_length, kExpectedLength);
  step.count = members.read("count", count_up_to(1, kMostRounds), kExpectedRounds);
  if (const JsonNode* until = members.get("until"))
    step.match = read_conditions(*until, members.pointer_of("until"));
}

std::vector<ConditionForm> StepReader::read_conditions(const JsonNode& value,
                                                       const std::string& pointer) const {
  static constexpr std::array<std::string_view, 3> kNames{"text", "json", "binary"};
  std::vector<ConditionForm> conditions;
  if (value.kind == Kind::string && value.text == "any") return conditions;
  if (value.kind != Kind::object || value.children.empty()) {
    findings_.refuse(value, pointer, "\"any\", or an object with \"text\", \"json\" or \"binary\"");
    return conditions;
  }
  const JsonMembers members(value, pointer, findings_, kNames);
  if (const JsonNode* text = members.get("text"))
    read_text_conditions(conditions, *text, members.pointer_of("text"));
  if (const JsonNode* json = members.get("json"))
    read_json_conditions(conditions, *json, members.pointer_of("json"));
  if (const JsonNode* binary = members.get("binary"))
    read_binary_conditions(conditions, *binary, members.pointer_of("binary"));
  return conditions;
}

void StepReader::read_text_conditions(std::vector<ConditionForm>& conditions, const JsonNode& value,
                                      const std::string& pointer) const {
  static constexpr std::array<std::string_view, 3> kNames{"equals", "contains", "regex"};
  if (value.kind == Kind::string) {
    conditions.push_back({.kind = ConditionForm::Kind::text_equals, .value = value.text, .where = pointer});
    return;
  }
  if (value.kind != Kind::object || value.children.empty())
    return findings_.refuse(value, pointer,
                            "a text, or an object with \"equals\", \"contains\" or \"regex\"");
  const JsonMembers members(value, pointer, findings_, kNames);
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (const auto text = members.text(kNames[i]))
      conditions.push_back({.kind = static_cast<ConditionForm::Kind>(i),
                            .value = *text,
                            .where = members.pointer_of(kNames[i])});
  }
}

void StepReader::read_json_conditions(std::vector<ConditionForm>& conditions, const JsonNode& value,
                                      const std::string& pointer) const {
  static constexpr std::array<std::string_view, 1> kNames{"exists"};
  if (value.kind != Kind::object || value.children.empty())
    return findings_.refuse(value, pointer,
                            "an object of JSON pointers with a value each, such as {\"/type\": \"ack\"}");
  for (const JsonNode& child : value.children) {
    ConditionForm condition{.kind = ConditionForm::Kind::json_equals,
                            .path = child.key,
                            .where = pointer + "/" + pointer_step(child.key)};
    if (child.kind == Kind::object) {
      condition.kind = ConditionForm::Kind::json_exists;
      const JsonMembers members(child, condition.where, findings_, kNames);
      if (!members.flag("exists", false))
        findings_.refuse(child, condition.where, "a value, or {\"exists\": true}");
    } else {
      condition.value = write_json(child);
    }
    conditions.push_back(std::move(condition));
  }
}

void StepReader::read_binary_conditions(std::vector<ConditionForm>& conditions, const JsonNode& value,
                                        const std::string& pointer) const {
  static constexpr std::array<std::string_view, 2> kNames{"size", "prefix"};
  if (value.kind != Kind::object || value.children.empty())
    return findings_.refuse(value, pointer, "an object with \"size\" or \"prefix\"");
  const JsonMembers members(value, pointer, findings_, kNames);
  if (const auto size = members.read("size", parse_size, kExpectedSize))
    conditions.push_back(
        {.kind = ConditionForm::Kind::binary_size, .size = *size, .where = members.pointer_of("size")});
  if (const auto text = members.text("prefix")) {
    const auto bytes = decode_hex(*text);
    if (!bytes)
      findings_.refuse(*members.get("prefix"), members.pointer_of("prefix"),
                       "pairs of hexadecimal digits, such as \"00ff\"");
    conditions.push_back({.kind = ConditionForm::Kind::binary_prefix,
                          .value = bytes.value_or(""),
                          .where = members.pointer_of("prefix")});
  }
}

std::vector<CaptureForm> StepReader::read_captures(const JsonNode& value, const std::string& pointer) const {
  std::vector<CaptureForm> captures;
  if (value.kind != Kind::object) {
    findings_.refuse(value, pointer,
                     "an object of variables with a JSON pointer each, such as {\"id\": \"/payload/id\"}");
    return captures;
  }
  for (const JsonNode& child : value.children) {
    const std::string where = pointer + "/" + pointer_step(child.key);
    const bool right =
        !child.key.empty() && child.key.size() <= 64 && std::ranges::all_of(child.key, [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        });
    if (!right)
      findings_.complain(child.key_begin, where,
                         fmt::format("\"{}\" is no variable's name", shortened(child.key, 40)),
                         "it is made of up to 64 letters, digits and \"_\"");
    CaptureForm capture = read_capture(child, where);
    capture.variable = child.key;
    captures.push_back(std::move(capture));
  }
  return captures;
}

CaptureForm StepReader::read_capture(const JsonNode& value, const std::string& pointer) const {
  static constexpr std::array<std::string_view, 3> kNames{"json", "regex", "max"};
  CaptureForm capture{.where = pointer};
  if (value.kind == Kind::string) {
    capture.from = value.text;
    return capture;
  }
  if (value.kind != Kind::object) {
    findings_.refuse(value, pointer, "a JSON pointer, or an object with \"json\" or \"regex\"");
    return capture;
  }
  const JsonMembers members(value, pointer, findings_, kNames);
  if (members.has("json") == members.has("regex"))
    findings_.complain(value.begin, pointer, "expected one of \"json\" and \"regex\"", "");
  if (members.has("regex")) capture.kind = CaptureForm::Kind::regex;
  capture.from = members.text("json").value_or(members.text("regex").value_or(""));
  const auto parse_most = [](std::string_view text) {
    const auto bytes = parse_bytes(text);
    return bytes && *bytes >= 1 && *bytes <= kLongestVariable ? bytes : std::nullopt;
  };
  capture.most_bytes =
      members.read("max", parse_most, "a size from 1 B to 16 KiB").value_or(capture.most_bytes);
  return capture;
}

// ---- the others

void StepReader::read_ping(StepForm& step, const JsonNode& value, const std::string& pointer) const {
  static constexpr std::array<std::string_view, 1> kNames{"timeout"};
  if (value.kind != Kind::object) return findings_.refuse(value, pointer, "an object: {\"timeout\": \"5s\"}");
  const JsonMembers members(value, pointer, findings_, kNames);
  step.timeout = members.read("timeout", parse_timeout, kExpectedTimeout).value_or(step.timeout);
}

void StepReader::read_close(StepForm& step, const JsonNode& value, const std::string& pointer) const {
  static constexpr std::array<std::string_view, 2> kNames{"code", "reason"};
  if (value.kind != Kind::object)
    return findings_.refuse(value, pointer, "an object: {\"code\": 1000, \"reason\": \"done\"}");
  const JsonMembers members(value, pointer, findings_, kNames);
  const auto parse_code = [](std::string_view text) -> std::optional<std::uint64_t> {
    const auto code = parse_count(text);
    const bool sendable = code && *code <= 4999 && is_sendable_close_code(static_cast<std::uint16_t>(*code));
    return sendable ? code : std::nullopt;
  };
  step.code = static_cast<std::uint16_t>(
      members
          .read("code", parse_code, "a close code that may be sent: 1000 to 1003, 1007 to 1014, 3000 to 4999")
          .value_or(step.code));
  step.reason = members.text("reason").value_or("");
  if (step.reason.size() > kLongestReason)
    findings_.complain(members.get("reason")->begin, members.pointer_of("reason"),
                       fmt::format("the reason takes {} bytes, and a close frame holds {}",
                                   step.reason.size(), kLongestReason),
                       "");
}

void StepReader::read_wait(StepForm& step, const JsonNode& value, const std::string& pointer) const {
  step.pause = read_distribution(value, pointer).value_or(Distribution{});
}

std::optional<Distribution> StepReader::read_distribution(const JsonNode& node,
                                                          const std::string& pointer) const {
  if (!node.is_quantity()) {
    findings_.refuse(node, pointer, kExpectedDistribution);
    return std::nullopt;
  }
  const auto distribution = Distribution::parse(node.text);
  if (distribution) return *distribution;
  findings_.complain(node.begin, pointer, distribution.error().what, distribution.error().hint);
  return std::nullopt;
}

void StepReader::read_repeat(StepForm& step, const JsonNode& value, const std::string& pointer) const {
  static constexpr std::array<std::string_view, 5> kNames{"count", "for", "forever", "every", "steps"};
  if (value.kind != Kind::object)
    return findings_.refuse(value, pointer,
                            "an object with \"steps\", and \"count\", \"for\" or \"forever\"");
  const JsonMembers members(value, pointer, findings_, kNames);
  const bool forever = members.flag("forever", false);
  const auto bounds = members.has("count") + members.has("for") + (forever ? 1 : 0);
  if (bounds != 1)
    findings_.complain(value.begin, pointer, "expected one of \"count\", \"for\" and \"forever\": true", "");
  step.count = members.read("count", count_up_to(1, kMostRounds), kExpectedRounds);
  step.length = members.read("for", parse_length, kExpectedLength);
  step.every = members.read("every", parse_timeout, kExpectedTimeout);
  members.require("steps", "what is repeated");
  if (const JsonNode* steps = members.get("steps"))
    step.steps = read_steps(*steps, members.pointer_of("steps"));
}

void StepReader::read_choose(StepForm& step, const JsonNode& value, const std::string& pointer) const {
  static constexpr std::array<std::string_view, 2> kNames{"weight", "steps"};
  if (value.kind != Kind::list || value.children.empty() || value.children.size() > kMostBranches)
    return findings_.refuse(
        value, pointer,
        "a list of branches, such as [{\"weight\": 3, \"steps\": [...]}, {\"steps\": [...]}]");
  for (std::size_t i = 0; i < value.children.size(); ++i) {
    const JsonNode& item = value.children[i];
    const std::string where = fmt::format("{}/{}", pointer, i);
    BranchForm branch;
    if (item.kind == Kind::object) {
      const JsonMembers members(item, where, findings_, kNames);
      branch.weight =
          members.read("weight", count_up_to(0, kMostWeight), "a whole number from 0 to 1,000,000")
              .value_or(1);
      members.require("steps", "what this branch does; it may be an empty list");
      if (const JsonNode* steps = members.get("steps"))
        branch.steps = read_steps(*steps, members.pointer_of("steps"));
    } else {
      findings_.refuse(item, where, "an object with \"steps\"");
    }
    step.branches.push_back(std::move(branch));
  }
}

}  // namespace ringstorm
