// The floor of pacing: how late a bare loop wakes at a given rate, by absolute sleeps or by spinning. It
// sends nothing and records one number a wake-up, so whatever a load generator is later than this is its own
// doing.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <time.h>

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct Options {
  std::int64_t rate = 1'000;  // a second
  double duration_s = 2;
  std::string waiting = "first";
};

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

void sleep_until(std::int64_t ns) {
  const timespec until{.tv_sec = ns / kSecond, .tv_nsec = ns % kSecond};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

// Each instant is computed from the start. One that has passed already is served at once, as a generator
// sends everything that is due in one turn.
std::vector<std::int64_t> lateness(const Options& options) {
  const auto count = static_cast<std::int64_t>(static_cast<double>(options.rate) * options.duration_s);
  std::vector<std::int64_t> late;
  late.reserve(static_cast<std::size_t>(count));
  const std::int64_t start = now_ns();
  std::int64_t now = start;
  for (std::int64_t k = 1; k <= count; ++k) {
    const std::int64_t due = start + k * kSecond / options.rate;
    while (now < due) {
      if (options.waiting == "first") sleep_until(due);
      now = now_ns();
    }
    late.push_back(now - due);
  }
  return late;
}

std::int64_t quantile(const std::vector<std::int64_t>& sorted, double q) {
  return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"How late a bare timer loop is. Prints one line of JSON."};
  app.add_option("--rate", options.rate, "wake-ups a second")->check(CLI::Range(1, 1'000'000));
  app.add_option("-d,--duration", options.duration_s, "seconds")->check(CLI::Range(0.01, 60.0));
  app.add_option("--waiting", options.waiting, "first: absolute sleeps; spin: none")
      ->check(CLI::IsMember({"first", "spin"}));
  CLI11_PARSE(app, argc, argv);
  ::prctl(PR_SET_TIMERSLACK, 1UL);

  std::vector<std::int64_t> late = lateness(options);
  if (late.empty()) {
    fmt::print(stderr, "timer_floor: no wake-up fits into that time\n");
    return 1;
  }
  std::sort(late.begin(), late.end());
  fmt::print("{{\"wake_ups\": {}, \"p50_ns\": {}, \"p99_ns\": {}, \"max_ns\": {}}}\n", late.size(),
             quantile(late, 0.5), quantile(late, 0.99), late.back());
}
