// Socket options as the kernel takes them: from what a scenario asks to setsockopt's words, and back again
// from a socket.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "base/result.h"
#include "base/socket_tuning.h"

namespace ringstorm {

/// One call of setsockopt(2). The value is inside: it lives as long as this does and stays where it is.
struct SocketOption {
  const char* field = "";  ///< of the scenario: "/socket/no_delay"
  int level = 0;
  int name = 0;
  std::array<char, 16> value{};  ///< a number or a name: no device or algorithm has a longer one
  socklen_t length = 0;
  bool is_text = false;
};

/// The calls that `tuning` comes to for a socket of the family, in the order to make them. For AF_UNIX only
/// the buffers.
std::vector<SocketOption> socket_options(const SocketTuning& tuning, int family);

/// Makes them; 0 or the errno of the first that is refused.
int set_options(int fd, const std::vector<SocketOption>& options);

/// Whether the kernel takes them all, tried on a socket that goes nowhere. Errors: one for each that it
/// refuses, with the scenario's field, the value and the kernel's reason.
Status try_socket_options(const SocketTuning& tuning, int family);

/// What the socket has.
SocketValues read_socket_values(int fd);

}  // namespace ringstorm
