#include "codec/extension_list.h"

#include <algorithm>
#include <cstddef>

namespace ringstorm {
namespace {

/// RFC 7230 section 3.2.6.
bool is_token_character(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return alphanumeric || kOthers.find(c) != std::string_view::npos;
}

}  // namespace

std::optional<std::string_view> ExtensionList::next_extension() {
  while (next_parameter()) {
  }
  if (malformed_) return std::nullopt;
  skip_space();
  bool separated = !started_;
  // A list may have empty elements (RFC 7230 section 7).
  while (take(',')) {
    separated = true;
    skip_space();
  }
  if (rest_.empty()) return std::nullopt;
  const std::string_view name = take_token();
  if (name.empty() || !separated) return fail();
  started_ = true;
  return name;
}

std::optional<ExtensionParameter> ExtensionList::next_parameter() {
  if (malformed_ || !started_) return std::nullopt;
  skip_space();
  if (!take(';')) return std::nullopt;
  skip_space();
  ExtensionParameter parameter{.name = take_token(), .value = {}};
  if (parameter.name.empty()) return fail();
  skip_space();
  if (!take('=')) return parameter;
  skip_space();
  parameter.value = rest_.starts_with('"') ? take_quoted() : take_token();
  if (!parameter.value || parameter.value->empty()) return fail();
  return parameter;
}

void ExtensionList::skip_space() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
}

bool ExtensionList::take(char wanted) {
  if (!rest_.starts_with(wanted)) return false;
  rest_.remove_prefix(1);
  return true;
}

std::string_view ExtensionList::take_token() {
  const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_token_character);
  const std::string_view token = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
  rest_.remove_prefix(token.size());
  return token;
}

/// With its escapes in it: no value that means anything here has one.
std::optional<std::string_view> ExtensionList::take_quoted() {
  std::size_t end = 1;
  while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2U : 1U;
  if (end >= rest_.size()) return std::nullopt;
  const std::string_view value = rest_.substr(1, end - 1);
  rest_.remove_prefix(end + 1);
  return value;
}

std::nullopt_t ExtensionList::fail() {
  malformed_ = true;
  rest_ = {};
  return std::nullopt;
}

}  // namespace ringstorm
