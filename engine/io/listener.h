// Listening sockets: TCP, and Unix domain sockets with the file that goes with them.
#pragma once

#include <string>

#include <sys/types.h>

#include "base/result.h"
#include "io/address.h"

namespace ringstorm {

/// "127.0.0.1:9001", "[::1]:0", "localhost:9001", "unix:/tmp/x.sock": for --listen.
Result<SocketAddress> parse_listen_address(const std::string& text);

/// The file of a listening Unix socket: removed with its owner, unless another file has taken its place.
class SocketFile {
 public:
  SocketFile() = default;
  /// The file is there.
  explicit SocketFile(std::string path);
  SocketFile(SocketFile&& other) noexcept { swap(other); }
  SocketFile& operator=(SocketFile&& other) noexcept {
    swap(other);
    return *this;
  }
  ~SocketFile();

 private:
  void swap(SocketFile& other) noexcept;

  std::string path_;  ///< empty: none
  dev_t device_ = 0;
  ino_t number_ = 0;
};

struct Listener {
  Descriptor socket;
  SocketAddress address;  ///< with the port the kernel chose when 0 was asked for
  SocketFile file = {};   ///< of a Unix socket, with its first listener
};

/// A listening socket; a TCP one has TCP_NODELAY, which its accepted sockets inherit, and SO_REUSEADDR;
/// SO_REUSEPORT when `shared`, so that several rings can listen side by side. A Unix socket takes the place
/// of one whose server is gone; where a server still listens, or the file is no socket, it is an error.
Result<Listener> listen_on(const SocketAddress& address, int backlog, bool shared);

/// Another listener where `first` listens, for another ring; `first` was `shared`.
Result<Listener> listen_beside(const Listener& first, int backlog);

}  // namespace ringstorm
