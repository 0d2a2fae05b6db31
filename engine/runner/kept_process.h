// A shell command and everything it starts, kept by a small process of ours that stands between: whoever dies
// in whatever way, nothing that the command started is left running. It knows nothing of servers or ports.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"
#include "io/address.h"

namespace ringstorm {

struct KeptCommand {
  std::string text;        ///< for /bin/sh -c
  std::vector<int> cores;  ///< the kernel's numbers of those it may run on; empty: all
  int output = -1;         ///< a descriptor for its standard output and error; its input is /dev/null
};

class KeptProcess {
 public:
  /// Call it while the process has one thread: the keeper is a fork of it that goes on. Errors: no process
  /// can be made.
  static Result<KeptProcess> start(const KeptCommand& command);
  KeptProcess(KeptProcess&& other) noexcept;
  KeptProcess& operator=(KeptProcess&&) = delete;
  ~KeptProcess() { stop(Duration{0}); }

  /// Whose descendants the command and everything it started are.
  pid_t keeper() const { return keeper_; }
  /// How the command ended, "it ended with exit code 3" or "it was ended by signal 11"; nothing while it
  /// runs.
  std::optional<std::string> ending();
  /// SIGTERM to the command's process group; after `grace`, SIGKILL to whatever it started that is still
  /// there, outside its group too. Returns when nothing is. False when something had to be killed.
  bool stop(Duration grace);

 private:
  KeptProcess(pid_t keeper, Descriptor orders, Descriptor reports)
      : keeper_(keeper), orders_(std::move(orders)), reports_(std::move(reports)) {}
  void listen(Duration patience);
  void take(const std::string& line);

  pid_t keeper_ = -1;
  pid_t command_ = -1;    ///< its process and its group
  Descriptor orders_;     ///< closed: the keeper kills everything
  Descriptor reports_;    ///< what the keeper says; closed when it and everything are gone
  std::string heard_;     ///< of a line that is not whole yet
  bool is_over_ = false;  ///< nothing is left
  std::optional<int> status_;
};

}  // namespace ringstorm
