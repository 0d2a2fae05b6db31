// What this kernel's io_uring can do, asked of the kernel and not guessed from its version.
#pragma once

#include <string>
#include <vector>

namespace ringstorm {

struct Capability {
  const char* name;
  bool present;
  const char* since;  ///< "Linux 6.0"
  const char*
      without;  ///< what it costs not to have it: "required", "3 system calls more per connection", ...
};

struct Capabilities {
  bool io_uring = false;
  std::string error;  ///< why not, when io_uring is false
  bool single_issuer = false;
  bool defer_taskrun = false;
  bool ext_arg = false;
  bool cqe_skip = false;
  bool direct_sockets = false;
  bool socket_options = false;
  bool descriptor_install = false;  ///< a direct descriptor becomes an ordinary one too
  bool bind = false;                ///< to a source address and port
  bool buffer_ring = false;
  bool multishot_receive = false;
  bool multishot_accept = false;
  bool min_timeout = false;
  bool receive_bundles = false;
  bool send_zero_copy = false;
  bool receive_stamps = false;
  bool transmit_stamps = false;
  bool mixed_completions = false;  ///< of 16 and 32 bytes in one queue
  bool kernel_tls = false;

  /// Everything the engine cannot do without.
  bool sufficient() const {
    return io_uring && ext_arg && cqe_skip && direct_sockets && buffer_ring && multishot_receive &&
           multishot_accept;
  }
  /// Sockets can be stamped in both directions (`UringOptions::stamps`).
  bool kernel_stamps() const { return socket_options && receive_stamps && transmit_stamps; }
  std::vector<Capability> list() const;
};

/// Opens a small ring and tries each feature on a socket pair; takes a few milliseconds.
Capabilities probe_capabilities();

}  // namespace ringstorm
