// RFC 6455 bytes built by hand, so that the server is held against the RFC and not against the codec it uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ringstorm::testing {

/// The request of RFC 6455 section 1.2 and the Sec-WebSocket-Accept that section 1.3 derives for it.
inline constexpr std::string_view kRequest =
    "GET /chat HTTP/1.1\r\n"
    "Host: server.example.com\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "\r\n";
inline constexpr std::string_view kResponse =
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    "\r\n";

inline constexpr unsigned kText = 0x81;
inline constexpr unsigned kBinary = 0x82;
inline constexpr unsigned kTextBegins = 0x01;
inline constexpr unsigned kBinaryBegins = 0x02;
inline constexpr unsigned kContinues = 0x00;
inline constexpr unsigned kContinuesLast = 0x80;
inline constexpr unsigned kClose = 0x88;
inline constexpr unsigned kPing = 0x89;
inline constexpr unsigned kPong = 0x8A;

inline void put(std::string& out, unsigned octet) {
  out.push_back(static_cast<char>(octet));
}

inline std::string header(unsigned first, std::uint64_t bytes, bool masked) {
  std::string out;
  const unsigned mask_bit = masked ? 0x80U : 0U;
  put(out, first);
  int length_bytes = 0;
  if (bytes < 126) {
    put(out, mask_bit | static_cast<unsigned>(bytes));
  } else if (bytes < 65536) {
    put(out, mask_bit | 126U);
    length_bytes = 2;
  } else {
    put(out, mask_bit | 127U);
    length_bytes = 8;
  }
  for (int i = length_bytes - 1; i >= 0; --i) put(out, static_cast<unsigned>(bytes >> (8 * i) & 0xFF));
  return out;
}

/// As a client sends it, masked with 37 fa 21 3d, the key of RFC 6455 section 5.7.
inline std::string client_frame(unsigned first, std::string_view payload) {
  static constexpr unsigned kKey[] = {0x37, 0xfa, 0x21, 0x3d};
  std::string out = header(first, payload.size(), true);
  for (const unsigned octet : kKey) put(out, octet);
  for (std::size_t i = 0; i < payload.size(); ++i)
    put(out, static_cast<unsigned char>(payload[i]) ^ kKey[i % 4]);
  return out;
}

inline std::string server_frame(unsigned first, std::string_view payload) {
  return header(first, payload.size(), false) + std::string(payload);
}

inline std::string code_bytes(unsigned code) {
  std::string out;
  put(out, code >> 8);
  put(out, code & 0xFF);
  return out;
}

/// Bytes that differ from their neighbours at every distance a block or a buffer could slip by.
inline std::string pattern(std::size_t bytes) {
  std::string out(bytes, '\0');
  std::uint32_t state = 1;
  for (char& c : out) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return out;
}

/// The pattern repeated without end and with an odd period: any part of a payload too long to keep.
class EndlessPattern {
 public:
  /// What stands at `offset`, up to `most` bytes of it.
  std::string_view at(std::uint64_t offset, std::uint64_t most) const {
    return std::string_view(period_).substr(offset % period_.size(), most);
  }

 private:
  std::string period_ = pattern(100'003);
};

}  // namespace ringstorm::testing
