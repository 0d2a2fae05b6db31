// What every child process of this program does first, between fork and exec.
#pragma once

#include <sys/types.h>

namespace ringstorm {

/// In the child: a process group of its own, so that a Ctrl-C on the terminal is for the parent, which then
/// stops the child in its own time; killed when `parent`'s thread dies, however it does; and no signal held
/// back. Ends the process when the parent has gone already.
void begin_child(pid_t parent);

}  // namespace ringstorm
