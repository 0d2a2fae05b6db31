#include "plan/unix_target.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <sys/un.h>

#include "plan/json_tree.h"

namespace ringstorm {
namespace {

constexpr std::size_t kShown = 120;
constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::string_view kHost = "localhost";  // as npm's ws and curl name a server that has no host
constexpr const char* kExample = "such as ws+unix:/run/app.sock:/path";

Error refusal(std::string_view url, std::string what, std::string hint = kExample) {
  return {shortened(url, kShown), std::move(what), std::move(hint)};
}

/// What is wrong with the socket's path; empty when nothing is.
std::string wrong_with(std::string_view path) {
  if (path.find_first_of("?#") != std::string_view::npos)
    return "has a \"?\" or \"#\" before the colon that ends the socket's path";
  if (path.size() == 1 || path.ends_with('/')) return "names a folder, expected a socket's path";
  if (path.size() > kLongestPath)
    return fmt::format("the socket's path takes {} bytes, and an address holds {}", path.size(),
                       kLongestPath);
  const bool control = std::any_of(path.begin(), path.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  return control ? "the socket's path holds a control character" : "";
}

}  // namespace

Result<Target> parse_unix_target(std::string_view url) {
  std::string_view rest = url.substr(kUnixScheme.size() + 1);
  if (rest.starts_with("///")) rest.remove_prefix(2);
  if (rest.starts_with("//"))
    return refusal(url, "names a host, and a Unix socket has none",
                   fmt::format("did you mean ws+unix:{}?", shortened(rest.substr(1), kShown)));
  if (!rest.starts_with('/')) return refusal(url, "has no absolute path of a socket");
  const std::size_t colon = rest.find(':');
  const std::string_view path = rest.substr(0, colon);
  if (std::string wrong = wrong_with(path); !wrong.empty()) return refusal(url, std::move(wrong));

  const std::string_view resource = colon == std::string_view::npos ? "/" : rest.substr(colon + 1);
  if (!resource.starts_with('/'))
    return refusal(url,
                   fmt::format("the part after the socket's path is \"{}\", expected a path such as /chat",
                               shortened(resource, 40)));
  // The resource is that of any other ws URL.
  auto target = parse_target(fmt::format("ws://{}{}", kHost, resource));
  if (!target) return refusal(url, target.error().what, target.error().hint);
  target->kind = Target::Kind::unix_socket;
  target->socket_path = path;
  target->port = 0;
  return target;
}

}  // namespace ringstorm
