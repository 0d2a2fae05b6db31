// The keeper is the command's parent and the reaper of whatever it leaves behind. It says what happens on one
// pipe, and when the other one is closed, by us or by our death, it ends everything.
#include "runner/kept_process.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/child_process.h"
#include "runner/process_tree.h"

namespace ringstorm {
namespace {

// The keeper's descriptors; it has no others.
constexpr int kOrders = 3;
constexpr int kReports = 4;

// How long the killed may take to be gone.
constexpr int kKillRounds = 1000;
constexpr Duration kKillPause = milliseconds(5);
constexpr Duration kKeeperPatience = kKillPause * (kKillRounds + 1000);

// ---- in the keeper

void report(const char* what, int value) {
  const std::string line = std::string(what) + " " + std::to_string(value) + "\n";
  if (::write(kReports, line.data(), line.size()) < 0) return;  // nobody listens any more: nothing is lost
}

[[noreturn]] void become_command(const KeptCommand& command, pid_t keeper) {
  begin_child(keeper);
  if (!command.cores.empty()) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    for (const int core : command.cores) CPU_SET(static_cast<std::size_t>(core), &cores);
    ::sched_setaffinity(0, sizeof cores, &cores);  // not being allowed to costs precision, not correctness
  }
  ::close(kOrders);
  ::close(kReports);
  ::execl("/bin/sh", "sh", "-c", command.text.c_str(), nullptr);
  ::_exit(127);
}

// Waits for whoever has ended. False when nobody is left.
bool reap(pid_t command) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    if (ended == 0) return true;
    if (ended < 0) return false;
    if (ended == command) report("ended", status);
  }
}

void kill_all(pid_t command) {
  for (int round = 0; round < kKillRounds && reap(command); ++round) {
    ::kill(-command, SIGKILL);
    for (const pid_t process : descendants_of(::getpid()).value_or(std::vector<pid_t>{}))
      ::kill(process, SIGKILL);
    ::usleep(static_cast<useconds_t>(kKillPause.count() / 1000));
  }
}

void keep_descriptors(int orders, int reports, int output) {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  // Out of the way of the places they are to have.
  const int from[] = {::fcntl(orders, F_DUPFD_CLOEXEC, 10), ::fcntl(reports, F_DUPFD_CLOEXEC, 10),
                      ::fcntl(output < 0 ? nothing : output, F_DUPFD_CLOEXEC, 10)};
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(from[2], STDOUT_FILENO);
  ::dup2(from[2], STDERR_FILENO);
  ::dup2(from[0], kOrders);
  ::dup2(from[1], kReports);
  ::close_range(kReports + 1, ~0U, 0);
}

[[noreturn]] void keep(const KeptCommand& command) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1UL);
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  const int deaths = ::signalfd(-1, &child, SFD_CLOEXEC);
  const pid_t self = ::getpid();
  const pid_t process = ::fork();
  if (process == 0) become_command(command, self);
  ::setpgid(process, process);  // it does so itself, but whoever hears of it may signal its group at once
  report("runs", process);
  std::array<pollfd, 2> ready{pollfd{deaths, POLLIN, 0}, pollfd{kOrders, POLLIN, 0}};
  while (process > 0) {
    ::poll(ready.data(), ready.size(), -1);
    if (ready[1].revents != 0) break;
    signalfd_siginfo told;
    if (::read(deaths, &told, sizeof told) < 0 || !reap(process)) break;
  }
  if (process > 0) kill_all(process);
  ::_exit(0);
}

}  // namespace

// ---- in our process

KeptProcess::KeptProcess(KeptProcess&& other) noexcept
    : keeper_(std::exchange(other.keeper_, -1)),
      command_(other.command_),
      orders_(std::move(other.orders_)),
      reports_(std::move(other.reports_)),
      heard_(std::move(other.heard_)),
      is_over_(other.is_over_),
      status_(other.status_) {}

Result<KeptProcess> KeptProcess::start(const KeptCommand& command) {
  const auto failed = [&](const char* step) {
    return Error{command.text, std::string(step) + ": " + std::strerror(errno), ""};
  };
  int orders[2];
  int reports[2];
  if (::pipe2(orders, O_CLOEXEC) != 0) return failed("pipe");
  Descriptor orders_read(orders[0]);
  Descriptor orders_write(orders[1]);
  if (::pipe2(reports, O_CLOEXEC) != 0) return failed("pipe");
  Descriptor reports_read(reports[0]);
  Descriptor reports_write(reports[1]);
  const pid_t keeper = ::fork();
  if (keeper < 0) return failed("fork");
  if (keeper == 0) {
    keep_descriptors(orders_read.get(), reports_write.get(), command.output);
    keep(command);
  }
  KeptProcess kept(keeper, std::move(orders_write), std::move(reports_read));
  reports_write = Descriptor();
  while (kept.command_ < 0 && !kept.is_over_) kept.listen(kKeeperPatience);
  if (kept.command_ < 0) return Error{command.text, "the system makes no more processes", ""};
  return kept;
}

std::optional<std::string> KeptProcess::ending() {
  if (!is_over_) listen(Duration{0});
  if (!status_ && is_over_) return "it was killed";
  if (!status_) return std::nullopt;
  if (WIFSIGNALED(*status_)) return "it was ended by signal " + std::to_string(WTERMSIG(*status_));
  return "it ended with exit code " + std::to_string(WEXITSTATUS(*status_));
}

// Takes what the keeper says; returns when it said something or `patience` is over.
void KeptProcess::listen(Duration patience) {
  pollfd ready{reports_.get(), POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>((patience.count() + 999'999) / 1'000'000)) <= 0) return;
  char piece[256];
  const ssize_t count = ::read(reports_.get(), piece, sizeof piece);
  if (count <= 0) {
    is_over_ = true;
    return;
  }
  heard_.append(piece, static_cast<std::size_t>(count));
  for (std::size_t end = heard_.find('\n'); end != std::string::npos; end = heard_.find('\n')) {
    take(heard_.substr(0, end));
    heard_.erase(0, end + 1);
  }
}

void KeptProcess::take(const std::string& line) {
  const std::size_t space = line.find(' ');
  const int value = std::atoi(line.c_str() + space + 1);
  if (line.starts_with("runs ")) command_ = value;
  if (line.starts_with("ended ")) status_ = value;
}

bool KeptProcess::stop(Duration grace) {
  if (keeper_ < 0) return true;
  const auto listen_until_over = [&](Instant deadline) {
    for (Instant now = MonotonicClock::now(); !is_over_ && now < deadline; now = MonotonicClock::now())
      listen(deadline - now);
  };
  const Instant now = MonotonicClock::now();
  if (command_ > 0 && grace > Duration{0}) {
    ::kill(-command_, SIGTERM);
    listen_until_over(now + grace);
  }
  const bool went_by_itself = is_over_;
  orders_ = Descriptor();
  listen_until_over(MonotonicClock::now() + kKeeperPatience);
  if (!is_over_) ::kill(keeper_, SIGKILL);
  ::waitpid(keeper_, nullptr, 0);
  keeper_ = -1;
  return went_by_itself;
}

}  // namespace ringstorm
