#include "runner/pressure.h"

#include <algorithm>
#include <cstdint>
#include <fstream>

namespace ringstorm {
namespace {

// "ON_CPU_NS WAITING_NS SLICES"
std::optional<Duration> run_delay_of(pid_t thread, const std::string& root) {
  std::ifstream file(root + "/proc/self/task/" + std::to_string(thread) + "/schedstat");
  Duration::rep on_cpu = 0;
  Duration::rep waiting = 0;
  if (!(file >> on_cpu >> waiting)) return std::nullopt;
  return Duration{waiting};
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=MICROSECONDS"
std::optional<Duration> cpu_some(const std::string& root) {
  std::ifstream file(root + "/proc/pressure/cpu");
  std::string line;
  std::getline(file, line);
  const std::size_t total = line.rfind("total=");
  if (!line.starts_with("some ") || total == std::string::npos) return std::nullopt;
  return microseconds(std::strtoll(line.c_str() + total + 6, nullptr, 10));
}

// "cpu user nice system idle iowait irq softirq steal guest guest_nice"; the guests' are in the user's
// already.
std::optional<PressureReading::Ticks> ticks(const std::string& root) {
  constexpr int kIdle = 3;
  constexpr int kIoWait = 4;
  constexpr int kSteal = 7;
  std::ifstream file(root + "/proc/stat");
  std::string name;
  if (!(file >> name) || name != "cpu") return std::nullopt;
  PressureReading::Ticks ticks;
  std::uint64_t value = 0;
  for (int field = 0; field <= kSteal; ++field) {
    if (!(file >> value)) return std::nullopt;
    ticks.all += value;
    if (field != kIdle && field != kIoWait && field != kSteal) ticks.busy += value;
  }
  ticks.steal = value;
  return ticks;
}

double share(Duration part, Duration whole) {
  return std::clamp(to_seconds(part) / to_seconds(whole), 0.0, 1.0);
}

}  // namespace

PressureReading read_pressure(Instant now, std::span<const pid_t> threads, const std::string& root) {
  PressureReading reading;
  reading.at = now;
  for (const pid_t thread : threads) reading.run_delays.push_back(run_delay_of(thread, root));
  reading.cpu_some = cpu_some(root);
  reading.ticks = ticks(root);
  return reading;
}

GeneratorLoad pressure_between(const PressureReading& begin, const PressureReading& end) {
  GeneratorLoad load;
  const Duration window = end.at - begin.at;
  if (window <= Duration{0}) return load;
  for (std::size_t i = 0; i < std::min(begin.run_delays.size(), end.run_delays.size()); ++i) {
    if (!begin.run_delays[i] || !end.run_delays[i]) continue;
    const double delay = share(*end.run_delays[i] - *begin.run_delays[i], window);
    load.run_delay = std::max(load.run_delay.value_or(0), delay);
  }
  if (begin.cpu_some && end.cpu_some) load.cpu_pressure = share(*end.cpu_some - *begin.cpu_some, window);
  if (begin.ticks && end.ticks && end.ticks->all > begin.ticks->all) {
    load.steal = static_cast<double>(end.ticks->steal - begin.ticks->steal) /
                 static_cast<double>(end.ticks->all - begin.ticks->all);
  }
  return load;
}

}  // namespace ringstorm
