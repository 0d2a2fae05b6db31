// A client that knows bytes and nothing else: a blocking TCP socket on which nothing waits longer than ten
// seconds.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "unit/server/wire.h"

namespace ringstorm::testing {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer_bytes = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (receive_buffer_bytes > 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  RawClient(RawClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() {
    if (fd_ >= 0) ::close(fd_);
  }

  bool connected() const { return connected_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool send_in_pieces(std::string_view bytes, std::size_t piece) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      if (!send(bytes.substr(0, piece))) return false;
    }
    return true;
  }
  /// Some of the bytes, or none when the kernel takes none within `patience_ms`; how many.
  std::size_t send_some(std::string_view bytes, int patience_ms) {
    pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, patience_ms) <= 0) return 0;
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  /// Exactly so many bytes, or fewer when the stream ends or half a minute passes without any.
  std::string receive(std::size_t bytes) {
    std::string all(bytes, '\0');
    std::size_t total = 0;
    while (total < bytes) {
      const ssize_t got = ::recv(fd_, all.data() + total, bytes - total, 0);
      if (got <= 0) break;
      total += static_cast<std::size_t>(got);
    }
    all.resize(total);
    return all;
  }
  /// Everything until the server ends the stream; `ended_` says whether it did, by an end of file or a reset.
  std::string receive_to_end() {
    std::string all;
    char piece[4096];
    for (;;) {
      const ssize_t got = ::recv(fd_, piece, sizeof piece, 0);
      if (got > 0) {
        all.append(piece, static_cast<std::size_t>(got));
        continue;
      }
      reset_ = got < 0 && errno == ECONNRESET;
      ended_ = got == 0 || reset_;
      return all;
    }
  }
  bool ended() const { return ended_; }
  bool was_reset() const { return reset_; }
  /// What is there at once, up to 4096 bytes; nothing when nothing comes within `patience_ms`.
  std::string receive_some(int patience_ms) {
    pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, patience_ms) <= 0) return {};
    char piece[4096];
    const ssize_t got = ::recv(fd_, piece, sizeof piece, 0);
    return got > 0 ? std::string(piece, static_cast<std::size_t>(got)) : std::string();
  }
  bool upgrade(std::string_view path = "/chat") {
    std::string request{kRequest};
    request.replace(request.find("/chat"), 5, path);
    return send(request) && receive(kResponse.size()) == kResponse;
  }
  void stop_sending() { ::shutdown(fd_, SHUT_WR); }
  /// Closes with a reset instead of an orderly end.
  void vanish() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
  bool connected_ = false;
  bool ended_ = false;
  bool reset_ = false;
};

}  // namespace ringstorm::testing
