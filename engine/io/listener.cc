#include "io/listener.h"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ringstorm {
namespace {

constexpr std::string_view kUnix = "unix:";

// The sockets of a ring are closed in the background: those of a killed server outlive it by some
// milliseconds, after whoever killed it has waited for it.
constexpr std::chrono::milliseconds kAfterlife{500};
constexpr std::chrono::milliseconds kBetweenAttempts{20};

Error cannot_listen(const SocketAddress& address, const std::string& why, const char* hint = "") {
  return {address.to_string(), "cannot listen: " + why, hint};
}

Error failed(const SocketAddress& address, const char* step) {
  return cannot_listen(address, std::string(step) + ": " + std::strerror(errno));
}

void set_tcp_options(int fd, bool shared) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (shared) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
}

bool is_socket(const std::string& path) {
  struct stat file {};
  return ::lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode);
}

/// Whether the other end of a connected socket goes away while a killed server's may still be there.
bool hangs_up(const Descriptor& socket) {
  pollfd waiting{socket.get(), POLLIN, 0};
  return ::poll(&waiting, 1, static_cast<int>(kAfterlife.count())) == 1;
}

/// A socket's file stays when its server ends without removing it, and refuses whoever connects.
bool has_server(const SocketAddress& address) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Descriptor caller(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(caller.get(), address.get(), address.length) != 0) return errno != ECONNREFUSED;
    if (!hangs_up(caller)) return true;
  }
  return true;
}

/// A file is in the way of a Unix socket; removes it when it is a socket that nobody serves.
Status make_way(const SocketAddress& address) {
  const std::string path = address.path();
  if (!is_socket(path)) return cannot_listen(address, "there is a file of that name that is no socket");
  if (has_server(address)) return cannot_listen(address, "a server listens there already");
  if (::unlink(path.c_str()) != 0) return failed(address, "removing the socket of a server that is gone");
  return success();
}

bool try_to_bind(int fd, const SocketAddress& address) {
  return ::bind(fd, address.get(), address.length) == 0;
}

Status bind_to(int fd, const SocketAddress& address) {
  bool bound = try_to_bind(fd, address);
  if (!bound && errno == EADDRINUSE && address.family() == AF_UNIX) {
    if (auto status = make_way(address); !status) return status;
    bound = try_to_bind(fd, address);
  }
  for (auto left = kAfterlife; !bound && errno == EADDRINUSE && left.count() > 0; left -= kBetweenAttempts) {
    std::this_thread::sleep_for(kBetweenAttempts);
    bound = try_to_bind(fd, address);
  }
  return bound ? success() : failed(address, "bind");
}

}  // namespace

Result<SocketAddress> parse_listen_address(const std::string& text) {
  if (text.starts_with(kUnix)) return unix_address(text.substr(kUnix.size()));
  const auto wrong = [&] {
    return Error{"--listen " + text, "expected HOST:PORT or unix:PATH",
                 "for example 127.0.0.1:9001, [::1]:9001, unix:/tmp/x.sock, or port 0 for any free one"};
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return wrong();
  std::string host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc{} || stop != end || host.empty()) return wrong();
  auto addresses = resolve(host, port);
  if (!addresses) return addresses.errors();
  return addresses->front();
}

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat file {};
  if (::lstat(path_.c_str(), &file) != 0) path_.clear();
  device_ = file.st_dev;
  number_ = file.st_ino;
}

SocketFile::~SocketFile() {
  struct stat file {};
  if (path_.empty() || ::lstat(path_.c_str(), &file) != 0) return;
  if (file.st_dev == device_ && file.st_ino == number_) ::unlink(path_.c_str());
}

void SocketFile::swap(SocketFile& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(device_, other.device_);
  std::swap(number_, other.number_);
}

Result<Listener> listen_on(const SocketAddress& address, int backlog, bool shared) {
  Listener listener{Descriptor(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)), address, {}};
  const int fd = listener.socket.get();
  if (fd < 0) return failed(address, "socket");
  if (address.family() != AF_UNIX) set_tcp_options(fd, shared);
  if (auto bound = bind_to(fd, address); !bound) return bound.errors();
  if (address.family() == AF_UNIX) listener.file = SocketFile(address.path());
  if (::listen(fd, backlog) != 0) return failed(address, "listen");
  if (address.family() == AF_UNIX) return listener;
  listener.address.length = sizeof listener.address.storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&listener.address.storage), &listener.address.length);
  return listener;
}

// A Unix socket has one queue of callers, from which all its rings accept.
Result<Listener> listen_beside(const Listener& first, int backlog) {
  if (first.address.family() != AF_UNIX) return listen_on(first.address, backlog, true);
  Listener listener{Descriptor(::fcntl(first.socket.get(), F_DUPFD_CLOEXEC, 0)), first.address, {}};
  if (!listener.socket) return failed(first.address, "dup");
  return listener;
}

}  // namespace ringstorm
