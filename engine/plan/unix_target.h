// A WebSocket server behind a Unix domain socket: the URL form that npm's ws and others use. Only takes it
// apart; whether there is such a socket, the run finds out.
#pragma once

#include <string_view>

#include "base/result.h"
#include "plan/target.h"

namespace ringstorm {

/// The scheme, without its colon.
inline constexpr std::string_view kUnixScheme = "ws+unix";

/// "ws+unix:/run/app.sock:/path?query", or with an empty authority, "ws+unix:///run/app.sock:/path". The
/// socket's path ends at the first colon and is taken as it stands, without percent-decoding; the resource is
/// "/" when there is none. Errors: a path that is not absolute or longer than a socket's address holds (107
/// bytes), a host, a resource that no ws URL could have.
Result<Target> parse_unix_target(std::string_view url);

}  // namespace ringstorm
