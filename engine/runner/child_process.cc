#include "runner/child_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace ringstorm {

void begin_child(pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // the parent died before the line above
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace ringstorm
