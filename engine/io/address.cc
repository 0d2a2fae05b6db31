#include "io/address.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

namespace ringstorm {

std::uint16_t SocketAddress::port() const {
  if (family() == AF_UNIX) return 0;
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

std::string SocketAddress::path() const {
  return family() == AF_UNIX ? reinterpret_cast<const sockaddr_un*>(&storage)->sun_path : "";
}

bool operator==(const SocketAddress& a, const SocketAddress& b) {
  return a.length == b.length && std::memcmp(&a.storage, &b.storage, a.length) == 0;
}

std::string SocketAddress::to_string() const {
  if (family() == AF_UNIX) return "unix:" + path();
  char host[INET6_ADDRSTRLEN] = "?";
  if (family() == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr, host, sizeof host);
    return "[" + std::string(host) + "]:" + std::to_string(port());
  }
  ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr, host, sizeof host);
  return std::string(host) + ":" + std::to_string(port());
}

SocketAddress ip_address(std::span<const std::uint8_t> octets, std::uint16_t port) {
  SocketAddress address;
  if (octets.size() == sizeof(in6_addr)) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, octets.data(), sizeof v6.sin6_addr);
    std::memcpy(&address.storage, &v6, address.length = sizeof v6);
    return address;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  std::memcpy(&v4.sin_addr, octets.data(), sizeof v4.sin_addr);
  std::memcpy(&address.storage, &v4, address.length = sizeof v4);
  return address;
}

Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (status != 0) {
    return Error{host,
                 "the name does not resolve: " +
                     std::string(status == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(status)),
                 ""};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.length = entry->ai_addrlen;
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
      addresses.push_back(address);
  }
  if (addresses.empty()) return Error{host, "the name has no address", ""};
  return addresses;
}

Result<SocketAddress> unix_address(const std::string& path) {
  sockaddr_un file{};
  const bool fits = path.size() < sizeof file.sun_path && path.find('\0') == std::string::npos;
  if (path.empty() || !fits) {
    return Error{"unix:" + path, path.empty() ? "has no path" : "the path is too long for a socket's address",
                 "at most " + std::to_string(sizeof file.sun_path - 1) + " bytes"};
  }
  file.sun_family = AF_UNIX;
  std::memcpy(file.sun_path, path.data(), path.size());
  SocketAddress address;
  std::memcpy(&address.storage, &file, sizeof file);
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

int Descriptor::release() {
  return std::exchange(fd_, -1);
}

}  // namespace ringstorm
