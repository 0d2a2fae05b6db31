// Where a redirect leads: the URL that a Location field means, seen from the URL that answered with it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ringstorm {

/// True for the statuses by which an HTTP server points elsewhere: 301, 302, 303, 307, 308.
bool is_redirect(int status);

/// The reference `location` resolved against `url` (RFC 9110 section 10.2.2), with http and https read as ws
/// and wss, and without a fragment. From a Unix socket only a path leads anywhere: to the same socket. Errors
/// say what the server pointed to; whether the result is a URL that can be run, parse_target judges.
Result<std::string> redirect_target(std::string_view url, std::string_view location);

}  // namespace ringstorm
