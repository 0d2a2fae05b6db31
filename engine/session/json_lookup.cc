#include "session/json_lookup.h"

#include <array>
#include <charconv>
#include <cstdint>

namespace ringstorm {
namespace {

/// The characters of a JSON string's inside, one at a time, as UTF-8.
class StringReader {
 public:
  /// `written` with its quotes.
  explicit StringReader(std::string_view written) : rest_(written.substr(1, written.size() - 2)) {}

  bool empty() const { return rest_.empty(); }
  bool malformed() const { return malformed_; }

  /// The next character, valid until the next call; empty when it is malformed.
  std::string_view next() {
    if (rest_.front() != '\\') return take(1);
    if (rest_.size() < 2) return fail();
    const char c = rest_[1];
    if (c == 'u') return next_code_point();
    constexpr std::string_view kWritten = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    const std::size_t at = kWritten.find(c);
    if (at == std::string_view::npos) return fail();
    rest_.remove_prefix(2);
    return kMeant.substr(at, 1);
  }

 private:
  std::string_view take(std::size_t bytes) {
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }
  std::string_view fail() {
    malformed_ = true;
    rest_ = {};
    return {};
  }

  /// The four digits behind "\u", or nothing.
  std::optional<std::uint32_t> take_unit() {
    std::uint32_t unit = 0;
    if (rest_.size() < 6 || rest_[0] != '\\' || rest_[1] != 'u') return std::nullopt;
    const char* end = rest_.data() + 6;
    const auto [at, failure] = std::from_chars(rest_.data() + 2, end, unit, 16);
    if (failure != std::errc{} || at != end) return std::nullopt;
    rest_.remove_prefix(6);
    return unit;
  }

  std::string_view next_code_point() {
    const auto first = take_unit();
    if (!first || (*first >= 0xDC00 && *first < 0xE000)) return fail();
    if (*first < 0xD800 || *first >= 0xE000) return encode(*first);
    const auto second = take_unit();
    if (!second || *second < 0xDC00 || *second >= 0xE000) return fail();
    return encode(0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
  }

  std::string_view encode(std::uint32_t c) {
    const auto put = [&](std::size_t i, std::uint32_t byte) { utf8_[i] = static_cast<char>(byte); };
    const auto tail = [&](unsigned shift) { return 0x80U | ((c >> shift) & 0x3FU); };
    if (c < 0x80) {
      put(0, c);
      return {utf8_.data(), 1};
    }
    if (c < 0x800) {
      put(0, 0xC0U | (c >> 6));
      put(1, tail(0));
      return {utf8_.data(), 2};
    }
    if (c < 0x10000) {
      put(0, 0xE0U | (c >> 12));
      put(1, tail(6));
      put(2, tail(0));
      return {utf8_.data(), 3};
    }
    put(0, 0xF0U | (c >> 18));
    put(1, tail(12));
    put(2, tail(6));
    put(3, tail(0));
    return {utf8_.data(), 4};
  }

  std::string_view rest_;
  std::array<char, 4> utf8_{};
  bool malformed_ = false;
};

/// Walks forward through text that may be anything; every step says whether it found what it looked for.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  bool member(std::string_view name) {
    if (!take('{')) return false;
    while (peek() == '"') {
      const std::string_view key = string();
      if (key.empty() || !take(':')) return false;
      if (json_string_equals(key, name)) return true;
      if (value().empty() || !take(',')) return false;
    }
    return false;
  }

  bool item(std::string_view index) {
    std::size_t left = 0;
    const char* end = index.data() + index.size();
    const auto [at, failure] = std::from_chars(index.data(), end, left);
    if (failure != std::errc{} || at != end || !take('[')) return false;
    if (peek() == ']') return false;
    for (; left > 0; --left) {
      if (value().empty() || !take(',')) return false;
    }
    return true;
  }

  char peek() {
    constexpr std::string_view kSpace = " \t\r\n";
    while (at_ < text_.size() && kSpace.find(text_[at_]) != std::string_view::npos) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  /// The value that begins here, passed over; empty when there is none or it does not end.
  std::string_view value() {
    const char first = peek();
    if (first == '"') return string();
    return first == '{' || first == '[' ? nested() : word();
  }

 private:
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  std::string_view string() {
    const std::size_t begin = at_;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '"') {
        ++at_;
        return text_.substr(begin, at_ - begin);
      }
    }
    return {};
  }

  // By counting the brackets: no stack, however deep a peer nests.
  std::string_view nested() {
    const std::size_t begin = at_;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        if (string().empty()) return {};
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return text_.substr(begin, at_ - begin);
    }
    return {};
  }

  std::string_view word() {
    constexpr std::string_view kEnd = " \t\r\n,]}:";
    const std::size_t begin = at_;
    while (at_ < text_.size() && kEnd.find(text_[at_]) == std::string_view::npos) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::vector<std::string>> parse_json_pointer(std::string_view pointer) {
  std::vector<std::string> steps;
  if (pointer.empty()) return steps;
  if (pointer.front() != '/') return std::nullopt;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      steps.emplace_back();
    } else if (pointer[i] != '~') {
      steps.back() += pointer[i];
    } else if (++i < pointer.size() && (pointer[i] == '0' || pointer[i] == '1')) {
      steps.back() += pointer[i] == '0' ? '~' : '/';
    } else {
      return std::nullopt;
    }
  }
  return steps;
}

std::optional<std::string_view> find_json(std::string_view text, std::span<const std::string> steps) {
  Walk walk(text);
  for (const std::string& step : steps) {
    const bool found = walk.peek() == '{' ? walk.member(step) : walk.item(step);
    if (!found) return std::nullopt;
  }
  const std::string_view value = walk.value();
  return value.empty() ? std::nullopt : std::optional(value);
}

bool json_string_equals(std::string_view written, std::string_view text) {
  if (written.size() < 2 || written.front() != '"') return false;
  const std::string_view inside = written.substr(1, written.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return inside == text;
  StringReader reader(written);
  while (!reader.empty()) {
    const std::string_view character = reader.next();
    if (character.empty() || !text.starts_with(character)) return false;
    text.remove_prefix(character.size());
  }
  return text.empty();
}

std::optional<std::size_t> decode_json_string(std::string_view written, std::span<char> out) {
  if (written.size() < 2 || written.front() != '"') return std::nullopt;
  StringReader reader(written);
  std::size_t used = 0;
  while (!reader.empty()) {
    const std::string_view character = reader.next();
    if (reader.malformed() || character.size() > out.size() - used) return std::nullopt;
    used += character.copy(out.data() + used, character.size());
  }
  return used;
}

}  // namespace ringstorm
