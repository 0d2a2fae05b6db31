// Bytes that came from a peer or a scenario, made fit for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ringstorm {

/// Printable ASCII as it is, the rest as \r, \n, \t, \\ or \x1b, so that no peer can move the cursor; cut to
/// at most `limit` characters, ending in "..." when something was cut. `limit` >= 8.
std::string printable(std::string_view bytes, std::size_t limit);

/// Up to the first CR or LF.
std::string_view first_line(std::string_view bytes);

}  // namespace ringstorm
