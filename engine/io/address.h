// Socket addresses: resolving a name, and listening.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "base/result.h"

namespace ringstorm {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  int family() const { return storage.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  std::uint16_t port() const;
  std::string to_string() const;  ///< "127.0.0.1:9001", "[::1]:9001"
};

/// Every TCP address of `host`, in the resolver's order; never empty. Blocks: call it before the start only.
Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port);

/// "127.0.0.1:9001", "[::1]:0", "localhost:9001": for --listen.
Result<SocketAddress> parse_listen_address(const std::string& text);

/// An owned file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release();

 private:
  int fd_ = -1;
};

struct Listener {
  Descriptor socket;
  SocketAddress address;  ///< with the port the kernel chose when 0 was asked for
};

/// A listening socket with TCP_NODELAY, which its accepted sockets inherit, and SO_REUSEADDR; SO_REUSEPORT
/// when `shared`, so that several rings can listen side by side.
Result<Listener> listen_on(const SocketAddress& address, int backlog, bool shared);

}  // namespace ringstorm
