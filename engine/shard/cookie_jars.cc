#include "shard/cookie_jars.h"

#include <algorithm>
#include <string>

#include <strings.h>

#include "base/text.h"
#include "codec/http_answer.h"

namespace ringstorm {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kField = "\r\nCookie: ";

/// Where the value of the Cookie field ends; npos when there is none.
std::size_t end_of_field(std::string_view request) {
  for (std::size_t at = request.find(kLineEnd); at != std::string_view::npos;
       at = request.find(kLineEnd, at + 1)) {
    const std::string_view line = request.substr(at);
    if (line.size() >= kField.size() && ::strncasecmp(line.data(), kField.data(), kField.size()) == 0)
      return request.find(kLineEnd, at + kField.size());
  }
  return std::string_view::npos;
}

}  // namespace

void CookieJars::take(Slot slot, std::string_view head, std::string_view target) {
  const HttpAnswer answer = read_http_answer(head, head.size());
  for (const std::string_view cookie : answer.cookies) jars_[slot].take(cookie, target);
}

std::size_t CookieJars::add_to(Slot slot, std::span<std::byte> room, std::size_t bytes,
                               std::string_view target) const {
  const std::string cookies = jars_[slot].for_request(target, secure_);
  if (cookies.empty()) return bytes;
  const std::string_view request = text_of(room.first(bytes));
  const std::size_t own = end_of_field(request);
  const bool has_own = own != std::string_view::npos;
  const std::size_t at = has_own ? own : bytes - 2 * kLineEnd.size();
  const std::string added = (has_own ? "; " : std::string(kField)) + cookies;
  std::ranges::copy_backward(room.subspan(at, bytes - at),
                             room.begin() + static_cast<std::ptrdiff_t>(bytes + added.size()));
  std::ranges::copy(std::as_bytes(std::span(added)), room.begin() + static_cast<std::ptrdiff_t>(at));
  return bytes + added.size();
}

}  // namespace ringstorm
