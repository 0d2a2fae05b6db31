// Walks the JSON beside the table of fields. Every value that cannot be read is noted and skipped, so that
// one pass finds all mistakes; what was read is then judged by `validate` and `parse_target`, and their
// findings get their places.
#include "plan/scenario_file.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "plan/feeder_reader.h"
#include "plan/json_tree.h"
#include "plan/load_reader.h"
#include "plan/scenario_fields.h"
#include "plan/scenario_text.h"
#include "plan/session_reader.h"
#include "plan/target.h"
#include "plan/threshold_list.h"

namespace ringstorm {
namespace {

constexpr std::size_t kMaxMistakes =
    50;  // a file with more is no scenario, and finding each one's place takes time
constexpr std::size_t kShown = 40;

using Kind = JsonNode::Kind;

/// "open_rate" of "/connections/open_rate".
std::string_view last_step(std::string_view pointer) {
  return pointer.substr(pointer.rfind('/') + 1);
}
/// "/connections" of "/connections/open_rate".
std::string_view parent(std::string_view pointer) {
  return pointer.substr(0, pointer.rfind('/'));
}

const Section* find_section(std::string_view pointer) {
  for (const Section& section : scenario_sections()) {
    if (section.pointer == pointer) return &section;
  }
  return nullptr;
}

/// The names that may stand in the object at `pointer`.
std::vector<std::string_view> names_within(std::string_view pointer) {
  std::vector<std::string_view> names;
  for (const Field& field : scenario_fields()) {
    if (parent(field.pointer) == pointer) names.push_back(last_step(field.pointer));
  }
  for (const Section& section : scenario_sections()) {
    if (parent(section.pointer) == pointer) names.push_back(last_step(section.pointer));
  }
  return names;
}

/// Where an unknown name plausibly belongs: in this object under another spelling, or as it is in another
/// one.
std::string hint_for_unknown(std::string_view name, std::string_view within) {
  std::string hint = did_you_mean(name, names_within(within));
  if (!hint.empty()) return hint;
  for (const Field& field : scenario_fields()) {
    if (last_step(field.pointer) == name) return fmt::format("did you mean {}?", field.pointer);
  }
  return {};
}

class ScenarioReader {
 public:
  ScenarioReader(const ScenarioText& text, std::string_view file_name, const ReadFile& read)
      : text_(text), file_name_(file_name), read_(read) {}

  Result<Scenario> read() && {
    for (const JsonProblem& problem : text_.problems())
      complain(problem.offset, problem.pointer, problem.what);
    if (text_.root()) read_root(*text_.root());
    if (!mistakes_.empty()) return sorted_errors();
    return std::move(scenario_);
  }

 private:
  struct Mistake {
    std::size_t offset;
    Error error;
  };

  void complain(std::size_t offset, std::string_view pointer, std::string what, std::string hint = {}) {
    if (mistakes_.size() == kMaxMistakes) return;
    std::string where = text_.place(offset);
    if (!pointer.empty()) where += fmt::format(" {}", shortened(pointer, 80));
    mistakes_.push_back({offset, {std::move(where), std::move(what), std::move(hint)}});
  }

  std::vector<Error> sorted_errors() {
    std::stable_sort(mistakes_.begin(), mistakes_.end(),
                     [](const auto& a, const auto& b) { return a.offset < b.offset; });
    std::vector<Error> errors;
    for (Mistake& mistake : mistakes_) errors.push_back(std::move(mistake.error));
    return errors;
  }

  /// What stands in the file, as a message quotes it.
  std::string found(const JsonNode& node) const {
    if (node.kind == Kind::object) return "an object";
    if (node.kind == Kind::list) return "a list";
    return shortened(text_.all().substr(node.begin, node.end - node.begin), kShown);
  }

  void refuse(const JsonNode& node, std::string_view pointer, std::string_view expected,
              std::string hint = {}) {
    complain(node.begin, pointer, fmt::format("found {}, expected {}", found(node), expected),
             std::move(hint));
  }

  void read_root(const JsonNode& root) {
    scenario_.name = default_name();
    if (root.kind != Kind::object) return refuse(root, "", "an object with the scenario's fields");
    read_object(root, "");
    refuse_text_beside_size(root);
    enable_what_is_described(root);
    refuse_message_beside_sessions(root);
    settle_fan_out(root);
    if (!feeders_read_) scenario_.payload_text.reset();  // its holes may be right
    const std::size_t unread = mistakes_.size();
    for (const Error& error : validate(scenario_)) place(root, error, unread);
    check_url(root);
  }

  void read_object(const JsonNode& object, const std::string& pointer) {
    for (const JsonNode& child : object.children) read_member(child, pointer);
  }

  void read_member(const JsonNode& node, const std::string& within) {
    const std::string pointer = within + "/" + pointer_step(node.key);
    const Section* section = find_section(pointer);
    if (const Field* field = find_field(pointer)) {
      read_field(*field, node, pointer);
    } else if (section == nullptr) {
      complain(node.key_begin, pointer, fmt::format("unknown field \"{}\"", shortened(node.key, kShown)),
               hint_for_unknown(node.key, within));
    } else if (node.kind == Kind::object) {
      read_object(node, pointer);
    } else if (section->shorthand.empty()) {
      refuse(node, pointer, "an object");
    } else {
      read_field(*find_field(section->shorthand), node, pointer);
    }
  }

  void read_field(const Field& field, const JsonNode& node, const std::string& pointer) {
    std::visit([&](const auto& form) { read_form(field, form, node, pointer); }, field.form);
  }

  template <class T>
  void store(const Member<T>& member, T value) {
    std::visit([&](auto pointer) { scenario_.*pointer = std::move(value); }, member);
  }
  void store(Rate Scenario::*member, Rate value) { scenario_.*member = value; }

  /// Numbers with a unit: bare, or in a string.
  template <class Form, class Parse>
  void read_quantity(const Field& field, const Form& form, const JsonNode& node, const std::string& pointer,
                     Parse parse) {
    const bool readable = node.kind == Kind::number || node.kind == Kind::string;
    const auto value = readable ? parse(node.text) : std::nullopt;
    if (!value || !in_range(form, *value)) return refuse(node, pointer, field.expected());
    store(form.member, *value);
  }
  void read_form(const Field& field, const CountField& form, const JsonNode& node,
                 const std::string& pointer) {
    read_quantity(field, form, node, pointer, parse_count);
  }
  void read_form(const Field& field, const BytesField& form, const JsonNode& node,
                 const std::string& pointer) {
    read_quantity(field, form, node, pointer, parse_bytes);
  }
  void read_form(const Field& field, const DurationField& form, const JsonNode& node,
                 const std::string& pointer) {
    read_quantity(field, form, node, pointer, parse_duration);
  }
  void read_form(const Field& field, const RateField& form, const JsonNode& node,
                 const std::string& pointer) {
    read_quantity(field, form, node, pointer, parse_rate);
  }

  void read_form(const Field& field, const TextField& form, const JsonNode& node,
                 const std::string& pointer) {
    if (node.kind != Kind::string) return refuse(node, pointer, field.expected());
    store(form.member, node.text);
  }

  void read_form(const Field& field, const FlagField& form, const JsonNode& node,
                 const std::string& pointer) {
    if (node.kind != Kind::boolean) return refuse(node, pointer, field.expected());
    scenario_.*form.member = node.text == "true";
  }

  template <class Enum>
  void read_form(const Field& field, const ChoiceField<Enum>& form, const JsonNode& node,
                 const std::string& pointer) {
    const auto name = std::find(form.names.begin(), form.names.end(), node.text);
    if (node.kind == Kind::string && name != form.names.end()) {
      scenario_.*form.member = static_cast<Enum>(name - form.names.begin());
      return;
    }
    refuse(node, pointer, field.expected(),
           node.kind == Kind::string ? did_you_mean(node.text, form.names) : "");
  }

  void read_form(const Field& field, const TextsField& form, const JsonNode& node,
                 const std::string& pointer) {
    if (node.kind == Kind::string) {
      scenario_.*form.member = {node.text};
    } else {
      read_form(field, ListField{form.member}, node, pointer);
    }
  }

  void read_form(const Field& field, const ListField& form, const JsonNode& node,
                 const std::string& pointer) {
    if (node.kind != Kind::list) return refuse(node, pointer, field.expected());
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const JsonNode& item = node.children[i];
      if (item.kind != Kind::string) refuse(item, fmt::format("{}/{}", pointer, i), "a string");
      // An unreadable item keeps its place, so that the positions of the others still hold.
      (scenario_.*form.member)
          .push_back(item.kind == Kind::string ? item.text : fmt::format("unreadable-{}", i));
    }
  }

  void read_form(const Field& field, const PairsField& form, const JsonNode& node,
                 const std::string& pointer) {
    if (node.kind != Kind::object) return refuse(node, pointer, field.expected());
    for (const JsonNode& item : node.children) {
      if (item.kind != Kind::string) refuse(item, pointer + "/" + pointer_step(item.key), "a string");
      (scenario_.*form.member).emplace_back(item.key, item.kind == Kind::string ? item.text : "");
    }
  }

  JsonFindings findings() {
    return {.refuse = [this](const JsonNode& node, const std::string& pointer,
                             std::string_view expected) { refuse(node, pointer, expected); },
            .complain =
                [this](std::size_t offset, const std::string& pointer, std::string what, std::string hint) {
                  complain(offset, pointer, std::move(what), std::move(hint));
                }};
  }

  void read_form(const Field&, const RateFormField& form, const JsonNode& node, const std::string& pointer) {
    scenario_.*form.member = read_rate_form(node, pointer, findings());
  }

  void read_form(const Field&, const StagesField& form, const JsonNode& node, const std::string& pointer) {
    scenario_.*form.member = read_stages(node, pointer, findings());
  }

  void read_form(const Field&, const SessionsField& form, const JsonNode& node, const std::string& pointer) {
    const std::size_t before = mistakes_.size();
    const ReadBeside read = [this](const JsonNode& file, const std::string& name) {
      return read_(path_beside(text_.file_of(file.begin), name));
    };
    scenario_.*form.member = read_sessions(node, pointer, read, findings());
    // Of what could not be read whole, nothing can be said as a whole.
    if (mistakes_.size() > before) (scenario_.*form.member).clear();
  }

  void read_form(const Field&, const FanOutField& form, const JsonNode& node, const std::string& pointer) {
    const std::size_t before = mistakes_.size();
    const FanOutForm fan_out = read_fan_out(node, pointer, findings());
    if (mistakes_.size() > before) return;
    fan_out_connections_ = fan_out.publishers + fan_out.subscribers;
    scenario_.*form.member = sessions_of(fan_out, pointer);
  }

  void read_form(const Field& field, const ShareField& form, const JsonNode& node,
                 const std::string& pointer) {
    const bool readable = node.kind == Kind::number || node.kind == Kind::string;
    const std::optional<double> share = readable ? parse_share_or_none(node.text) : std::nullopt;
    if (!share) return refuse(node, pointer, field.expected());
    scenario_.*form.member = *share;
  }

  void read_form(const Field& field, const MaskKeyField& form, const JsonNode& node,
                 const std::string& pointer) {
    const bool right = node.kind == Kind::string && (node.text == "fresh" || node.text == "fixed");
    if (!right) return refuse(node, pointer, field.expected());
    scenario_.*form.member = node.text == "fixed";
  }

  void read_form(const Field& field, const HostsField& form, const JsonNode& node,
                 const std::string& pointer) {
    scenario_.*form.member = read_host_addresses(node, pointer, field.expected(), findings());
  }

  void read_form(const Field& field, const ThresholdsField& form, const JsonNode& node,
                 const std::string& pointer) {
    if (node.kind != Kind::list) return refuse(node, pointer, field.expected());
    ThresholdList list = read_thresholds(text_.all(), node, pointer);
    for (ThresholdMistake& mistake : list.mistakes)
      complain(mistake.offset, mistake.pointer, std::move(mistake.what), std::move(mistake.hint));
    scenario_.*form.member = std::move(list.thresholds);
  }

  void read_form(const Field& field, const FeedersField& form, const JsonNode& node,
                 const std::string& pointer) {
    if (node.kind != Kind::object) return refuse(node, pointer, field.expected());
    const auto open = [this](const JsonNode& file) {
      const std::string path = path_beside(text_.file_of(file.begin), file.text);
      return NamedText{path, read_(path)};
    };
    const std::size_t before = mistakes_.size();
    scenario_.*form.member = read_feeders(node, pointer, findings(), open);
    feeders_read_ = mistakes_.size() == before;
  }

  void read_form(const Field& field, const IgnoredField&, const JsonNode& node, const std::string& pointer) {
    if (node.kind != Kind::string) refuse(node, pointer, field.expected());
  }

  /// Both set the payload. Only the file can show that both were given.
  void refuse_text_beside_size(const JsonNode& root) {
    const JsonNode* message = root.member("message");
    if (message == nullptr) return;
    const JsonNode* text = message->member("text");
    const JsonNode* size = message->member("size");
    if (text == nullptr || size == nullptr) return;
    complain(std::max(text->key_begin, size->key_begin), "/message",
             "\"text\" and \"size\" exclude each other", "the size is that of the text");
  }

  /// An object that says how to compress asks for it, unless it says otherwise.
  void enable_what_is_described(const JsonNode& root) {
    const JsonNode* deflate = root.member("permessage_deflate");
    if (deflate == nullptr || deflate->kind != Kind::object || deflate->member("enabled") != nullptr) return;
    scenario_.deflate = true;
  }

  /// It says which sessions there are, and how many connections.
  void settle_fan_out(const JsonNode& root) {
    const JsonNode* fan_out = root.member("fan_out");
    if (fan_out == nullptr) return;
    if (root.member("sessions") != nullptr)
      complain(fan_out->key_begin, "/fan_out", "\"sessions\" and this exclude each other",
               "it is short for two sessions, with \"publishes\" and \"subscribes\"");
    const JsonNode* connections = root.member("connections");
    const bool counted = connections != nullptr &&
                         (connections->kind != Kind::object || connections->member("count") != nullptr);
    if (fan_out_connections_ > 0 && !counted) scenario_.connections = fan_out_connections_;
  }

  /// Sessions say what is sent; of "message" only what concerns every message is left.
  void refuse_message_beside_sessions(const JsonNode& root) {
    const JsonNode* message = root.member("message");
    const bool has_sessions = root.member("sessions") != nullptr || root.member("fan_out") != nullptr;
    if (message == nullptr || !has_sessions) return;
    for (const std::string_view name : {"type", "size", "text", "reply"}) {
      if (const JsonNode* field = message->member(name))
        complain(field->key_begin, fmt::format("/message/{}", name),
                 "\"sessions\" and this exclude each other: the steps say what is sent",
                 "remove one of the two");
    }
    if (const JsonNode* field = root.member("in_flight"))
      complain(field->key_begin, "/in_flight",
               "\"sessions\" and this exclude each other: the steps say how much is sent before an answer",
               "remove one of the two");
  }

  /// Gives a finding of `validate` its place in the file: the value it names, or the nearest one around it.
  /// Values that could not be read, which the first `unread` mistakes are about, were never there to judge.
  void place(const JsonNode& root, const Error& error, std::size_t unread) {
    const JsonNode* node = &root;
    std::string pointer;
    std::string_view rest = error.where;
    while (!rest.empty()) {
      rest.remove_prefix(1);
      const std::string_view step = rest.substr(0, rest.find('/'));
      rest.remove_prefix(step.size());
      const JsonNode* next = child(*node, step);
      if (next == nullptr) break;
      node = next;
      pointer += fmt::format("/{}", step);
    }
    const auto is_it = [&](const Mistake& mistake) { return mistake.offset == node->begin; };
    if (std::any_of(mistakes_.begin(), mistakes_.begin() + static_cast<std::ptrdiff_t>(unread), is_it))
      return;
    const std::size_t at = error.offset > 0 && node->kind == Kind::string
                               ? place_in_string(text_.all(), *node, error.offset)
                               : node->begin;
    complain(at, pointer, error.what, error.hint);
  }

  static const JsonNode* child(const JsonNode& node, std::string_view step) {
    if (node.kind == Kind::list) {
      std::size_t index = 0;
      const auto [end, failure] = std::from_chars(step.data(), step.data() + step.size(), index);
      return failure == std::errc{} && index < node.children.size() ? &node.children[index] : nullptr;
    }
    for (const JsonNode& member : node.children) {
      if (pointer_step(member.key) == step) return &member;
    }
    return nullptr;
  }

  void check_url(const JsonNode& root) {
    const JsonNode* url = root.member("url");
    if (url == nullptr || url->kind != Kind::string) return;
    const auto target = parse_target(url->text);
    if (target) return;
    for (const Error& error : target.errors()) {
      complain(url->begin, "/url", fmt::format("\"{}\": {}", error.where, error.what), error.hint);
    }
  }

  /// The file's name without folder and extension, in the characters a name may have.
  std::string default_name() const {
    std::string_view stem = file_name_.substr(file_name_.rfind('/') + 1);
    if (const auto dot = stem.rfind('.'); dot != std::string_view::npos && dot > 0)
      stem = stem.substr(0, dot);
    std::string name;
    for (const char c : stem.substr(0, 64)) {
      const char small = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      const bool allowed = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9');
      if (allowed) {
        name += small;
      } else if (!name.empty() && name.back() != '-') {
        name += '-';
      }
    }
    while (!name.empty() && name.back() == '-') name.pop_back();
    return name.empty() ? "scenario" : name;
  }

  const ScenarioText& text_;
  std::string_view file_name_;
  const ReadFile& read_;
  Scenario scenario_;
  bool feeders_read_ = true;
  std::uint64_t fan_out_connections_ = 0;  ///< of a fan-out that could be read
  std::vector<Mistake> mistakes_;
};

}  // namespace

Result<Scenario> parse_scenario(std::string_view json, std::string_view file_name,
                                const std::vector<std::string>& settings, const ReadFile& read) {
  const ScenarioText text(json, file_name, settings, read);
  return ScenarioReader{text, file_name, read}.read();
}

Result<Scenario> load_scenario(const std::string& path, const std::vector<std::string>& settings) {
  const Result<std::string> text = read_file(path, kMostScenarioBytes);
  if (!text) return text.errors();
  return parse_scenario(*text, path, settings);
}

}  // namespace ringstorm
