#include "runner/process_tree.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

namespace ringstorm {
namespace {

std::string folder_of(pid_t process) {
  return "/proc/" + std::to_string(process);
}

bool kernel_lists_children() {
  static const bool lists = std::ifstream("/proc/thread-self/children").good();
  return lists;
}

void add_children_of(pid_t process, std::vector<pid_t>& found) {
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator(folder_of(process) + "/task", gone)) {
    std::ifstream children(task.path() / "children");
    for (pid_t child = 0; children >> child;) found.push_back(child);
  }
}

// Fields 16 and 17 of /proc/PID/stat; the second field is a name in parentheses that may hold anything.
Duration ended_childrens_time(pid_t process) {
  std::ifstream file(folder_of(process) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return Duration{0};
  std::size_t at = name_end + 1;
  for (int field = 3; field < 16; ++field) at = text.find(' ', at + 1);
  if (at == std::string::npos) return Duration{0};
  char* next = nullptr;
  const long user = std::strtol(text.c_str() + at, &next, 10);
  const long system = std::strtol(next, nullptr, 10);
  static const long ticks_per_second = ::sysconf(_SC_CLK_TCK);
  return seconds(1) * (user + system) / ticks_per_second;
}

}  // namespace

std::optional<std::vector<pid_t>> descendants_of(pid_t root) {
  if (!kernel_lists_children()) return std::nullopt;
  std::vector<pid_t> found;
  add_children_of(root, found);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const pid_t process = found[i];
    add_children_of(process, found);
  }
  return found;
}

std::optional<Duration> cpu_time_of_descendants(pid_t root) {
  const auto processes = descendants_of(root);
  if (!processes) return std::nullopt;
  Duration time = ended_childrens_time(root);
  for (const pid_t process : *processes)
    time += process_cpu_time(process).value_or(Duration{0}) + ended_childrens_time(process);
  return time;
}

}  // namespace ringstorm
