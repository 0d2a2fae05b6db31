#include "macro/opening.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

[[noreturn]] void fail(std::string_view what, int error) {
  fmt::print(stderr, "floor: {}: {}\n", what, std::generic_category().message(error));
  std::exit(1);
}

[[noreturn]] void fail(std::string_view what) {
  fmt::print(stderr, "floor: {}\n", what);
  std::exit(1);
}

int checked(int result, std::string_view what) {
  if (result < 0) fail(what, errno);
  return result;
}

namespace {

std::string frame_header(std::size_t payload_bytes, bool masked) {
  std::string header{'\x82'};  // FIN, binary
  const std::size_t length_bytes = payload_bytes > 0xFFFF ? 8 : payload_bytes > 125 ? 2 : 0;
  const std::size_t length7 = length_bytes == 8 ? 127 : length_bytes == 2 ? 126 : payload_bytes;
  header += static_cast<char>(length7 | (masked ? 0x80U : 0U));
  for (std::size_t i = length_bytes; i-- > 0;) header += static_cast<char>(payload_bytes >> (8 * i));
  return header;
}

std::string payload(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + i % 26);
  return text;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("send", errno);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string receive_some(int fd, std::size_t at_most) {
  std::string bytes(at_most, '\0');
  const ssize_t received = ::recv(fd, bytes.data(), bytes.size(), 0);
  if (received < 0) fail("recv", errno);
  if (received == 0) fail("the server closed a connection");
  bytes.resize(static_cast<std::size_t>(received));
  return bytes;
}

void upgrade(int fd, const std::string& host, std::uint16_t port) {
  send_all(fd, fmt::format("GET / HTTP/1.1\r\nHost: {}:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                           host, port));
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos) head += receive_some(fd, 4096);
  if (!head.starts_with("HTTP/1.1 101 ")) fail("the server refused the upgrade");
  if (!head.ends_with("\r\n\r\n")) fail("the server spoke first");
}

}  // namespace

std::string masked_frame(std::size_t payload_bytes) {
  constexpr std::string_view key = "\x37\xfa\x21\x3d";
  std::string masked = payload(payload_bytes);
  for (std::size_t i = 0; i < masked.size(); ++i) masked[i] = static_cast<char>(masked[i] ^ key[i % 4]);
  return frame_header(payload_bytes, true).append(key).append(masked);
}

std::string reply_frame(std::size_t payload_bytes) {
  return frame_header(payload_bytes, false) + payload(payload_bytes);
}

int open_connection(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) fail("the host must be an IPv4 address");
  const int fd = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  checked(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
  const int on = 1;
  checked(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
  upgrade(fd, host, port);
  return fd;
}

void check_echo(int fd, std::size_t payload_bytes) {
  const std::string expected = reply_frame(payload_bytes);
  send_all(fd, masked_frame(payload_bytes));
  std::string reply;
  while (reply.size() < expected.size()) reply += receive_some(fd, expected.size() - reply.size());
  if (reply != expected) fail("the server does not echo frames as they are");
}
