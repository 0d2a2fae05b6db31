#include "plan/bytes_text.h"

#include <charconv>
#include <limits>

#include <openssl/evp.h>

namespace ringstorm {

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string_view letters = text.substr(0, text.find('='));
  const std::size_t padding = text.size() - letters.size();
  // OpenSSL takes spaces at the ends and padding anywhere near the end.
  const bool well_formed = text.size() % 4 == 0 && padding <= 2 &&
                           letters.find_first_not_of(kAlphabet) == std::string_view::npos &&
                           text.substr(letters.size()).find_first_not_of('=') == std::string_view::npos &&
                           text.size() < std::numeric_limits<int>::max();
  if (!well_formed) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int decoded =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (decoded < 0) return std::nullopt;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

std::optional<std::string> decode_hex(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    if (text.front() == ' ') {
      text.remove_prefix(1);
      continue;
    }
    unsigned value = 0;
    const char* end = text.data() + 2;
    if (text.size() < 2) return std::nullopt;
    const auto [at, failure] = std::from_chars(text.data(), end, value, 16);
    if (failure != std::errc{} || at != end) return std::nullopt;
    bytes += static_cast<char>(value);
    text.remove_prefix(2);
  }
  return bytes;
}

}  // namespace ringstorm
