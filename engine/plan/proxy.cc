#include "plan/proxy.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "codec/http_answer.h"
#include "plan/json_tree.h"
#include "plan/target.h"

namespace ringstorm {
namespace {

constexpr const char* kWhere = "/proxy/url";
constexpr const char* kExample = "such as http://user:password@proxy.example:3128";
constexpr std::string_view kScheme = "http";

Error refusal(std::string what) {
  return {kWhere, std::move(what), kExample};
}

std::string in_case(std::string_view text, int (*convert)(int)) {
  std::string out{text};
  std::ranges::transform(out, out.begin(),
                         [&](char c) { return static_cast<char>(convert(static_cast<unsigned char>(c))); });
  return out;
}
std::string lower(std::string_view text) {
  return in_case(text, std::tolower);
}

/// Without percent-encoding; nothing when that is broken.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc{} || digits.size() != 2 || end != digits.data() + 2) return std::nullopt;
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

struct UserAndPassword {
  std::string user;
  std::string password;
};

/// Nothing when it cannot be sent: RFC 7617 has no colon in a user's name, and no control characters.
std::optional<UserAndPassword> parse_userinfo(std::string_view text) {
  const std::size_t colon = text.find(':');
  const auto user = decoded(text.substr(0, colon));
  const auto password = decoded(colon == std::string_view::npos ? "" : text.substr(colon + 1));
  if (!user || !password || user->find(':') != std::string::npos) return std::nullopt;
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::ranges::any_of(*user, control) || std::ranges::any_of(*password, control)) return std::nullopt;
  return UserAndPassword{*user, *password};
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// One entry of no_proxy: "*", ".example.org", "example.org:9001", "[::1]:80", "::1".
bool excepts(std::string_view entry, const Target& target) {
  if (entry == "*") return true;
  const std::size_t colon = entry.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (entry.find(':') == colon || entry[colon - 1] == ']');
  if (has_port) {
    if (entry.substr(colon + 1) != std::to_string(target.port)) return false;
    entry = entry.substr(0, colon);
  }
  if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
  while (entry.starts_with('.') || entry.starts_with('*')) entry.remove_prefix(1);
  if (entry.empty()) return false;
  const std::string name = lower(entry);
  const std::string host = lower(target.host);
  return host == name || host.ends_with("." + name);
}

bool is_excepted(std::string_view list, const Target& target) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view entry = trimmed(list.substr(0, comma));
    if (!entry.empty() && excepts(entry, target)) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace

std::string Proxy::shown() const {
  const bool literal_v6 = host.find(':') != std::string::npos;
  return fmt::format("http://{}:{}{}", literal_v6 ? "[" + host + "]" : host, port,
                     credentials.empty() ? "" : ", with a password");
}

Result<Proxy> parse_proxy(std::string_view url) {
  std::string_view rest = url;
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    if (lower(url.substr(0, scheme)) != kScheme)
      return refusal(
          fmt::format("the proxy's scheme is \"{}\", expected http", shortened(url.substr(0, scheme), 20)));
    rest = url.substr(scheme + 3);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  Proxy proxy;
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const auto who = parse_userinfo(rest.substr(0, at));
    if (!who)
      return refusal("the proxy's user or password holds what cannot be sent, or a bad percent-encoding");
    proxy.credentials = basic_credentials(who->user, who->password);
    rest = rest.substr(at + 1);
  }
  if (rest.find_first_of("/?#") != std::string_view::npos)
    return refusal("the proxy's URL has a path, expected host and port alone");
  const auto target = parse_target(fmt::format("ws://{}", rest));
  if (!target) return refusal(fmt::format("the proxy's URL {}", target.error().what));
  proxy.host = target->host;
  proxy.port = target->port;
  return proxy;
}

std::optional<std::string> proxy_from_environment(std::string_view url, const EnvironmentReader& variable) {
  const auto target = parse_target(url);
  if (!target || target->kind != Target::Kind::network) return std::nullopt;
  const auto value = [&](const std::string& name) -> std::optional<std::string> {
    for (const std::string& form : {name, in_case(name, std::toupper)}) {
      if (const char* text = variable(form.c_str()); text != nullptr) return text;
    }
    return std::nullopt;
  };
  if (is_excepted(value("no_proxy").value_or(""), *target)) return std::nullopt;
  std::optional<std::string> proxy = value(target->tls ? "https_proxy" : "http_proxy");
  if (!proxy || proxy->empty()) proxy = value("all_proxy");
  if (proxy && proxy->empty()) return std::nullopt;
  return proxy;
}

}  // namespace ringstorm
