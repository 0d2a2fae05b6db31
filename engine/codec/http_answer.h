// The head of an HTTP/1.1 answer that is no upgrade: a proxy's to CONNECT, a server's that points elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringstorm {

struct HttpAnswer {
  enum class Kind : std::uint8_t { need_more, whole, malformed, too_large };
  Kind kind = Kind::need_more;
  std::size_t head_bytes = 0;  ///< whole: what follows is no head any more
  int status = 0;              ///< whole
  // Views into the head.
  std::string_view location = {};              ///< of the Location field; empty without one
  std::vector<std::string_view> cookies = {};  ///< of each Set-Cookie field
};

/// Reads the head at the front of `received`, which is everything from the first byte; call again with more
/// while it needs more. What cannot become a head any more is malformed at once. A head longer than
/// `max_head_bytes` is too large.
HttpAnswer read_http_answer(std::string_view received, std::size_t max_head_bytes);

/// Of an answer that points elsewhere (3xx), the line that says where; else the whole head as it is. For a
/// reader who sees no more than the first bytes.
std::string_view telling_part(std::string_view head);

/// True as long as `head` may be the beginning of a status line of HTTP/1. Beast waits for eight bytes; who
/// greets with less, in a protocol of its own, would be waited for until the timeout.
bool can_be_status_line(std::string_view head);

/// The value of an Authorization or Proxy-Authorization field: "Basic dXNlcjpwYXNz" (RFC 7617).
std::string basic_credentials(std::string_view user, std::string_view password);

}  // namespace ringstorm
