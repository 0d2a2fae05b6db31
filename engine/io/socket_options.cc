#include "io/socket_options.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "io/address.h"

namespace ringstorm {
namespace {

SocketOption number(const char* field, int level, int name, std::uint64_t value) {
  SocketOption option{
      .field = field, .level = level, .name = name, .value = {}, .length = sizeof(int), .is_text = false};
  const int written = static_cast<int>(value);
  std::memcpy(option.value.data(), &written, sizeof written);
  return option;
}

SocketOption text(const char* field, int level, int name, const std::string& value) {
  SocketOption option{
      .field = field, .level = level, .name = name, .value = {}, .length = 0, .is_text = true};
  option.length = static_cast<socklen_t>(value.copy(option.value.data(), option.value.size()));
  return option;
}

std::uint64_t whole_seconds(Duration duration) {
  return static_cast<std::uint64_t>(duration / seconds(1));
}

/// Adds what is asked for.
class Calls {
 public:
  explicit Calls(std::vector<SocketOption>& options) : options_(options) {}

  void add(const char* field, int level, int name, const std::optional<std::uint64_t>& value) {
    if (value) options_.push_back(number(field, level, name, *value));
  }
  void add(const char* field, int level, int name, const std::optional<Duration>& value) {
    if (value) options_.push_back(number(field, level, name, whole_seconds(*value)));
  }
  void add(const char* field, int level, int name, const std::optional<std::string>& value) {
    if (value) options_.push_back(text(field, level, name, *value));
  }
  void add_if(bool asked, const char* field, int level, int name) {
    if (asked) options_.push_back(number(field, level, name, 1));
  }

 private:
  std::vector<SocketOption>& options_;
};

std::string shown(const SocketOption& option) {
  if (option.is_text) return "\"" + std::string(option.value.data(), option.length) + "\"";
  int value = 0;
  std::memcpy(&value, option.value.data(), sizeof value);
  return std::to_string(value);
}

/// What to do about a refusal, when the machine says.
std::string hint_for(const SocketOption& option) {
  if (option.level != IPPROTO_TCP || option.name != TCP_CONGESTION) return "";
  std::ifstream file("/proc/sys/net/ipv4/tcp_available_congestion_control");
  std::string known;
  std::getline(file, known);
  return known.empty() ? "" : "this machine has " + known;
}

int set_option(int fd, const SocketOption& option) {
  const int code = ::setsockopt(fd, option.level, option.name, option.value.data(), option.length);
  return code == 0 ? 0 : errno;
}

std::optional<int> read_number(int fd, int level, int name) {
  int value = 0;
  socklen_t length = sizeof value;
  if (::getsockopt(fd, level, name, &value, &length) != 0) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> read_count(int fd, int level, int name) {
  const std::optional<int> value = read_number(fd, level, name);
  if (!value) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::optional<bool> read_flag(int fd, int level, int name) {
  const std::optional<int> value = read_number(fd, level, name);
  if (!value) return std::nullopt;
  return *value != 0;
}

std::optional<Duration> read_seconds(int fd, int level, int name) {
  const std::optional<int> value = read_number(fd, level, name);
  if (!value) return std::nullopt;
  return seconds(*value);
}

std::optional<std::string> read_text(int fd, int level, int name) {
  std::array<char, 17> value{};
  socklen_t length = value.size() - 1;
  if (::getsockopt(fd, level, name, value.data(), &length) != 0) return std::nullopt;
  return std::string(value.data());
}

int family_of(int fd) {
  return read_number(fd, SOL_SOCKET, SO_DOMAIN).value_or(AF_UNSPEC);
}

}  // namespace

std::vector<SocketOption> socket_options(const SocketTuning& tuning, int family) {
  std::vector<SocketOption> options;
  Calls calls(options);
  // The buffers bound the window that the handshake of TCP offers, so they come before the connect.
  calls.add("/socket/receive_buffer", SOL_SOCKET, SO_RCVBUF, tuning.receive_buffer);
  calls.add("/socket/send_buffer", SOL_SOCKET, SO_SNDBUF, tuning.send_buffer);
  if (family == AF_UNIX) return options;
  calls.add_if(tuning.no_delay, "/socket/no_delay", IPPROTO_TCP, TCP_NODELAY);
  calls.add_if(tuning.keepalive, "/socket/keepalive", SOL_SOCKET, SO_KEEPALIVE);
  calls.add("/socket/keepalive/idle", IPPROTO_TCP, TCP_KEEPIDLE, tuning.keepalive_idle);
  calls.add("/socket/keepalive/interval", IPPROTO_TCP, TCP_KEEPINTVL, tuning.keepalive_interval);
  calls.add("/socket/keepalive/count", IPPROTO_TCP, TCP_KEEPCNT, tuning.keepalive_count);
  calls.add("/socket/congestion", IPPROTO_TCP, TCP_CONGESTION, tuning.congestion);
  if (family == AF_INET6)
    calls.add("/socket/tos", IPPROTO_IPV6, IPV6_TCLASS, tuning.tos);
  else
    calls.add("/socket/tos", IPPROTO_IP, IP_TOS, tuning.tos);
  calls.add_if(tuning.quick_ack, "/socket/quick_ack", IPPROTO_TCP, TCP_QUICKACK);
  calls.add("/socket/bind_device", SOL_SOCKET, SO_BINDTODEVICE, tuning.bind_device);
  return options;
}

int set_options(int fd, const std::vector<SocketOption>& options) {
  for (const SocketOption& option : options) {
    if (const int code = set_option(fd, option); code != 0) return code;
  }
  return 0;
}

Status try_socket_options(const SocketTuning& tuning, int family) {
  const Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return Error{"socket", std::strerror(errno), ""};
  std::vector<Error> errors;
  for (const SocketOption& option : socket_options(tuning, family)) {
    const int code = set_option(socket.get(), option);
    if (code == 0) continue;
    errors.push_back(
        {option.field, "the kernel refuses " + shown(option) + ": " + std::strerror(code), hint_for(option)});
  }
  if (errors.empty()) return success();
  return errors;
}

SocketValues read_socket_values(int fd) {
  SocketValues values;
  values.receive_buffer = read_count(fd, SOL_SOCKET, SO_RCVBUF).value_or(0);
  values.send_buffer = read_count(fd, SOL_SOCKET, SO_SNDBUF).value_or(0);
  const int family = family_of(fd);
  if (family == AF_UNIX) return values;
  values.no_delay = read_flag(fd, IPPROTO_TCP, TCP_NODELAY);
  values.keepalive = read_flag(fd, SOL_SOCKET, SO_KEEPALIVE);
  values.keepalive_idle = read_seconds(fd, IPPROTO_TCP, TCP_KEEPIDLE);
  values.keepalive_interval = read_seconds(fd, IPPROTO_TCP, TCP_KEEPINTVL);
  values.keepalive_count = read_count(fd, IPPROTO_TCP, TCP_KEEPCNT);
  values.congestion = read_text(fd, IPPROTO_TCP, TCP_CONGESTION);
  values.tos =
      family == AF_INET6 ? read_count(fd, IPPROTO_IPV6, IPV6_TCLASS) : read_count(fd, IPPROTO_IP, IP_TOS);
  values.quick_ack = read_flag(fd, IPPROTO_TCP, TCP_QUICKACK);
  values.bind_device = read_text(fd, SOL_SOCKET, SO_BINDTODEVICE).value_or("");
  return values;
}

}  // namespace ringstorm
