// Socket addresses, and the addresses of a name.
#pragma once

#include <cstdint>
#include <span>
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
  std::uint16_t port() const;     ///< 0 for a Unix socket
  std::string path() const;       ///< of a Unix socket's file; empty for others
  std::string to_string() const;  ///< "127.0.0.1:9001", "[::1]:9001", "unix:/tmp/x.sock"
  friend bool operator==(const SocketAddress& a, const SocketAddress& b);
};

/// Every TCP address of `host`, each once, in the resolver's order; never empty. Blocks as long as the
/// resolver takes, unless `host` is a literal: see io/resolution.h.
Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port);

/// Of the 4 or 16 octets of an IPv4 or IPv6 address.
SocketAddress ip_address(std::span<const std::uint8_t> octets, std::uint16_t port);

/// The address of a Unix domain socket by its file. Errors: no path, or one longer than 107 bytes.
Result<SocketAddress> unix_address(const std::string& path);

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

}  // namespace ringstorm
