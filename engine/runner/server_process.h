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
  /// Runs this very program with `arguments` and waits until it prints "listening HOST:PORT". Call it before
  /// any thread is started, on the main thread: the kernel ties the child's life to the thread that made it.
  static Result<ServerProcess> start(const std::vector<std::string>& arguments, Duration patience);
  ServerProcess(ServerProcess&& other) noexcept;
  ServerProcess& operator=(ServerProcess&&) = delete;
  ~ServerProcess() { stop(); }

  const std::string& listening_on() const { return listening_on_; }

  /// Asks it to end, insists after two seconds, and returns what it printed since it was listening: its
  /// counts as JSON.
  std::string stop();

 private:
  ServerProcess(pid_t pid, Descriptor output) : pid_(pid), output_(std::move(output)) {}
  Status wait_until_listening(Duration patience);

  pid_t pid_ = -1;
  Descriptor output_;
  std::string listening_on_;
  std::string said_;  ///< since then
};

}  // namespace ringstorm
