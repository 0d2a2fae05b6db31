#include "plan/target.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <uriparser/Uri.h>

#include "base/nearest_name.h"
#include "plan/json_tree.h"
#include "plan/unix_target.h"

namespace ringstorm {
namespace {

constexpr std::string_view kEmbedded = "embedded";
constexpr std::uint16_t kPort = 80;  // RFC 6455 section 3
constexpr std::uint16_t kTlsPort = 443;
constexpr std::string_view kExample = "such as ws://127.0.0.1:9001/ or embedded:echo";
constexpr std::array<std::string_view, 3> kEmbeddedModes{"echo", "sink", "broadcast"};
constexpr std::size_t kShown = 120;
constexpr std::size_t kMaxHostLength = 253;  // RFC 1035 section 2.3.4, as text

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_decimal(char c) {
  return c >= '0' && c <= '9';
}

Error refusal(std::string_view url, std::string what, std::string hint = {}) {
  return {shortened(url, kShown), std::move(what), std::move(hint)};
}

std::string_view text_of(const UriTextRangeA& range) {
  if (range.first == nullptr) return {};
  return {range.first, static_cast<std::size_t>(range.afterLast - range.first)};
}

/// The parts of a URL; they point into the text it was parsed from.
class Uri {
 public:
  /// Nothing when `url` is not one by RFC 3986; `failed_at` is then the offending place.
  static std::optional<Uri> parse(std::string_view url, std::size_t& failed_at) {
    Uri uri;
    const char* error = nullptr;
    if (uriParseSingleUriExA(uri.parts_.get(), url.data(), url.data() + url.size(), &error) == URI_SUCCESS)
      return uri;
    failed_at = error == nullptr ? url.size() : static_cast<std::size_t>(error - url.data());
    return std::nullopt;
  }

  const UriUriA& operator*() const { return *parts_; }
  const UriUriA* operator->() const { return parts_.get(); }

 private:
  struct Free {
    void operator()(UriUriA* uri) const {
      uriFreeUriMembersA(uri);
      delete uri;
    }
  };
  Uri() : parts_(new UriUriA{}) {}
  std::unique_ptr<UriUriA, Free> parts_;
};

Result<Target> parse_embedded(std::string_view url) {
  const std::string_view mode =
      url.size() > kEmbedded.size() ? url.substr(kEmbedded.size() + 1) : std::string_view{};
  if (std::find(kEmbeddedModes.begin(), kEmbeddedModes.end(), mode) == kEmbeddedModes.end()) {
    return refusal(url,
                   fmt::format("no embedded server is called \"{}\", expected echo, sink or broadcast",
                               shortened(mode, 40)),
                   did_you_mean(mode, kEmbeddedModes));
  }
  Target target;
  target.kind = Target::Kind::embedded;
  target.embedded_mode = mode;
  target.host = "127.0.0.1";
  target.port = 0;
  target.host_header = target.host;
  return target;
}

/// "ws" or "wss" for anything that is plausibly meant to be it.
Error wrong_scheme(std::string_view url, std::string_view scheme, std::string_view rest) {
  const std::string name = lower(scheme);
  constexpr std::array<std::string_view, 4> kSchemes{"ws", "wss", kUnixScheme, kEmbedded};
  const std::string_view near = nearest_name(name, kSchemes);
  const bool secure = name == "https" || name == "tls" || near == "wss";
  const bool web = secure || name == "http" || name == "tcp" || near == "ws";
  std::string what = fmt::format("the scheme is \"{}\", expected ws or wss", shortened(scheme, 20));
  if (web) {
    return refusal(url, std::move(what),
                   fmt::format("did you mean {}:{}?", secure ? "wss" : "ws", shortened(rest, kShown)));
  }
  if (near == kEmbedded) {
    const bool known = std::find(kEmbeddedModes.begin(), kEmbeddedModes.end(), rest) != kEmbeddedModes.end();
    return refusal(url, std::move(what),
                   fmt::format("did you mean embedded:{}?", known ? rest : kEmbeddedModes[0]));
  }
  if (near == kUnixScheme || name == "unix")
    return refusal(url, std::move(what),
                   fmt::format("did you mean {}:{}?", kUnixScheme, shortened(rest, kShown)));
  return refusal(url, std::move(what), std::string{kExample});
}

/// Something of the form "host:9001/path" lacks only the scheme.
Error no_scheme(std::string_view url) {
  const std::string_view rest = url.starts_with("//") ? url.substr(2) : url;
  const bool like_host = !rest.empty() && rest.front() != '/' && rest.front() != '?' && rest.front() != '#';
  return refusal(
      url, "has no scheme, expected ws://host:port/path",
      like_host ? fmt::format("did you mean ws://{}?", shortened(rest, kShown)) : std::string{kExample});
}

/// Why RFC 3986 does not allow `url` at `at`, in words for the usual mistakes.
Error not_a_uri(std::string_view url, std::size_t at) {
  for (std::size_t i = url.find('%'); i != std::string_view::npos && i <= at; i = url.find('%', i + 1)) {
    const std::string_view code = url.substr(i, 3);
    if (code.size() == 3 && is_hex(code[1]) && is_hex(code[2])) continue;
    return refusal(url, fmt::format("has a bad percent-encoding \"{}\"", shortened(code, 3)),
                   "two hexadecimal digits must follow \"%\", and \"%\" itself is written %25");
  }
  if (at >= url.size()) return refusal(url, "ends too early", std::string{kExample});
  const auto byte = static_cast<unsigned char>(url[at]);
  const std::string column = fmt::format("at character {}", position_of(url, at).column);
  if (byte <= ' ' || byte >= 0x7F) {
    return refusal(url, fmt::format("has a character {} that a URL cannot hold", column),
                   fmt::format("write it percent-encoded: %{:02X}", byte));
  }
  return refusal(url, fmt::format("is not a URL: unexpected \"{}\" {}", static_cast<char>(byte), column),
                 std::string{kExample});
}

std::string_view authority_of(std::string_view url) {
  const std::size_t begin = url.find("://") + 3;
  return url.substr(begin, url.find_first_of("/?#", begin) - begin);
}

/// The port's text when the authority has the form "host:text" but the text is no port.
std::optional<std::string_view> bad_port(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos)
    return std::nullopt;
  if (authority.find('@') != std::string_view::npos) return std::nullopt;
  const std::string_view port = authority.substr(colon + 1);
  if (authority.find(':') != colon && !authority.starts_with('['))
    return std::nullopt;  // an IPv6 literal in the bare
  unsigned value = 0;
  for (const char c : port) {
    if (!is_decimal(c)) return port;
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > 65'535) return port;
  }
  if (value == 0) return port;
  return std::nullopt;
}

bool is_ipv6(const std::string& text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

std::optional<Error> check_host(std::string_view url, std::string_view authority, const UriUriA& uri) {
  const std::string_view host = text_of(uri.hostText);
  if (host.empty()) return refusal(url, "has no host, expected ws://host:port/path");
  if (uri.hostData.ipFuture.first != nullptr) return refusal(url, "has an address of an unknown kind");
  if (uri.hostData.ip6 != nullptr) return std::nullopt;
  const auto odd = std::find_if(host.begin(), host.end(), [](char c) {
    return !is_decimal(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '-' && c != '.' &&
           c != '_';
  });
  if (odd != host.end()) {
    return refusal(url, fmt::format("the host \"{}\" holds \"{}\", expected letters, digits, \"-\" and \".\"",
                                    shortened(authority, 60), *odd));
  }
  if (host.size() > kMaxHostLength)
    return refusal(url, fmt::format("the host is longer than {} characters", kMaxHostLength));
  return std::nullopt;
}

std::optional<Error> check_parts(std::string_view url, const UriUriA& uri) {
  const std::string_view authority = authority_of(url);
  if (uri.userInfo.first != nullptr) {
    const std::string shown =
        fmt::format("{}://…{}", text_of(uri.scheme), authority.substr(authority.rfind('@')));
    return refusal(shown, "holds credentials, which a ws URL does not carry",
                   "set the header Authorization in /upgrade/headers");
  }
  if (auto error = check_host(url, authority, uri)) return error;
  if (uri.fragment.first != nullptr) {
    return refusal(url, "has a fragment (\"#…\"), which a ws URL must not have (RFC 6455 section 3)",
                   "write \"#\" as %23 when it is part of the path");
  }
  return std::nullopt;
}

std::string host_header_of(const Target& target) {
  const std::string host = is_ipv6(target.host) ? fmt::format("[{}]", target.host) : target.host;
  return target.port == (target.tls ? kTlsPort : kPort) ? host : fmt::format("{}:{}", host, target.port);
}

std::uint16_t port_of(std::string_view text) {
  unsigned value = 0;
  for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
  return static_cast<std::uint16_t>(value);
}

Target target_of(std::string_view url, const UriUriA& uri) {
  Target target;
  target.host = text_of(uri.hostText);
  target.tls = lower(text_of(uri.scheme)) == "wss";
  target.port = target.tls ? kTlsPort : kPort;
  if (const std::string_view port = text_of(uri.portText); !port.empty()) target.port = port_of(port);
  const std::string_view authority = authority_of(url);
  target.resource = url.substr(static_cast<std::size_t>(authority.data() - url.data()) + authority.size());
  if (!target.resource.starts_with('/')) target.resource.insert(0, "/");
  target.host_header = host_header_of(target);
  return target;
}

}  // namespace

Result<Target> parse_target(std::string_view url) {
  if (url.empty()) return refusal("url", "is empty, expected ws://host:port/path", std::string{kExample});
  const std::size_t colon = url.find(':');
  const std::string_view scheme = url.substr(0, colon);
  if (lower(scheme) == kEmbedded) return parse_embedded(url);
  if (colon != std::string_view::npos && lower(scheme) == kUnixScheme) return parse_unix_target(url);
  const bool has_scheme =
      colon != std::string_view::npos && scheme.find_first_of("/?#[.@") == std::string_view::npos;
  const std::string_view rest = has_scheme ? url.substr(colon + 1) : std::string_view{};
  if (!has_scheme || scheme.empty() || (!rest.empty() && is_decimal(rest.front()))) return no_scheme(url);
  if (lower(scheme) != "ws" && lower(scheme) != "wss") return wrong_scheme(url, scheme, rest);
  if (!rest.starts_with("//")) {
    const std::string_view path = rest.starts_with('/') ? rest.substr(1) : rest;
    return refusal(url, "has no host, expected ws://host:port/path",
                   fmt::format("did you mean {}://{}?", scheme, shortened(path, kShown)));
  }
  if (const auto port = bad_port(authority_of(url)); port && !authority_of(url).starts_with(':')) {
    return refusal(
        url, fmt::format("the port is \"{}\", expected a number from 1 to 65535", shortened(*port, 20)));
  }
  std::size_t failed_at = 0;
  const auto uri = Uri::parse(url, failed_at);
  if (!uri) return not_a_uri(url, failed_at);
  if (auto error = check_parts(url, **uri)) return *error;
  return target_of(url, **uri);
}

bool is_local(const Target& target) {
  if (target.kind != Target::Kind::network || lower(target.host) == "localhost") return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, target.host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, target.host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace ringstorm
