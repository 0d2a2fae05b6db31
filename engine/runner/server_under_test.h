// A server that a user's command starts for as long as it is measured: on a port that it is handed, on cores
// of its own, its output kept in a file. It never outlives this program, see kept_process.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "io/address.h"
#include "runner/kept_process.h"

namespace ringstorm {

/// What stands in a command for the port that the server is to listen on.
inline constexpr const char* kPortPlace = "{port}";

struct ServerCommand {
  std::string name;                 ///< "A" or "B", for messages
  std::string text;                 ///< for /bin/sh -c, with kPortPlace in it
  std::vector<int> cores;           ///< the kernel's numbers; empty: it is not pinned
  std::string log;                  ///< the file its output is appended to
  Duration patience = seconds(10);  ///< until it listens
  Duration grace = seconds(2);      ///< from being asked to end until it is killed
};

class ServerUnderTest {
 public:
  /// Starts it and waits until its port accepts, on 127.0.0.1 or ::1. Nothing when SIGINT or SIGTERM came
  /// first. Call it with the signals held back and while this process has one thread. Errors, each with the
  /// end of what the server printed: it ended before it was listening, or was not listening in time.
  static Result<std::optional<ServerUnderTest>> start(const ServerCommand& command);

  const SocketAddress& address() const { return address_; }
  /// That it has ended though nobody asked it to, with the end of what it printed.
  std::optional<Error> ended();
  /// Of its whole process tree since it was started; nothing where the kernel does not say.
  std::optional<Duration> cpu_time() const;
  /// False when it did not end in time and was killed.
  bool stop() { return process_.stop(command_.grace); }

 private:
  ServerUnderTest(ServerCommand command, SocketAddress address, KeptProcess process, std::uint64_t log_begin)
      : command_(std::move(command)),
        address_(address),
        process_(std::move(process)),
        log_begin_(log_begin) {}
  Error error(const std::string& what) const;

  ServerCommand command_;
  SocketAddress address_;
  KeptProcess process_;
  std::uint64_t log_begin_;  ///< where its own output begins in the log
};

/// Whether somebody accepts connections there now.
bool accepts_connections(const SocketAddress& address);

/// The last lines of a text, at most `lines` and about `bytes` of them, printable and indented: for an error.
std::string tail_of(const std::string& text, std::size_t lines, std::size_t bytes);

}  // namespace ringstorm
