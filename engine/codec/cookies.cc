#include "codec/cookies.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace ringstorm {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Takes what stands before `separator` off the front of `text`.
std::string_view take_until(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

bool is_named(std::string_view name, std::string_view lower) {
  return std::ranges::equal(name, lower,
                            [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

/// Section 5.1.4: up to, but not with, the last slash.
std::string_view default_path(std::string_view target) {
  const std::string_view path = path_of(target);
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos || slash == 0 ? "/" : path.substr(0, slash);
}

/// Section 5.1.4.
bool matches(std::string_view path, std::string_view cookie_path) {
  if (!path.starts_with(cookie_path)) return false;
  return path.size() == cookie_path.size() || cookie_path.ends_with('/') || path[cookie_path.size()] == '/';
}

/// Section 5.2.2: what is no number is no Max-Age.
bool has_expired(std::string_view max_age) {
  long long seconds = 1;
  const auto [stop, error] = std::from_chars(max_age.data(), max_age.data() + max_age.size(), seconds);
  const bool whole = stop == max_age.data() + max_age.size();
  if (error == std::errc::result_out_of_range) return whole && max_age.starts_with('-');
  return error == std::errc{} && whole && seconds <= 0;
}

/// It would end the field, or the line, that it is sent in.
bool is_unsafe(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; });
}

}  // namespace

std::size_t CookieJar::bytes() const {
  std::size_t all = 0;
  for (const Cookie& cookie : cookies_) all += cookie.name.size() + cookie.value.size();
  return all;
}

bool CookieJar::take(std::string_view set_cookie, std::string_view target) {
  std::string_view pair = take_until(set_cookie, ';');
  if (pair.find('=') == std::string_view::npos) return false;
  Cookie cookie{.name = std::string(trimmed(take_until(pair, '='))),
                .value = std::string(trimmed(pair)),
                .path = std::string(default_path(target))};
  if (cookie.name.empty() || is_unsafe(cookie.name) || is_unsafe(cookie.value)) return false;
  bool expired = false;
  while (!set_cookie.empty()) {
    std::string_view value = take_until(set_cookie, ';');
    const std::string_view name = trimmed(take_until(value, '='));
    value = trimmed(value);
    if (is_named(name, "secure")) cookie.secure = true;
    if (is_named(name, "path")) cookie.path = value.starts_with('/') ? value : default_path(target);
    if (is_named(name, "max-age")) expired = has_expired(value);
  }
  std::erase_if(cookies_,
                [&](const Cookie& kept) { return kept.name == cookie.name && kept.path == cookie.path; });
  if (expired) return true;
  if (bytes() + cookie.name.size() + cookie.value.size() > kMostBytes) return false;
  cookies_.push_back(std::move(cookie));
  return true;
}

std::string CookieJar::for_request(std::string_view target, bool secure) const {
  std::vector<const Cookie*> sent;
  for (const Cookie& cookie : cookies_) {
    if (matches(path_of(target), cookie.path) && (secure || !cookie.secure)) sent.push_back(&cookie);
  }
  std::ranges::stable_sort(sent, std::ranges::greater{},
                           [](const Cookie* cookie) { return cookie->path.size(); });
  std::string field;
  for (const Cookie* cookie : sent) {
    if (!field.empty()) field += "; ";
    field += cookie->name + "=" + cookie->value;
  }
  return field;
}

}  // namespace ringstorm
