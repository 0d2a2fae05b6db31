#include "app/surroundings.h"

#include <fstream>

#include <fmt/format.h>

namespace ringstorm {
namespace {

/// The first word of a file, empty when there is none.
std::string first_word(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

double first_number(const std::string& path) {
  std::ifstream file(path);
  double number = 0;
  file >> number;
  return number;
}

// A measurement keeps one core busy itself, for less than a minute.
constexpr double kQuietLoad = 0.5;

}  // namespace

Surroundings gather_surroundings(const std::string& root) {
  const std::string cpu = root + "/sys/devices/system/cpu/";
  return {.load_average = first_number(root + "/proc/loadavg"),
          .governor = first_word(cpu + "cpu0/cpufreq/scaling_governor"),
          .simultaneous_threads = first_word(cpu + "smt/active") == "1"};
}

std::vector<std::string> remarks(const Surroundings& surroundings) {
  std::vector<std::string> found;
  if (surroundings.load_average > kQuietLoad) {
    found.push_back(
        fmt::format("load average {:.2f}: other programs ran beside it; trust the ratios, not the times",
                    surroundings.load_average));
  }
  if (!surroundings.governor.empty() && surroundings.governor != "performance") {
    found.push_back(
        fmt::format("cpu governor {}: the clock frequency moves; cpupower frequency-set -g performance",
                    surroundings.governor));
  }
  if (surroundings.simultaneous_threads) {
    found.push_back("two threads share a core (SMT): whatever runs on the other one takes half of it");
  }
  return found;
}

}  // namespace ringstorm
