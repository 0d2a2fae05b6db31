#include "runner/server_process.h"

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/units.h"
#include "runner/child_process.h"

namespace ringstorm {
namespace {

constexpr std::string_view kListening = "listening ";
constexpr std::string_view kCertificate = "certificate ";

// Reads what there is; false at the end of the stream or when nothing came in time.
bool read_more(int fd, Duration patience, std::string& text) {
  pollfd ready{fd, POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>((patience.count() + 999'999) / 1'000'000)) <= 0) return false;
  char piece[4096];
  const ssize_t count = ::read(fd, piece, sizeof piece);
  if (count <= 0) return false;
  text.append(piece, static_cast<std::size_t>(count));
  return true;
}

[[noreturn]] void become_server(std::vector<char*>& argv, int output, pid_t parent) {
  begin_child(parent);
  ::dup2(output, STDOUT_FILENO);
  ::execv("/proc/self/exe", argv.data());
  ::_exit(127);
}

}  // namespace

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::move(other.output_)),
      listening_on_(std::move(other.listening_on_)),
      certificate_(std::move(other.certificate_)),
      said_(std::move(other.said_)) {}

Result<ServerProcess> ServerProcess::start(const std::vector<std::string>& arguments, Duration patience) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error{"embedded server", std::strerror(errno), ""};
  Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  std::vector<std::string> words{"ringstorm"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return Error{"embedded server", std::strerror(errno), ""};
  if (pid == 0) become_server(argv, writing.get(), parent);
  ServerProcess server(pid, std::move(reading));
  writing = Descriptor();  // so that the child's end is the only one, and its death our end of file
  if (auto status = server.wait_until_listening(patience); !status) return status.errors();
  return server;
}

Status ServerProcess::wait_until_listening(Duration patience) {
  const Instant deadline = MonotonicClock::now() + patience;
  auto line = next_line(deadline, patience);
  if (line && line->starts_with(kCertificate)) {
    certificate_ = line->substr(kCertificate.size());
    line = next_line(deadline, patience);
  }
  if (!line) return line.errors();
  if (!line->starts_with(kListening))
    return Error{"embedded server", "it said \"" + *line + "\" instead of where it listens", ""};
  listening_on_ = line->substr(kListening.size());
  return success();
}

Result<std::string> ServerProcess::next_line(Instant deadline, Duration patience) {
  while (said_.find('\n') == std::string::npos) {
    const Duration left = deadline - MonotonicClock::now();
    if (left > Duration{0} && read_more(output_.get(), left, said_)) continue;
    if (MonotonicClock::now() < deadline)
      return Error{"embedded server", "it ended before it was listening", ""};
    return Error{"embedded server", "it did not start listening within " + format_duration(patience), ""};
  }
  std::string line = said_.substr(0, said_.find('\n'));
  said_.erase(0, line.size() + 1);
  return line;
}

std::string ServerProcess::stop() {
  if (pid_ < 0) return {};
  ::kill(pid_, SIGTERM);
  const Instant deadline = MonotonicClock::now() + seconds(2);
  // Its output ends when it has.
  while (MonotonicClock::now() < deadline &&
         read_more(output_.get(), deadline - MonotonicClock::now(), said_)) {
  }
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) {
    ::usleep(20'000);
    if (::waitpid(pid_, &status, WNOHANG) == 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &status, 0);
    }
  }
  pid_ = -1;
  return std::move(said_);
}

}  // namespace ringstorm
