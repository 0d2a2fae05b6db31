#include "e2e/process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ringstorm::e2e {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kCannotStart = 127;

struct Ends {
  int read = -1;
  int write = -1;
};

Ends make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  return {fds[0], fds[1]};
}

[[noreturn]] void become(const std::vector<std::string>& argv, int out, int err,
                         const std::function<void()>& in_child) {
  // So that a test that is itself killed leaves nothing behind.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  if (in_child) in_child();
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(kCannotStart);
}

/// Appends what has come; closes at the end of the stream.
void read_some(int& fd, std::string& text) {
  std::array<char, 65'536> bytes{};
  const ssize_t n = ::read(fd, bytes.data(), bytes.size());
  if (n > 0) {
    text.append(bytes.data(), static_cast<std::size_t>(n));
  } else if (n == 0 || errno != EINTR) {
    ::close(fd);
    fd = -1;
  }
}

/// Field 3 (state) and field 4 (parent) of /proc/<pid>/stat, which follow the name in parentheses.
struct Stat {
  char state = 0;
  pid_t parent = 0;
};

Stat read_stat(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t end = line.rfind(')');
  if (end == std::string::npos) return {};
  return {line[end + 2], static_cast<pid_t>(std::strtol(line.c_str() + end + 4, nullptr, 10))};
}

}  // namespace

Process::Process(const std::vector<std::string>& argv, const std::function<void()>& in_child) {
  const Ends out = make_pipe();
  const Ends err = make_pipe();
  pid_ = ::fork();
  if (pid_ == 0) become(argv, out.write, err.write, in_child);
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  ::close(out.write);
  ::close(err.write);
  out_.fd = out.read;
  err_.fd = err.read;
}

Process::~Process() {
  if (!reap()) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  for (const Pipe* pipe : {&out_, &err_}) {
    if (pipe->fd >= 0) ::close(pipe->fd);
  }
}

void Process::gather(milliseconds patience) {
  // poll ignores a negative descriptor, which is what a closed pipe has.
  std::array<pollfd, 2> polled{pollfd{out_.fd, POLLIN, 0}, pollfd{err_.fd, POLLIN, 0}};
  if (::poll(polled.data(), polled.size(), static_cast<int>(patience.count())) <= 0) return;
  if (polled[0].revents != 0) read_some(out_.fd, out_.text);
  if (polled[1].revents != 0) read_some(err_.fd, err_.text);
}

bool Process::reap() {
  if (exit_code_) return true;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

std::optional<int> Process::wait(milliseconds patience) {
  const bool ended = eventually(
      [this] {
        gather(milliseconds(5));
        return reap();
      },
      patience);
  if (!ended) return std::nullopt;
  // What it wrote last. A grandchild that kept the pipe open must not keep the test.
  const Clock::time_point limit = Clock::now() + seconds(2);
  while ((out_.fd >= 0 || err_.fd >= 0) && Clock::now() < limit) gather(milliseconds(50));
  return exit_code_;
}

bool Process::wait_for_output(const std::string& text, milliseconds patience) {
  const auto found = [&] {
    return out_.text.find(text) != std::string::npos || err_.text.find(text) != std::string::npos;
  };
  eventually(
      [&] {
        gather(milliseconds(20));
        return found() || (out_.fd < 0 && err_.fd < 0);
      },
      patience);
  return found();
}

void Process::signal(int number) {
  // A reaped process's number may belong to another by now.
  if (!reap()) ::kill(pid_, number);
}

bool eventually(const std::function<bool()>& fact, milliseconds patience) {
  const Clock::time_point limit = Clock::now() + patience;
  while (!fact()) {
    if (Clock::now() > limit) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto pid = static_cast<pid_t>(std::strtol(entry.path().filename().c_str(), nullptr, 10));
    if (pid > 0 && read_stat(pid).parent == parent) children.push_back(pid);
  }
  return children;
}

bool is_running(pid_t pid) {
  const char state = read_stat(pid).state;
  return state != 0 && state != 'Z' && state != 'X';
}

TemporaryFolder::TemporaryFolder() {
  path_ = std::filesystem::temp_directory_path() / "ringstorm-e2e-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary folder");
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& name, const std::string& text) const {
  std::ofstream(file(name)) << text;
  return file(name);
}

}  // namespace ringstorm::e2e
