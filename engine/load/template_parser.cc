// Takes a text with holes apart. It reads on after a mistake, so that one pass finds all of them.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/nearest_name.h"
#include "base/units.h"
#include "load/stamp.h"
#include "load/template.h"
#include "load/words.h"

namespace ringstorm {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kEscape = "{{{{";
constexpr std::string_view kEnvironment = "env.";
constexpr std::string_view kRandomInt = "random.int";
constexpr std::string_view kRandomHex = "random.hex";
constexpr std::uint32_t kNumberBytes = 20;
constexpr std::uint32_t kUuidBytes = 36;
constexpr std::uint64_t kMostHexDigits = 4096;
constexpr std::size_t kEscapedBytes = 6;  // of a character that JSON writes as \u001f

constexpr std::array<std::string_view, 11> kWords{"connection", "sequence", "session", "stamp",
                                                  "uuid",       "time.ns",  "time.us", "time.ms",
                                                  "time.s",     kRandomInt, kRandomHex};

struct TimeUnit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr std::array kTimeUnits{TimeUnit{"time.ns", 1}, TimeUnit{"time.us", 1'000},
                                TimeUnit{"time.ms", 1'000'000}, TimeUnit{"time.s", 1'000'000'000}};

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);  // npos + 1 is 0: nothing is left
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size() ? std::optional{number} : std::nullopt;
}

std::uint32_t digits_of(std::int64_t number) {
  return static_cast<std::uint32_t>(std::to_string(number).size());
}

/// "random.int(1, 6)" is the word "random.int" and the arguments "1, 6".
struct Call {
  std::string_view word;
  std::optional<std::string_view> arguments;
};

Call call_of(std::string_view name) {
  const std::size_t open = name.find('(');
  if (open == std::string_view::npos || !name.ends_with(')')) return {name, std::nullopt};
  return {trimmed(name.substr(0, open)), name.substr(open + 1, name.size() - open - 2)};
}

}  // namespace

class TemplateParser {
 public:
  TemplateParser(std::string_view text, const TemplateNames& names) : text_(text), names_(names) {
    reading_.value.escaping_ = names.escaping;
  }

  TemplateReading run() && {
    while (at_ < text_.size() && take_literal()) take_hole();
    Template& made = reading_.value;
    std::vector<std::uint32_t>& used = made.used_values_;
    std::ranges::sort(used);
    used.erase(std::unique(used.begin(), used.end()), used.end());
    made.max_bytes_ = made.literals_.size() + hole_bytes_;
    if (!made.constant() && made.max_bytes_ > Template::kMaxBytes) {
      complain(0, "the text may become " + format_bytes(made.max_bytes_) + " long, expected at most " +
                      format_bytes(Template::kMaxBytes) + " for a text with holes");
    }
    return std::move(reading_);
  }

 private:
  using Kind = Template::Kind;

  void complain(std::size_t offset, std::string what, std::string hint = {}) {
    reading_.mistakes.push_back({offset, std::move(what), std::move(hint)});
  }

  void append(std::string_view text) {
    reading_.value.literals_ += text;
    literal_bytes_ += static_cast<std::uint32_t>(text.size());
  }

  /// Up to the next hole, of which there is none when this is false.
  bool take_literal() {
    while (true) {
      const std::size_t open = text_.find(kOpen, at_);
      append(text_.substr(at_, open == std::string_view::npos ? open : open - at_));
      at_ = std::min(open, text_.size());
      if (at_ == text_.size()) return false;
      if (text_.substr(at_).starts_with(kEscape)) {
        append(kOpen);
        at_ += kEscape.size();
      } else if (text_.substr(at_ + 1).starts_with(kOpen)) {
        append(text_.substr(at_++, 1));
        return true;
      } else {
        return true;
      }
    }
  }

  void take_hole() {
    const std::size_t begin = at_ + kOpen.size();
    const std::size_t close = text_.find(kClose, begin);
    if (close == std::string_view::npos) {
      complain(at_, "\"{{\" opens a hole that no \"}}\" closes", "write {{{{ for two braces");
      at_ = text_.size();
      return;
    }
    name_at_ = std::min(text_.find_first_not_of(" \t", begin), close);
    at_ = close + kClose.size();
    fill_with(trimmed(text_.substr(begin, close - begin)));
  }

  void add(Kind kind, std::uint64_t longest, std::int64_t first = 0, std::uint64_t span = 0) {
    const bool from_outside = kind == Kind::value || kind == Kind::session;
    hole_bytes_ += longest * (from_outside && names_.escaping == Escaping::json ? kEscapedBytes : 1);
    reading_.value.holes_.push_back({.kind = kind,
                                     .literal_bytes = std::exchange(literal_bytes_, 0),
                                     .longest = static_cast<std::uint32_t>(longest),
                                     .first = first,
                                     .span = span});
  }

  void fill_with(std::string_view name) {
    if (name.empty()) return complain(name_at_, "a hole without a name", "write {{{{ for two braces");
    if (name.starts_with(kEnvironment)) return add_environment(name.substr(kEnvironment.size()));
    const Call call = call_of(name);
    if (call.word == kRandomInt) return add_random_int(call.arguments);
    if (call.word == kRandomHex) return add_random_hex(call.arguments);
    if (call.arguments && Template::is_reserved(call.word)) {
      return complain(name_at_, quoted(call.word) + " takes no arguments");
    }
    if (name == "connection") return add(Kind::connection, kNumberBytes);
    if (name == "sequence") return add(Kind::sequence, kNumberBytes);
    if (name == "session") return add_session();
    if (name == "stamp") return add_stamp();
    if (name == "uuid") return add(Kind::uuid, kUuidBytes);
    for (const TimeUnit& unit : kTimeUnits) {
      if (name == unit.name) return add(Kind::time, kNumberBytes, unit.nanoseconds);
    }
    add_value(name);
  }

  void add_session() {
    if (!names_.longest_session)
      return complain(name_at_, "\"session\" has no value here: the scenario has no sessions");
    add(Kind::session, *names_.longest_session);
  }

  void add_stamp() {
    reading_.value.has_stamp_ = true;
    add(Kind::stamp, kStampBytes);
  }

  void add_environment(std::string_view variable) {
    const auto value = names_.environment ? names_.environment(variable) : std::nullopt;
    if (value) return append(*value);
    complain(name_at_, "the environment variable " + quoted(variable) + " is not set");
  }

  void add_random_int(std::optional<std::string_view> arguments) {
    const std::string_view both = arguments.value_or("");
    const std::size_t comma = std::min(both.find(','), both.size());
    const auto least = whole_number<std::int64_t>(trimmed(both.substr(0, comma)));
    const auto most = whole_number<std::int64_t>(trimmed(both.substr(std::min(comma + 1, both.size()))));
    if (!least || !most || *least > *most) {
      return complain(name_at_, "found " + quoted(both) +
                                    " as what random.int is given, expected the least "
                                    "and the greatest of the numbers, as in random.int(1,6)");
    }
    const std::uint64_t span = static_cast<std::uint64_t>(*most) - static_cast<std::uint64_t>(*least) + 1;
    add(Kind::random_int, std::max(digits_of(*least), digits_of(*most)), *least, span);
  }

  void add_random_hex(std::optional<std::string_view> arguments) {
    const std::string_view written = trimmed(arguments.value_or(""));
    const auto digits = whole_number<std::uint64_t>(written);
    if (!digits || *digits == 0 || *digits > kMostHexDigits) {
      return complain(name_at_, "found " + quoted(written) +
                                    " as what random.hex is given, expected how many "
                                    "digits, 1 to 4,096, as in random.hex(16)");
    }
    add(Kind::random_hex, *digits, 0, *digits);
  }

  void add_value(std::string_view name) {
    const auto found = std::ranges::find(names_.values, name, &TemplateValue::name);
    if (found == names_.values.end()) return complain_of_unknown(name);
    const auto index = static_cast<std::uint32_t>(found - names_.values.begin());
    reading_.value.used_values_.push_back(index);
    add(Kind::value, found->longest, 0, index);
  }

  void complain_of_unknown(std::string_view name) {
    std::vector<std::string_view> known(kWords.begin(), kWords.end());
    for (const TemplateValue& value : names_.values) known.push_back(value.name);
    std::string hint = did_you_mean(call_of(name).word, known);
    if (hint.empty()) hint = "write {{{{ for two braces";
    complain(name_at_, "nothing has the name " + quoted(name) + ", which is to fill a hole", std::move(hint));
  }

  std::string_view text_;
  const TemplateNames& names_;
  TemplateReading reading_;
  std::size_t at_ = 0;
  std::size_t name_at_ = 0;  ///< where the name in the hole stands
  std::uint32_t literal_bytes_ = 0;
  std::uint64_t hole_bytes_ = 0;
};

TemplateReading Template::parse(std::string_view text, const TemplateNames& names) {
  return TemplateParser{text, names}.run();
}

bool Template::is_reserved(std::string_view name) {
  return std::ranges::find(kWords, name) != kWords.end() || name.starts_with(kEnvironment);
}

}  // namespace ringstorm
