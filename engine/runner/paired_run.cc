#include "runner/paired_run.h"

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace ringstorm {
namespace {

constexpr Duration kStartLook = milliseconds(1);

/// The two runs on threads of their own.
class Pair {
 public:
  Pair(const std::array<PairedLoad, 2>& loads, const Capabilities& capabilities, std::size_t first) {
    for (const std::size_t side : {first, 1 - first}) {
      threads_[side] = std::thread([this, side, &capabilities, load = loads[side]] {
        results_[side].emplace(run_plan(load.plan, load.targets, capabilities, {}, group_));
        --running_;
      });
    }
  }
  ~Pair() { join(); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  void watch(const PairedWatch& watch) {
    const Instant start = wait_for_start();
    for (std::size_t i = 0; i < watch.moments.size() && running_ > 0; ++i) {
      const Instant due = start + watch.moments[i];
      std::this_thread::sleep_until(due);
      if (running_ == 0 || group_.control.stop != StopRequest::none) return;
      if (watch.look(i, due, MonotonicClock::now())) continue;
      group_.control.stop = StopRequest::gracefully;
      return;
    }
  }

  Result<std::array<RunResult, 2>> results() {
    join();
    for (auto& result : results_) {
      if (!result->ok()) return result->errors();
    }
    return std::array{std::move(**results_[0]), std::move(**results_[1])};
  }

 private:
  Instant wait_for_start() const {
    for (;;) {
      const std::int64_t start_ns = group_.control.start_ns.load(std::memory_order_acquire);
      if (start_ns != 0 || running_ == 0) return Instant{Duration{start_ns}};
      std::this_thread::sleep_for(kStartLook);
    }
  }

  void join() {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  RunGroup group_{2};
  std::atomic<int> running_{2};
  std::array<std::optional<Result<RunResult>>, 2> results_;
  std::array<std::thread, 2> threads_;
};

}  // namespace

Result<std::array<RunResult, 2>> run_paired(const std::array<PairedLoad, 2>& loads,
                                            const Capabilities& capabilities, const PairedWatch& watch) {
  hold_back_signals();
  Pair pair(loads, capabilities, watch.first);
  pair.watch(watch);
  return pair.results();
}

std::vector<pid_t> own_threads() {
  std::vector<pid_t> threads;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", gone))
    threads.push_back(static_cast<pid_t>(std::stol(task.path().filename().string())));
  return threads;
}

}  // namespace ringstorm
