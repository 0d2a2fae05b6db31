// The processes that a process has started, and the processor time they took, read from the kernel. They come
// and go while one looks: what has gone is left out.
#pragma once

#include <optional>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"

namespace ringstorm {

/// The children of `root`, theirs, and so on; `root` is not among them. Nothing where the kernel does not
/// list children (CONFIG_PROC_CHILDREN).
std::optional<std::vector<pid_t>> descendants_of(pid_t root);

/// The processor time, user and system, of all the threads of all descendants since they began, to the
/// nanosecond (each process's own clock, see clock_getcpuclockid(3)); and of those that have ended and been
/// waited for, to the kernel's clock tick (/proc/PID/stat, cutime and cstime). Never includes `root` itself.
std::optional<Duration> cpu_time_of_descendants(pid_t root);

}  // namespace ringstorm
