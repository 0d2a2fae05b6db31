#include "session/compiler.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "base/units.h"
#include "load/payload.h"
#include "load/words.h"
#include "session/json_lookup.h"
#include "session/regex.h"
#include "session/step_walk.h"

namespace ringstorm {
namespace {

constexpr std::size_t kMostSteps = 10'000;
constexpr std::uint32_t kMostUnanswered = 16;
constexpr std::uint32_t kRandomWindows = 4096;
constexpr std::uint64_t kMostSizedBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMessageStream = 0x5e55'1091;

/// How a list of steps comes to its end.
enum class Flow : std::uint8_t { ends, closes, endless };

/// "{{name}}" and nothing else: the name.
std::optional<std::string_view> lone_variable(std::string_view text) {
  if (!text.starts_with("{{") || !text.ends_with("}}") || text.size() < 5) return std::nullopt;
  const std::string_view name = text.substr(2, text.size() - 4);
  return name.find_first_of("{}") == std::string_view::npos ? std::optional(name) : std::nullopt;
}

std::optional<JsonScalar> scalar_of(std::string_view written) {
  if (written.empty() || written.front() == '{' || written.front() == '[') return std::nullopt;
  JsonScalar scalar{.text = std::string(written)};
  if (written.front() == '"') {
    scalar.kind = JsonScalar::Kind::text;
    scalar.text.resize(written.size());
    const auto bytes = decode_json_string(written, scalar.text);
    if (!bytes) return std::nullopt;
    scalar.text.resize(*bytes);
  } else if (written.front() == '-' || (written.front() >= '0' && written.front() <= '9')) {
    scalar.kind = JsonScalar::Kind::number;
    std::from_chars(written.data(), written.data() + written.size(), scalar.number);
  }
  return scalar;
}

class Compiler {
 public:
  Compiler(std::span<const SessionForm> forms, const ScriptSurroundings& surroundings)
      : forms_(forms), surroundings_(surroundings) {}

  Result<Script> run() && {
    check_weights();
    check_names();
    for (const SessionForm& form : forms_) compile_session(form);
    if (script_.steps.size() > kMostSteps)
      complain("/sessions", fmt::format("the sessions have {} steps, expected at most {}",
                                        format_count(script_.steps.size()), format_count(kMostSteps)));
    if (!errors_.empty()) return std::move(errors_);
    return std::move(script_);
  }

 private:
  void complain(std::string where, std::string what, std::string hint = {}) {
    errors_.push_back({std::move(where), std::move(what), std::move(hint)});
  }

  // ---- sessions

  void check_weights() {
    std::uint64_t weights = 0;
    bool counted = true;
    for (const SessionForm& form : forms_) {
      if (!form.count) weights += form.weight;
      counted = counted && form.count.has_value();
    }
    if (weights == 0 && !counted)
      complain("/sessions", "the weights sum to zero: no connection would play any of these sessions",
               "give one of them a weight of at least 1");
  }

  void check_names() {
    std::set<std::string_view> seen;
    for (const SessionForm& form : forms_) {
      if (!seen.insert(form.name).second)
        complain(form.where + "/name", fmt::format("two sessions are called \"{}\"", form.name),
                 "reports and thresholds tell them apart by their names");
    }
  }

  void compile_session(const SessionForm& form) {
    SessionScript session{.name = form.name, .variables = declare_variables(form)};
    const std::size_t messages_before = script_.messages.size();
    variables_ = session.variables;
    used_.clear();
    known_ = columns_of_feeders();
    counters_ = 0;
    const std::uint32_t replies =
        sends_with_reply(form.on_connect) + sends_with_reply(form.steps) + sends_with_reply(form.on_close);
    script_.most_unanswered = std::clamp(replies, script_.most_unanswered, kMostUnanswered);

    check_that_it_does_something(form);
    session.on_connect = here();
    const Flow connected = compile_block(form.on_connect);
    if (connected != Flow::ends && !form.steps.empty())
      complain(form.steps.front().where, "this step is never reached: on_connect does not come to its end");
    const std::set<std::uint32_t> known_when_connected = known_;
    session.steps = here();
    const Flow played = compile_block(form.steps);
    if (surroundings_.open_loop) check_pass(form, played);
    known_ = known_when_connected;  // the steps may be left at any of them
    session.on_close = here();
    if (compile_block(form.on_close) != Flow::ends)
      complain(form.where + "/on_close",
               "these steps have no end, and the connection is to close after them");
    session.stamps = std::ranges::any_of(
        std::span(script_.messages).subspan(messages_before),
        [](const ScriptMessage& message) { return message.has_holes && message.text.has_stamp(); });
    check_topics(form, session);
    lay_out_variables(form, session);
    script_.sessions.push_back(std::move(session));
  }

  void check_topics(const SessionForm& form, const SessionScript& session) {
    if (!form.publishes.empty() && !session.stamps)
      complain(form.where + "/publishes", "none of the session's messages has a stamp to tell them by",
               "put {{stamp}} into what it sends");
    if (form.subscribes.empty()) return;
    std::vector<std::string_view> topics;
    for (const SessionForm& other : forms_)
      if (!other.publishes.empty()) topics.push_back(other.publishes);
    if (std::ranges::find(topics, form.subscribes) != topics.end()) return;
    complain(form.where + "/subscribes", "no session publishes to " + quoted(form.subscribes),
             did_you_mean(form.subscribes, topics));
  }

  Flow compile_block(const Steps& steps) {
    const Flow flow = compile_steps(steps);
    emit({.operation = Operation::end});
    return flow;
  }

  void check_that_it_does_something(const SessionForm& form) {
    if (!any_step(form.on_connect, does_something) && !any_step(form.steps, does_something)) {
      complain(form.where, "the session never sends and never listens: it does nothing",
               "give it steps, such as {\"send\": \"hello\"} and \"expect\"");
    } else if (!form.steps.empty() && !every_way(form.steps, takes_time)) {
      complain(form.where + "/steps", "a pass through these steps may take no time at all, and is repeated",
               "let each way through them send, listen or wait");
    }
  }

  /// In an open loop an arrival begins a pass, and its intended time is that of the pass's first message.
  void check_pass(const SessionForm& form, Flow flow) {
    if (!every_way(form.steps, sends)) {
      complain(
          form.where + "/steps",
          "with a rate, each pass through the steps begins with an arrival and must send: here one may not",
          "take the rate away, or let every way through the steps send");
    } else if (flow == Flow::endless) {
      complain(form.where + "/steps", "with a rate, each arrival begins a pass, and this one never ends",
               "take the rate away, or let the last step end");
    }
  }

  // ---- variables

  Range declare_variables(const SessionForm& form) {
    const auto begin = static_cast<std::uint32_t>(script_.variables.size());
    declare(form.on_connect, begin);
    declare(form.steps, begin);
    declare(form.on_close, begin);
    for (std::uint32_t i = 0; i < surroundings_.columns.size(); ++i) {
      const TemplateValue& column = surroundings_.columns[i];
      script_.variables.push_back({.name = std::string(column.name),
                                   .most_bytes = static_cast<std::uint32_t>(column.longest),
                                   .column = i});
    }
    return {begin, static_cast<std::uint32_t>(script_.variables.size()) - begin};
  }

  /// They have a value before the first step.
  std::set<std::uint32_t> columns_of_feeders() const {
    std::set<std::uint32_t> known;
    for (std::uint32_t i = 0; i < variables_.count; ++i) {
      if (variables()[i].column != kNoColumn) known.insert(i);
    }
    return known;
  }

  /// A column that the session does not use takes no memory.
  void lay_out_variables(const SessionForm& form, SessionScript& session) {
    std::uint32_t offset = 0;
    for (std::uint32_t i = 0; i < variables_.count; ++i) {
      Variable& variable = script_.variables[variables_.begin + i];
      const bool is_fed = variable.column != kNoColumn;
      if (is_fed && !used_.contains(i)) {
        variable.column = kNoColumn;
        continue;
      }
      session.feeds = session.feeds || is_fed;
      if (variable.most_bytes > kLongestFilledBytes)
        complain(form.where,
                 fmt::format("{} has a cell of {}, expected at most {}", quoted(variable.name),
                             format_bytes(variable.most_bytes), format_bytes(kLongestFilledBytes)));
      variable.offset = offset;
      offset += 2 + variable.most_bytes;
    }
    script_.variable_bytes = std::max(script_.variable_bytes, offset);
  }

  void declare(const Steps& steps, std::uint32_t begin) {
    for (const StepForm& step : steps) {
      for (const CaptureForm& capture : step.captures) declare(capture, begin);
      declare(step.steps, begin);
      for (const BranchForm& branch : step.branches) declare(branch.steps, begin);
    }
  }

  void declare(const CaptureForm& capture, std::uint32_t begin) {
    if (Template::is_reserved(capture.variable))
      complain(capture.where, fmt::format("\"{}\" is a word of the template language, not a variable's name",
                                          capture.variable));
    const auto first = script_.variables.begin() + begin;
    const auto known = std::find_if(first, script_.variables.end(),
                                    [&](const Variable& v) { return v.name == capture.variable; });
    const auto most = static_cast<std::uint32_t>(capture.most_bytes);
    if (known != script_.variables.end()) {
      known->most_bytes = std::max(known->most_bytes, most);
    } else {
      script_.variables.push_back({.name = capture.variable, .most_bytes = most});
    }
  }

  std::span<const Variable> variables() const {
    return std::span(script_.variables).subspan(variables_.begin, variables_.count);
  }

  /// The session's variable of this name, which has a value here; complains when there is none, or it has
  /// none.
  std::uint32_t use_variable(std::string_view name, const std::string& where) {
    const auto all = variables();
    const auto found = std::ranges::find_if(all, [&](const Variable& v) { return v.name == name; });
    if (found == all.end()) {
      std::vector<std::string_view> names;
      for (const Variable& variable : all) names.push_back(variable.name);
      complain(where, "nothing captures a variable " + quoted(name), did_you_mean(name, names));
      return 0;
    }
    const auto index = static_cast<std::uint32_t>(found - all.begin());
    require_value(index, where);
    return index;
  }

  void require_value(std::uint32_t index, const std::string& where) {
    used_.insert(index);
    if (known_.contains(index)) return;
    complain(where,
             fmt::format("the variable {} may have no value yet here", quoted(variables()[index].name)),
             "capture it before, on every way that leads here");
  }

  // ---- steps

  std::uint32_t here() const { return static_cast<std::uint32_t>(script_.code.size()); }

  std::uint32_t emit(Instruction instruction) {
    instruction.step = step_;
    script_.code.push_back(instruction);
    return here() - 1;
  }

  template <class Item>
  static std::uint32_t add(std::vector<Item>& table, Item item) {
    table.push_back(std::move(item));
    return static_cast<std::uint32_t>(table.size() - 1);
  }

  Flow compile_steps(const Steps& steps) {
    Flow flow = Flow::ends;
    for (const StepForm& step : steps) {
      if (flow != Flow::ends)
        complain(step.where, flow == Flow::closes
                                 ? "this step is never reached: the connection closes before it"
                                 : "this step is never reached: the one before it has no end");
      flow = Flow::ends;
      step_ = static_cast<std::uint16_t>(script_.steps.size());
      script_.steps.push_back(step.where);
      flow = compile_step(step);
    }
    return flow;
  }

  Flow compile_step(const StepForm& step) {
    switch (step.kind) {
      case StepForm::Kind::send:
        emit({.operation = Operation::send, .index = add(script_.messages, message_of(step))});
        return Flow::ends;
      case StepForm::Kind::expect:
        emit({.operation = Operation::expect, .index = add(script_.expectations, expectation_of(step))});
        return Flow::ends;
      case StepForm::Kind::listen: return compile_listen(step);
      case StepForm::Kind::ping:
        emit({.operation = Operation::ping, .amount = static_cast<std::uint64_t>(step.timeout.count())});
        return Flow::ends;
      case StepForm::Kind::close:
        emit({.operation = Operation::close,
              .index = add(script_.closings, Closing{.code = step.code, .reason = step.reason})});
        return Flow::closes;
      case StepForm::Kind::wait:
        emit({.operation = Operation::wait, .index = add(script_.pauses, step.pause)});
        return Flow::ends;
      case StepForm::Kind::repeat: return compile_repeat(step);
      case StepForm::Kind::choose: return compile_choose(step);
      case StepForm::Kind::echo:
        script_.echoes = true;
        emit({.operation = Operation::echo});
        return Flow::endless;
    }
    return Flow::ends;
  }

  Flow compile_listen(const StepForm& step) {
    Listening listening{.until = conditions_of(step.match)};
    if (step.length) listening.length = *step.length;
    if (step.count) listening.count = *step.count;
    emit({.operation = Operation::listen, .index = add(script_.listenings, listening)});
    return step.length || step.count || !step.match.empty() ? Flow::ends : Flow::endless;
  }

  Flow compile_repeat(const StepForm& step) {
    if (!every_way(step.steps, takes_time))
      complain(step.where, "these steps may take no time at all, and would be repeated without a pause",
               "let each way through them send, listen or wait");
    const bool bounded = step.count || step.length;
    const std::uint32_t counter = bounded ? counters_++ : 0;
    const std::uint32_t pace = step.every ? counters_++ : 0;
    script_.counters = std::max(script_.counters, counters_);
    if (step.count)
      emit({.operation = Operation::set_rounds, .index = counter, .amount = *step.count});
    else if (step.length)
      emit({.operation = Operation::set_end,
            .index = counter,
            .amount = static_cast<std::uint64_t>(step.length->count())});
    if (step.every) emit({.operation = Operation::set_pace, .index = pace});
    const std::uint32_t begin = here();
    const Flow body = compile_steps(step.steps);
    if (step.every)
      emit({.operation = Operation::keep_pace,
            .index = pace,
            .amount = static_cast<std::uint64_t>(step.every->count())});
    const Operation again = step.count    ? Operation::next_round
                            : step.length ? Operation::until_end
                                          : Operation::jump;
    emit({.operation = again, .index = counter, .target = begin});
    if (body == Flow::endless || (body == Flow::closes)) return body;
    return bounded ? Flow::ends : Flow::endless;
  }

  /// The branches one after the other, each but the last with a jump behind the last.
  Flow compile_choose(const StepForm& step) {
    Choice choice{.branches = {static_cast<std::uint32_t>(script_.branches.size()),
                               static_cast<std::uint32_t>(step.branches.size())}};
    script_.branches.resize(script_.branches.size() + step.branches.size());
    const std::uint32_t chooser = emit({.operation = Operation::choose});
    std::vector<std::uint32_t> jumps;
    const std::set<std::uint32_t> before = known_;
    std::optional<std::set<std::uint32_t>> after;
    Flow flow = Flow::endless;
    for (std::size_t i = 0; i < step.branches.size(); ++i) {
      const BranchForm& branch = step.branches[i];
      choice.weights += branch.weight;
      script_.branches[choice.branches.begin + i] = {.below = choice.weights, .target = here()};
      known_ = before;
      const Flow way = compile_steps(branch.steps);
      jumps.push_back(emit({.operation = Operation::jump}));
      flow = std::min(flow, way);
      if (way == Flow::ends && branch.weight > 0) after = after ? both(*after, known_) : known_;
    }
    for (const std::uint32_t jump : jumps) script_.code[jump].target = here();
    known_ = after.value_or(before);
    if (choice.weights == 0)
      complain(step.where, "the weights sum to zero: none of the branches can be chosen");
    script_.code[chooser].index = add(script_.choices, choice);
    return flow;
  }

  static std::set<std::uint32_t> both(const std::set<std::uint32_t>& a, const std::set<std::uint32_t>& b) {
    std::set<std::uint32_t> common;
    std::ranges::set_intersection(a, b, std::inserter(common, common.end()));
    return common;
  }

  // ---- messages

  ScriptMessage message_of(const StepForm& step) {
    const MessageForm& form = step.message;
    ScriptMessage message{.opcode = form.opcode,
                          .fragments = static_cast<std::uint32_t>(form.fragments),
                          .fragment_bytes = form.fragment_bytes,
                          .reply = form.reply};
    sized_bytes_ += form.size.value_or(0);
    if (sized_bytes_ > kMostSizedBytes) {
      complain(step.where, fmt::format("with this message all that have a size take more than {} together",
                                       format_bytes(kMostSizedBytes)));
    } else if (form.size) {
      fill(message, form);
    } else if (form.opcode == Opcode::text && Template::may_have_holes(form.content)) {
      read_holes(message, form, step.where);
    } else {
      message.payload = form.content;
    }
    if (!form.fragment_bytes.empty())
      check_fragments(message, form.size.value_or(message.longest_bytes()), step.where);
    return message;
  }

  void fill(ScriptMessage& message, const MessageForm& form) const {
    if (!surroundings_.fills) return;
    const std::uint64_t seed = surroundings_.seed ^ kMessageStream ^ script_.messages.size();
    switch (form.fill) {
      case Fill::zeros: message.payload.assign(*form.size, '\0'); return;
      case Fill::repeating:
        message.payload.resize(*form.size);
        for (std::size_t i = 0; i < message.payload.size(); ++i)
          message.payload[i] = static_cast<char>(i % 16);
        return;
      case Fill::random:
        message.windows = kRandomWindows;
        message.payload = make_payload(Filler::binary, *form.size + kRandomWindows - 1, seed);
        return;
      case Fill::incompressible: message.payload = make_payload(Filler::binary, *form.size, seed); return;
      case Fill::text: message.payload = make_payload(Filler::text, *form.size, seed); return;
    }
  }

  void read_holes(ScriptMessage& message, const MessageForm& form, const std::string& where) {
    std::vector<TemplateValue> values;
    for (const Variable& variable : variables()) values.push_back({variable.name, variable.most_bytes});
    TemplateReading reading =
        Template::parse(form.content, {.values = values,
                                       .longest_session = longest_name(),
                                       .environment = surroundings_.environment,
                                       .escaping = form.json ? Escaping::json : Escaping::none});
    for (const TemplateMistake& mistake : reading.mistakes) complain(where, mistake.what, mistake.hint);
    if (!reading.mistakes.empty()) return;
    for (const std::uint32_t variable : reading.value.used_values()) require_value(variable, where);
    if (reading.value.constant()) {
      message.payload = std::string(reading.value.constant_text());
      return;
    }
    if (reading.value.max_bytes() > kLongestFilledBytes)
      complain(where,
               fmt::format("filled, the message may take {}, expected at most {} for one with holes",
                           format_bytes(reading.value.max_bytes()), format_bytes(kLongestFilledBytes)));
    message.has_holes = true;
    message.text = std::move(reading.value);
  }

  std::size_t longest_name() const {
    std::size_t longest = 0;
    for (const SessionForm& form : forms_) longest = std::max(longest, form.name.size());
    return longest;
  }

  void check_fragments(ScriptMessage& message, std::uint64_t message_bytes, const std::string& where) {
    std::uint64_t bytes = 0;
    for (const std::uint64_t piece : message.fragment_bytes) bytes += piece;
    if (message.has_holes) {
      complain(where, "a message with holes has no size of its own to be cut at given places",
               "give \"fragments\" as a number");
    } else if (bytes > message_bytes) {
      complain(where, fmt::format("the fragments hold {}, and the message only {}", format_bytes(bytes),
                                  format_bytes(message_bytes)));
    }
    message.fragments =
        static_cast<std::uint32_t>(message.fragment_bytes.size()) + (bytes < message_bytes ? 1 : 0);
  }

  // ---- what is expected

  Expectation expectation_of(const StepForm& step) {
    Expectation expectation{.match = conditions_of(step.match),
                            .check = conditions_of(step.check),
                            .captures = captures_of(step.captures),
                            .timeout = step.timeout};
    return expectation;
  }

  Range conditions_of(const std::vector<ConditionForm>& forms) {
    const auto begin = static_cast<std::uint32_t>(script_.conditions.size());
    for (const ConditionForm& form : forms) script_.conditions.push_back(condition_of(form));
    return {begin, static_cast<std::uint32_t>(forms.size())};
  }

  Condition condition_of(const ConditionForm& form) {
    Condition condition{.kind = form.kind, .text = form.value, .size = form.size};
    switch (form.kind) {
      case ConditionForm::Kind::text_regex: condition.regex = regex_of(form.value, form.where, 0); break;
      case ConditionForm::Kind::json_exists: condition.path = path_of(form.path, form.where); break;
      case ConditionForm::Kind::json_equals: read_json_condition(condition, form); break;
      case ConditionForm::Kind::text_equals:
        if (const auto name = lone_variable(form.value)) condition.variable = use_variable(*name, form.where);
        break;
      default: break;
    }
    return condition;
  }

  void read_json_condition(Condition& condition, const ConditionForm& form) {
    condition.path = path_of(form.path, form.where);
    const auto scalar = scalar_of(form.value);
    if (!scalar) return complain(form.where, "only a text, a number, true, false or null can be compared");
    condition.scalar = *scalar;
    if (scalar->kind != JsonScalar::Kind::text) return;
    if (const auto name = lone_variable(scalar->text)) condition.variable = use_variable(*name, form.where);
  }

  std::vector<std::string> path_of(const std::string& pointer, const std::string& where) {
    auto path = parse_json_pointer(pointer);
    if (!path) complain(where, quoted(pointer) + " is no JSON pointer", "such as \"/payload/id\"");
    return path.value_or(std::vector<std::string>{});
  }

  std::uint32_t regex_of(const std::string& pattern, const std::string& where, int groups) {
    const Regex regex(pattern);
    if (const std::string mistake = regex.mistake(); !mistake.empty()) {
      complain(where, fmt::format("the regex does not compile: {}", quoted(mistake)),
               "its syntax is that of RE2");
    } else if (regex.groups() < groups) {
      complain(where, "the regex has no group to take the value from", "put it in brackets: \"id=(\\\\d+)\"");
    }
    return add(script_.regexes, pattern);
  }

  Range captures_of(const std::vector<CaptureForm>& forms) {
    const auto begin = static_cast<std::uint32_t>(script_.captures.size());
    for (const CaptureForm& form : forms) {
      Capture capture{.kind = form.kind};
      if (form.kind == CaptureForm::Kind::json) capture.path = path_of(form.from, form.where);
      if (form.kind == CaptureForm::Kind::regex) capture.regex = regex_of(form.from, form.where, 1);
      const auto all = variables();
      const auto found =
          std::ranges::find_if(all, [&](const Variable& v) { return v.name == form.variable; });
      capture.variable = static_cast<std::uint32_t>(found - all.begin());
      known_.insert(capture.variable);
      script_.captures.push_back(std::move(capture));
    }
    return {begin, static_cast<std::uint32_t>(forms.size())};
  }

  std::span<const SessionForm> forms_;
  const ScriptSurroundings& surroundings_;
  Script script_;
  std::vector<Error> errors_;

  std::uint64_t sized_bytes_ = 0;  ///< of all messages with a size

  // Of the session that is being compiled.
  Range variables_;
  std::uint32_t counters_ = 0;
  std::uint16_t step_ = 0;
  std::set<std::uint32_t> used_;   ///< variables that the session's steps name
  std::set<std::uint32_t> known_;  ///< variables that have a value on every way to here
};

}  // namespace

Result<Script> compile(std::span<const SessionForm> sessions, const ScriptSurroundings& surroundings) {
  return Compiler{sessions, surroundings}.run();
}

}  // namespace ringstorm
