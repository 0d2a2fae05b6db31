// The embedded server as a child process, on cores of its own: it does not share the client's CPU accounting,
// its limits or its fate, and it never outlives the client, however the client ends.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"
#include "io/address.h"

namespace ringstorm {

class ServerProcess {
 public:
  /// Runs this very program with `arguments` and waits until it prints "listening HOST:PORT",
  /// "certificate FILE" before it when it speaks TLS. Call it before
  /// any thread is started, on the main thread: the kernel ties the child's life to the thread that made it.
  static Result<ServerProcess> start(const std::vector<std::string>& arguments, Duration patience);
  ServerProcess(ServerProcess&& other) noexcept;
  ServerProcess& operator=(ServerProcess&&) = delete;
  ~ServerProcess() { stop(); }

  const std::string& listening_on() const { return listening_on_; }
  /// The file with the certificate it presents; empty when it speaks no TLS.
  const std::string& certificate() const { return certificate_; }

  /// Asks it to end, insists after two seconds, and returns what it printed since it was listening: its
  /// counts as JSON.
  std::string stop();

 private:
  ServerProcess(pid_t pid, Descriptor output) : pid_(pid), output_(std::move(output)) {}
  Status wait_until_listening(Duration patience);
  Result<std::string> next_line(Instant deadline, Duration patience);

  pid_t pid_ = -1;
  Descriptor output_;
  std::string listening_on_;
  std::string certificate_;
  std::string said_;  ///< and has not been looked at
};

}  // namespace ringstorm
