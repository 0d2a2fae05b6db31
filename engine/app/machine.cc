#include "app/machine.h"

#include <fstream>
#include <sstream>
#include <string_view>

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

namespace ringstorm {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::uint64_t first_number(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  return file >> number ? number : 0;
}

/// The value of the first line "key : value" of a file like /proc/cpuinfo or /proc/meminfo.
std::string value_of(const std::string& path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || !line.starts_with(key)) continue;
    if (line.find_first_not_of(" \t", key.size()) != colon) continue;
    const std::size_t value = line.find_first_not_of(" \t", colon + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "";
}

std::uint64_t available_memory_bytes(const std::string& root) {
  std::istringstream text(value_of(root + "/proc/meminfo", "MemAvailable"));
  std::uint64_t kibibytes = 0;
  return text >> kibibytes ? kibibytes * 1024 : 0;
}

unsigned usable_cores() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) return static_cast<unsigned>(CPU_COUNT(&set));
  // A machine of more cores than cpu_set_t holds refuses the call.
  return static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_ONLN));
}

std::uint64_t as_number(rlim_t limit) {
  return limit == RLIM_INFINITY ? kUnlimited : limit;
}

void read_process_limits(MachineFacts& facts) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    facts.open_files_soft = as_number(limit.rlim_cur);
    facts.open_files_hard = as_number(limit.rlim_max);
  }
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0) facts.memlock_bytes = as_number(limit.rlim_cur);
}

void read_ephemeral_ports(MachineFacts& facts, const std::string& root) {
  std::ifstream file(root + "/proc/sys/net/ipv4/ip_local_port_range");
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  if (!(file >> first >> last)) return;
  facts.first_ephemeral_port = first;
  facts.last_ephemeral_port = last;
}

}  // namespace

MachineFacts gather_machine_facts(const std::string& root) {
  MachineFacts facts;
  facts.kernel_release = first_line(root + "/proc/sys/kernel/osrelease");
  facts.cpu_model = value_of(root + "/proc/cpuinfo", "model name");
  facts.cores_online = static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_ONLN));
  facts.cores_usable = usable_cores();
  facts.clock_source = first_line(root + "/sys/devices/system/clocksource/clocksource0/current_clocksource");
  facts.governor = first_line(root + "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  facts.somaxconn = first_number(root + "/proc/sys/net/core/somaxconn");
  facts.available_memory_bytes = available_memory_bytes(root);
  facts.tracked_connections = first_number(root + "/proc/sys/net/netfilter/nf_conntrack_max");
  read_process_limits(facts);
  read_ephemeral_ports(facts, root);
  return facts;
}

MachineLimits limits_of(const MachineFacts& facts, bool direct_descriptors) {
  MachineLimits limits;
  limits.clock_to_time_of_day = clock_to_time_of_day();
  limits.cores = facts.cores_usable;
  limits.available_memory_bytes = facts.available_memory_bytes;
  limits.direct_descriptors = direct_descriptors;
  if (facts.open_files_hard > 0) limits.open_files = facts.open_files_hard;
  if (facts.ephemeral_ports() > 0) {
    limits.ephemeral_ports = facts.ephemeral_ports();
    limits.first_ephemeral_port = facts.first_ephemeral_port;
  }
  return limits;
}

std::uint64_t raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  return as_number(::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur);
}

}  // namespace ringstorm
