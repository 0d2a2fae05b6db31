// A child process of a test: its output is gathered while it runs, waiting has a deadline, and it never
// outlives the test.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace ringstorm::e2e {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Longer than any healthy run of these tests takes, under a sanitizer on a busy machine too.
inline constexpr milliseconds kDeadline = seconds(60);

class Process {
 public:
  /// Starts argv[0], searched in PATH, with /dev/null as its input. `in_child` runs between fork and exec.
  explicit Process(const std::vector<std::string>& argv, const std::function<void()>& in_child = {});
  ~Process();  ///< kills it when it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }

  /// The exit code, 128 + the signal that ended it, or nothing when it still runs after `patience`.
  std::optional<int> wait(milliseconds patience = kDeadline);

  /// Gathers output until its standard output or error contains `text`; false when it ends or `patience` runs
  /// out first.
  bool wait_for_output(const std::string& text, milliseconds patience = kDeadline);

  void signal(int number);

  /// What it has written so far.
  const std::string& out() const { return out_.text; }
  const std::string& err() const { return err_.text; }

 private:
  struct Pipe {
    int fd = -1;
    std::string text;
  };

  void gather(milliseconds patience);
  bool reap();

  pid_t pid_ = -1;
  std::optional<int> exit_code_;
  Pipe out_;
  Pipe err_;
};

/// Waits until `fact` holds, looking every few milliseconds; false when `patience` runs out.
bool eventually(const std::function<bool()>& fact, milliseconds patience = kDeadline);

/// The processes whose parent is `parent`.
std::vector<pid_t> children_of(pid_t parent);

/// False for a process that has gone, and for one that only waits to be reaped.
bool is_running(pid_t pid);

/// A temporary folder that goes with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  /// Writes a file and returns its path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

}  // namespace ringstorm::e2e
