#include "report/printable.h"

#include <fmt/format.h>

#include "base/check.h"

namespace ringstorm {
namespace {

std::string escaped(char byte) {
  switch (byte) {
    case '\r': return "\\r";
    case '\n': return "\\n";
    case '\t': return "\\t";
    case '\\': return "\\\\";
    default: break;
  }
  if (byte >= 0x20 && byte < 0x7f) return {byte};
  return fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
}

}  // namespace

std::string printable(std::string_view bytes, std::size_t limit) {
  constexpr std::string_view kCut = "...";
  RS_CHECK(limit >= 8);
  std::string text;
  std::size_t kept = 0;  // of the text, with room for the dots
  for (const char byte : bytes) {
    text += escaped(byte);
    if (text.size() <= limit - kCut.size()) kept = text.size();
    if (text.size() > limit) return text.substr(0, kept).append(kCut);
  }
  return text;
}

std::string_view first_line(std::string_view bytes) {
  return bytes.substr(0, bytes.find_first_of("\r\n"));
}

}  // namespace ringstorm
