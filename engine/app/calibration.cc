#include "app/calibration.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/units.h"
#include "stats/histogram.h"

namespace ringstorm {
namespace {

namespace fs = std::filesystem;

/// A cache is written by this program alone, and small: more than this is something else.
constexpr std::uintmax_t kMostBytes = 64 * 1024;

Lateness lateness_of(const Histogram& histogram) {
  return {.p50 = histogram.quantile(0.50).value_or(Duration{0}),
          .p99 = histogram.quantile(0.99).value_or(Duration{0}),
          .max = histogram.max().value_or(Duration{0})};
}

/// The least timer slack that there is, for as long as it lives.
class LeastTimerSlack {
 public:
  LeastTimerSlack() : before_(::prctl(PR_GET_TIMERSLACK)) { ::prctl(PR_SET_TIMERSLACK, 1UL); }
  ~LeastTimerSlack() {
    if (before_ > 0) ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(before_));
  }
  LeastTimerSlack(const LeastTimerSlack&) = delete;
  LeastTimerSlack& operator=(const LeastTimerSlack&) = delete;

 private:
  int before_;
};

void sleep_until(Instant instant) {
  const std::int64_t ns = instant.time_since_epoch().count();
  const timespec until{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

Lateness measure_timer() {
  constexpr int kWakeUps = 1'000;
  const LeastTimerSlack slack;
  Histogram histogram;
  Instant due = MonotonicClock::now();
  for (int i = 0; i < kWakeUps; ++i) {
    due += milliseconds(1);
    sleep_until(due);
    const Instant woken = MonotonicClock::now();
    histogram.record(woken - due);
    due = std::max(due, woken - milliseconds(1));  // one long absence is one late wake-up, not a row of them
  }
  return lateness_of(histogram);
}

Scenario short_run() {
  Scenario scenario;
  scenario.name = "calibration";
  scenario.url = "embedded:echo";
  scenario.warmup = milliseconds(200);
  scenario.duration = seconds(2);
  scenario.seed = 1;
  return scenario;
}

Scenario paced_run(Waiting waiting) {
  Scenario scenario = short_run();
  scenario.connections = 50;
  scenario.waiting = waiting;
  scenario.rate.emplace().from = {1'000, seconds(1)};
  return scenario;
}

Scenario fastest_run() {
  Scenario scenario = short_run();
  scenario.connections = 100;
  scenario.in_flight = 16;
  return scenario;
}

Result<Report> run(const Scenario& scenario, const Site& site) {
  const auto plan = make_plan(scenario, site.limits());
  if (!plan) return plan.errors();
  Execution done = execute(*plan, site, {});
  if (!done.errors.empty()) return done.errors;
  if (!done.report || done.report->interrupted)
    return Error{"calibration", "it was interrupted before its end", ""};
  if (done.report->measurements.counters.messages_answered == 0)
    return Error{"calibration", "the embedded server answered nothing", ""};
  return std::move(*done.report);
}

std::string lateness_text(const char* name, const Lateness& lateness) {
  return fmt::format("  {:<37} p50 {}, p99 {}, max {}\n", name, format_duration(lateness.p50),
                     format_duration(lateness.p99), format_duration(lateness.max));
}

Error system_error(const std::string& path, const std::string& what) {
  return Error{path, what, ""};
}

}  // namespace

std::string calibration_path() {
  const auto folder = [](const char* variable) {
    const char* const value = std::getenv(variable);
    return value != nullptr && value[0] == '/' ? std::string(value) : std::string();
  };
  std::string cache = folder("XDG_CACHE_HOME");
  if (cache.empty() && !folder("HOME").empty()) cache = folder("HOME") + "/.cache";
  return cache.empty() ? cache : cache + "/ringstorm/calibration.json";
}

StoredCalibration load_calibration(const std::string& path, const MachineFacts& machine) {
  std::error_code error;
  if (path.empty() || !fs::exists(path, error)) return {};
  if (!fs::is_regular_file(path, error)) return {.calibration = {}, .ignored = "it is not a file"};
  if (fs::file_size(path, error) > kMostBytes || error)
    return {.calibration = {}, .ignored = "it is too large to be one"};
  std::ifstream file(path);
  std::ostringstream text;
  if (!file) return {.calibration = {}, .ignored = "it cannot be read"};
  text << file.rdbuf();
  auto parsed = parse_calibration(text.str());
  if (!parsed) return {.calibration = {}, .ignored = parsed.error().what};
  if (!is_of(*parsed, machine.kernel_release, machine.cpu_model))
    return {.calibration = {}, .ignored = "it was made with another kernel or processor"};
  return {.calibration = std::move(*parsed), .ignored = {}};
}

Status store_calibration(const std::string& path, const Calibration& calibration) {
  if (path.empty())
    return Error{"calibration", "neither XDG_CACHE_HOME nor HOME is an absolute path", "set one of them"};
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) return system_error(path, error.message());
  const std::string fresh = fmt::format("{}.{}", path, ::getpid());
  std::ofstream file(fresh);
  file << to_json(calibration).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  file.close();
  if (!file) return system_error(fresh, "it cannot be written");
  fs::rename(fresh, path, error);
  if (!error) return success();
  std::error_code ignored;
  fs::remove(fresh, ignored);
  return system_error(path, error.message());
}

Result<Calibration> calibrate(const Site& site) {
  Calibration calibration;
  calibration.kernel = site.machine.kernel_release;
  calibration.cpu_model = site.machine.cpu_model;
  calibration.timer = measure_timer();
  const auto sleeping = run(paced_run(Waiting::first), site);
  if (!sleeping) return sleeping.errors();
  calibration.pacing_first = lateness_of(sleeping->measurements.send_lag);
  const auto spinning = run(paced_run(Waiting::spin), site);
  if (!spinning) return spinning.errors();
  calibration.pacing_spin = lateness_of(spinning->measurements.send_lag);
  const auto fastest = run(fastest_run(), site);
  if (!fastest) return fastest.errors();
  calibration.messages_per_second = per_second(*fastest, fastest->measurements.counters.window_answered);
  calibration.messages_per_cpu_second = messages_per_cpu_second(*fastest).value_or(0);
  return calibration;
}

std::string render_text(const Calibration& calibration) {
  return "calibration\n" + lateness_text("bare timer, every 1 ms", calibration.timer) +
         lateness_text("send lag at 1,000/s, waiting first", calibration.pacing_first) +
         lateness_text("send lag at 1,000/s, waiting spin", calibration.pacing_spin) +
         fmt::format("  {:<37} {}/s, {} for each CPU-second\n", "closed loop, 100 connections x 16",
                     format_count(static_cast<std::uint64_t>(calibration.messages_per_second)),
                     format_count(static_cast<std::uint64_t>(calibration.messages_per_cpu_second)));
}

}  // namespace ringstorm
