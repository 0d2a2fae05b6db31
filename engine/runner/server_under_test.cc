#include "runner/server_under_test.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/units.h"
#include "io/listener.h"
#include "runner/process_tree.h"
#include "runner/runner.h"

namespace ringstorm {
namespace {

constexpr Duration kLook = milliseconds(5);
constexpr std::size_t kTailLines = 8;
constexpr std::size_t kTailBytes = 2000;

std::string with_port(std::string text, std::uint16_t port) {
  const std::string place = kPortPlace;
  for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at))
    text.replace(at, place.size(), std::to_string(port));
  return text;
}

// A port that nobody listens on at the moment.
Result<std::uint16_t> free_port() {
  const auto any = parse_listen_address("127.0.0.1:0");
  if (!any) return any.errors();
  const auto listener = listen_on(*any, 1, false);
  if (!listener) return listener.errors();
  return listener->address.port();
}

std::string text_from(const std::string& path, std::uint64_t begin) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(begin));
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

// A socket that asks for a port nobody listens on may be given that very port as its own, and then it is
// connected to itself.
bool accepts_connections(const SocketAddress& address) {
  const Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), address.get(), address.length) != 0) return false;
  SocketAddress own{.storage = {}, .length = sizeof(sockaddr_storage)};
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own.storage), &own.length);
  return own.port() != address.port();
}

std::string tail_of(const std::string& text, std::size_t lines, std::size_t bytes) {
  std::size_t begin = text.size() > bytes ? text.size() - bytes : 0;
  std::size_t at = text.size();
  if (at > begin && text[at - 1] == '\n') --at;
  for (std::size_t i = 0; i < lines && at != std::string::npos && at > begin; ++i)
    at = text.rfind('\n', at - 1);
  if (at != std::string::npos && at > begin) begin = at + 1;
  std::string tail = "\n    ";
  for (const char c : text.substr(begin)) {
    if (c == '\n') {
      tail += "\n    ";
    } else {
      tail += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
  }
  tail.erase(std::find_if(tail.rbegin(), tail.rend(), [](char c) { return c != ' ' && c != '\n'; }).base(),
             tail.end());
  return tail;
}

Result<std::optional<ServerUnderTest>> ServerUnderTest::start(const ServerCommand& command) {
  const std::string where = "server " + command.name;
  const auto port = free_port();
  if (!port) return port.errors();
  const Descriptor log(::open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!log) return Error{command.log, std::strerror(errno), ""};
  const off_t log_begin = ::lseek(log.get(), 0, SEEK_END);
  auto process = KeptProcess::start(
      {.text = with_port(command.text, *port), .cores = command.cores, .output = log.get()});
  if (!process) return Error{where, to_string(process.error()), ""};
  ServerUnderTest server(command, {}, std::move(*process), static_cast<std::uint64_t>(log_begin));
  const Instant deadline = MonotonicClock::now() + command.patience;
  const std::array addresses{parse_listen_address("127.0.0.1:" + std::to_string(*port)),
                             parse_listen_address("[::1]:" + std::to_string(*port))};
  for (Instant now = MonotonicClock::now(); now < deadline; now = MonotonicClock::now()) {
    for (const auto& address : addresses) {
      if (!address || !accepts_connections(*address)) continue;
      server.address_ = *address;
      // Whoever accepts there may be another, who took the port from a server that failed for want of it.
      if (auto error = server.ended()) return *error;
      return std::optional(std::move(server));
    }
    if (auto error = server.ended()) return *error;
    if (sleep_or_signal(now + kLook)) return std::optional<ServerUnderTest>();
  }
  return server.error("it was not listening on port " + std::to_string(*port) + " within " +
                      format_duration(command.patience));
}

std::optional<Error> ServerUnderTest::ended() {
  const auto ending = process_.ending();
  if (!ending) return std::nullopt;
  return error(*ending);
}

std::optional<Duration> ServerUnderTest::cpu_time() const {
  return cpu_time_of_descendants(process_.keeper());
}

Error ServerUnderTest::error(const std::string& what) const {
  const std::string said = text_from(command_.log, log_begin_);
  const bool silent = said.find_first_not_of(" \n\r\t") == std::string::npos;
  return {"server " + command_.name, what,
          silent ? "it printed nothing" : "it printed last:" + tail_of(said, kTailLines, kTailBytes)};
}

}  // namespace ringstorm
