// nlohmann's parser tells what it read but not where. A cursor walks the text in step with its events: what
// the parser has accepted is known to be well formed, so finding the next token's ends is simple.
#include "plan/json_tree.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/units.h"

namespace ringstorm {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxValues = 100'000;
constexpr std::size_t kMaxNamesGivenTwice = 50;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Extent {
  std::size_t begin;
  std::size_t end;
};

class TokenCursor {
 public:
  explicit TokenCursor(std::string_view text) : text_(text) {
    if (text.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  /// The next brace, bracket, string, number or word; commas and colons are passed over.
  Extent take() {
    separators_ = 0;
    skip_to_token();
    const std::size_t begin = at_;
    if (begin == text_.size()) return {begin, begin};
    if (text_[begin] == '"') {
      pass_string();
    } else if (is_word(text_[begin])) {
      while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    } else {
      ++at_;
    }
    return {begin, at_};
  }

  /// Where the comma stands before the token that was taken last, when it is all that separates it from the
  /// one before.
  std::optional<std::size_t> lone_comma() const {
    return separators_ == 1 && text_[separator_] == ',' ? std::optional{separator_} : std::nullopt;
  }

 private:
  static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == 'E' || c == '+' || c == '-' || c == '.';
  }

  void skip_to_token() {
    constexpr std::string_view kBetween = " \t\r\n,:";
    while (at_ < text_.size()) {
      if (kBetween.find(text_[at_]) != std::string_view::npos) {
        if (text_[at_] == ',' || text_[at_] == ':') ++separators_, separator_ = at_;
        ++at_;
      } else if (text_.substr(at_).starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_).starts_with("/*")) {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return;  // the mistake is where it opens
        at_ = end + 2;
      } else {
        return;
      }
    }
  }

  void pass_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t separators_ = 0;  ///< commas and colons before the token that was taken last
  std::size_t separator_ = 0;   ///< where the last of them stands
};

/// The parser knows no comma behind a last item, so it becomes a space: all places stay what they were.
std::string without_trailing_commas(std::string_view text) {
  std::string out{text};
  TokenCursor cursor{text};
  char before = '{';
  for (Extent token = cursor.take(); token.begin < token.end; token = cursor.take()) {
    const char c = text[token.begin];
    const bool closes = c == '}' || c == ']';
    const std::optional<std::size_t> comma = cursor.lone_comma();
    if (closes && comma && before != '{' && before != '[') out[*comma] = ' ';
    before = c;
  }
  return out;
}

/// "malformed JSON: unexpected ','; expected string literal" out of the parser's longer sentence.
std::string malformed(std::string_view message) {
  if (const std::size_t dash = message.find(" - "); dash != std::string_view::npos)
    message.remove_prefix(dash + 3);
  std::string_view expected;
  if (const std::size_t at = message.rfind("; expected "); at != std::string_view::npos)
    expected = message.substr(at);
  message = message.substr(0, message.size() - expected.size());
  message = message.substr(0, message.find("; last read: "));  // the place says it better
  return fmt::format("malformed JSON: {}{}", shortened(message, 120), shortened(expected, 60));
}

/// Receives the parser's events and grows the tree.
class TreeBuilder {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text), cursor_(text) {}

  JsonTree finish(bool complete) && {
    if (complete) tree_.root = std::move(root_);
    return std::move(tree_);
  }

  // The names and types below are those of nlohmann::json_sax.
  bool null() { return leaf(JsonNode::Kind::null, {}); }
  bool boolean(bool value) { return leaf(JsonNode::Kind::boolean, value ? "true" : "false"); }
  bool number_integer(std::int64_t) { return number(); }
  bool number_unsigned(std::uint64_t) { return number(); }
  bool number_float(double, const std::string&) { return number(); }
  bool string(std::string& value) { return leaf(JsonNode::Kind::string, std::move(value)); }
  bool binary(std::vector<std::uint8_t>&) { return false; }  // JSON text has none
  bool start_object(std::size_t) { return open(JsonNode::Kind::object); }
  bool start_array(std::size_t) { return open(JsonNode::Kind::list); }
  bool end_array() { return close(); }
  bool end_object() {
    report_names_given_twice(*open_.back());
    return close();
  }
  bool key(std::string& name) {
    key_begin_ = cursor_.take().begin;
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t read, const std::string&, const nlohmann::json::exception& error) {
    const Extent token = cursor_.take();
    constexpr int kNumberOverflow = 406;
    if (error.id == kNumberOverflow) {
      const auto written = text_.substr(token.begin, token.end - token.begin);
      return report(token.begin, fmt::format("the number {} is too large", shortened(written, 40)));
    }
    // What the parser stopped in is the next token, unless that lies beyond what it read: "01" is two numbers
    // to it.
    const bool beyond = token.begin >= read && token.begin < text_.size() && read > 0;
    tree_.problems.push_back({beyond ? read - 1 : token.begin, {}, malformed(error.what())});
    return false;
  }

 private:
  bool number() {
    if (!leaf(JsonNode::Kind::number, {})) return false;
    JsonNode& node = open_.empty() ? root_ : open_.back()->children.back();
    node.text = text_.substr(node.begin, node.end - node.begin);
    return true;
  }

  bool leaf(JsonNode::Kind kind, std::string text) {
    JsonNode* node = add(kind);
    if (node != nullptr) node->text = std::move(text);
    return node != nullptr;
  }

  bool open(JsonNode::Kind kind) {
    JsonNode* node = add(kind);
    if (node == nullptr) return false;
    if (open_.size() == kMaxDepth)
      return report(node->begin, fmt::format("nested more than {} levels deep", kMaxDepth));
    // The address holds while the node is open: its parent grows again only after it is closed.
    open_.push_back(node);
    return true;
  }

  bool close() {
    open_.back()->end = cursor_.take().end;
    open_.pop_back();
    return true;
  }

  JsonNode* add(JsonNode::Kind kind) {
    const Extent extent = cursor_.take();
    if (++values_ > kMaxValues) {
      report(extent.begin, fmt::format("holds more than {} values", format_count(kMaxValues)));
      return nullptr;
    }
    JsonNode& node = open_.empty() ? root_ : open_.back()->children.emplace_back();
    node.kind = kind;
    node.begin = extent.begin;
    node.end = extent.end;
    if (!open_.empty() && open_.back()->kind == JsonNode::Kind::object) {
      node.key = std::move(key_);
      node.key_begin = key_begin_;
    }
    return &node;
  }

  void report_names_given_twice(const JsonNode& object) {
    std::vector<std::size_t> order(object.children.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return object.children[a].key < object.children[b].key;
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
      const JsonNode& earlier = object.children[order[i - 1]];
      const JsonNode& later = object.children[order[i]];
      if (earlier.key != later.key) continue;
      if (tree_.problems.size() == kMaxNamesGivenTwice) return;
      const std::size_t first_line = position_of(text_, earlier.key_begin).line;
      tree_.problems.push_back(
          {later.key_begin, pointer() + "/" + pointer_step(later.key),
           fmt::format("\"{}\" is given twice, first on line {}", shortened(later.key, 40), first_line)});
    }
  }

  bool report(std::size_t offset, std::string what) {
    tree_.problems.push_back({offset, pointer(), std::move(what)});
    return false;
  }

  /// Of the innermost open list or object.
  std::string pointer() const {
    std::string out;
    for (std::size_t i = 1; i < open_.size(); ++i) {
      const JsonNode& parent = *open_[i - 1];
      out += "/" + (parent.kind == JsonNode::Kind::object ? pointer_step(open_[i]->key)
                                                          : std::to_string(parent.children.size() - 1));
    }
    return out;
  }

  std::string_view text_;
  TokenCursor cursor_;
  JsonTree tree_;
  JsonNode root_;
  std::vector<JsonNode*> open_;
  std::string key_;
  std::size_t key_begin_ = 0;
  std::size_t values_ = 0;
};

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

const JsonNode* JsonNode::member(std::string_view name) const {
  if (kind != Kind::object) return nullptr;
  const auto found =
      std::find_if(children.begin(), children.end(), [&](const JsonNode& n) { return n.key == name; });
  return found == children.end() ? nullptr : &*found;
}

JsonTree read_json(std::string_view text) {
  TreeBuilder builder{text};
  constexpr bool kWholeText = true;
  constexpr bool kIgnoreComments = true;
  const std::string strict = without_trailing_commas(text);
  const bool complete =
      nlohmann::json::sax_parse(strict.begin(), strict.end(), &builder, nlohmann::json::input_format_t::json,
                                kWholeText, kIgnoreComments);
  return std::move(builder).finish(complete);
}

std::string pointer_step(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

TextPosition position_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
  TextPosition position;
  position.line += static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::string_view line = before.substr(line_begin);
  position.column +=
      line.size() - static_cast<std::size_t>(std::count_if(line.begin(), line.end(), continues_character));
  return position;
}

// An escape is longer than what it stands for: two characters for one, or six for the one to three bytes of a
// \uXXXX, and twelve for the four of a pair of them (RFC 8259 section 7).
std::size_t place_in_string(std::string_view json, const JsonNode& string, std::size_t offset) {
  if (json[string.begin] != '"') return string.begin + offset;
  std::size_t at = string.begin + 1;
  for (std::size_t decoded = 0; decoded < offset && at < string.end;) {
    const bool unicode = json.substr(at).starts_with("\\u");
    unsigned code = 0;
    if (unicode) std::from_chars(json.data() + at + 2, json.data() + at + 6, code, 16);
    const bool pair = code >= 0xD800 && code < 0xDC00;
    const std::size_t bytes = !unicode || code < 0x80 ? 1 : pair ? 4 : code < 0x800 ? 2 : 3;
    if (decoded + bytes > offset) break;
    decoded += bytes;
    const std::size_t written = json[at] == '\\' ? 2 : 1;
    at += pair ? 12U : unicode ? 6U : written;
  }
  return at;
}

std::string shortened(std::string_view text, std::size_t bytes) {
  const bool cut = text.size() > bytes;
  if (cut) {
    while (bytes > 0 && continues_character(text[bytes])) --bytes;
    text = text.substr(0, bytes);
  }
  std::string out{text};
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  if (cut) out += "…";
  return out;
}

}  // namespace ringstorm
