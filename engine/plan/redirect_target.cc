#include "plan/redirect_target.h"

#include <memory>

#include <fmt/format.h>
#include <strings.h>
#include <uriparser/Uri.h>

#include "plan/json_tree.h"
#include "plan/target.h"

namespace ringstorm {
namespace {

constexpr std::size_t kShown = 120;

struct FreeMembers {
  void operator()(UriUriA* uri) const {
    uriFreeUriMembersA(uri);
    delete uri;
  }
};
using Uri = std::unique_ptr<UriUriA, FreeMembers>;

/// Null when `text`, which must outlive it, is none.
Uri parsed(std::string_view text) {
  Uri uri(new UriUriA{});
  const char* failed_at = nullptr;
  if (uriParseSingleUriExA(uri.get(), text.data(), text.data() + text.size(), &failed_at) == URI_SUCCESS)
    return uri;
  return nullptr;
}

std::string text_of(const UriUriA& uri) {
  int length = 0;
  if (uriToStringCharsRequiredA(&uri, &length) != URI_SUCCESS) return {};
  std::string text(static_cast<std::size_t>(length) + 1, '\0');
  if (uriToStringA(text.data(), &uri, length + 1, nullptr) != URI_SUCCESS) return {};
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string as_web_socket(std::string url) {
  const std::size_t colon = url.find(':');
  const std::string scheme = url.substr(0, colon);
  if (::strcasecmp(scheme.c_str(), "http") == 0) return "ws" + url.substr(colon);
  if (::strcasecmp(scheme.c_str(), "https") == 0) return "wss" + url.substr(colon);
  return url;
}

Error refusal(std::string_view url, std::string_view location, const char* why) {
  return {shortened(url, kShown), fmt::format("points to \"{}\", {}", shortened(location, kShown), why), ""};
}

Result<std::string> on_unix_socket(std::string_view url, const Target& target, std::string_view location) {
  if (!location.starts_with('/') || location.starts_with("//"))
    return refusal(url, location, "and from a Unix socket only a path leads anywhere");
  return fmt::format("ws+unix:{}:{}", target.socket_path, location);
}

}  // namespace

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Result<std::string> redirect_target(std::string_view url, std::string_view location) {
  location = location.substr(0, location.find('#'));
  if (location.empty()) return Error{shortened(url, kShown), "points elsewhere without saying where", ""};
  const auto target = parse_target(url);
  if (target && target->kind == Target::Kind::unix_socket) return on_unix_socket(url, *target, location);
  const Uri base = parsed(url);
  const Uri reference = parsed(location);
  const Uri resolved(new UriUriA{});
  if (!base || !reference || uriAddBaseUriA(resolved.get(), reference.get(), base.get()) != URI_SUCCESS)
    return refusal(url, location, "which is no URL");
  return as_web_socket(text_of(*resolved));
}

}  // namespace ringstorm
