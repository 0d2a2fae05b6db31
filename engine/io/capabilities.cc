#include "io/capabilities.h"

#include <cerrno>
#include <cstring>

#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "io/address.h"
#include "io/kernel_constants.h"
#include "io/probe_ring.h"
#include "io/stamp_probe.h"

namespace ringstorm {
namespace {

bool sets_up_with(unsigned flags) {
  return ProbeRing(flags).ok();
}

bool has_socket_options(ProbeRing& ring) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  static constexpr int kOn = 1;
  io_uring_sqe* sqe = io_uring_get_sqe(ring.get());
  io_uring_prep_nop(sqe);
  sqe->opcode = IORING_OP_URING_CMD;
  sqe->fd = socket.get();
  sqe->off = kernel::kSocketCommandSetOption;
  sqe->addr = std::uint64_t{TCP_NODELAY} << 32 | IPPROTO_TCP;
  sqe->file_index = sizeof kOn;
  sqe->addr3 = reinterpret_cast<std::uint64_t>(&kOn);
  return ring.run() >= 0;
}

// A socket that is not connected cannot be given to TLS yet; where the kernel has none, it says so first.
bool has_kernel_tls() {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int refused = ::setsockopt(socket.get(), IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls");
  return refused == 0 || errno == ENOTCONN;
}

// One byte through a socket pair into a provided buffer, by a receive that should go on afterwards.
void try_receiving(ProbeRing& ring, Capabilities& found) {
  ProbeBuffers buffers(ring);
  found.buffer_ring = buffers.ok();
  if (!found.buffer_ring) return;
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return;
  const Descriptor ours(pair[0]);
  const Descriptor theirs(pair[1]);
  if (::send(theirs.get(), "x", 1, MSG_NOSIGNAL) != 1) return;
  io_uring_sqe* sqe = io_uring_get_sqe(ring.get());
  io_uring_prep_recv(sqe, ours.get(), nullptr, 0, 0);
  sqe->ioprio |= kernel::kReceiveMultishot;
  sqe->flags |= IOSQE_BUFFER_SELECT;
  bool more = false;
  found.multishot_receive = ring.run(&more) == 1 && more;
}

}  // namespace

Capabilities probe_capabilities() {
  Capabilities found;
  ProbeRing ring(0);
  if (!ring.ok()) {
    found.error = std::strerror(ring.error());
    if (ring.error() == EPERM || ring.error() == EACCES) {
      found.error +=
          ": io_uring is switched off here (see /proc/sys/kernel/io_uring_disabled, or a container's seccomp "
          "profile)";
    }
    return found;
  }
  found.io_uring = true;
  const unsigned features = ring.get()->features;
  found.ext_arg = (features & IORING_FEAT_EXT_ARG) != 0;
  found.cqe_skip = (features & IORING_FEAT_CQE_SKIP) != 0;
  found.min_timeout = (features & kernel::kFeatureMinTimeout) != 0;
  found.receive_bundles = (features & kernel::kFeatureReceiveSendBundle) != 0;
  found.single_issuer = sets_up_with(kernel::kSetupSingleIssuer);
  found.defer_taskrun = sets_up_with(kernel::kSetupSingleIssuer | kernel::kSetupDeferTaskrun);
  if (io_uring_probe* probe = io_uring_get_probe_ring(ring.get()); probe != nullptr) {
    found.direct_sockets = io_uring_opcode_supported(probe, IORING_OP_SOCKET) != 0;
    found.multishot_accept = found.direct_sockets;  // both came with Linux 5.19
    found.send_zero_copy = io_uring_opcode_supported(probe, kernel::kOpSendZeroCopy) != 0;
    found.descriptor_install = io_uring_opcode_supported(probe, kernel::kOpInstallDescriptor) != 0;
    found.bind = io_uring_opcode_supported(probe, kernel::kOpBind) != 0;
    io_uring_free_probe(probe);
  }
  found.socket_options = has_socket_options(ring);
  try_receiving(ring, found);
  if (found.multishot_receive) {
    const StampSupport stamps = probe_stamps();
    found.receive_stamps = stamps.receive;
    found.transmit_stamps = stamps.transmit;
  }
  found.mixed_completions = sets_up_with(kernel::kSetupMixedCompletions);
  found.kernel_tls = has_kernel_tls();
  return found;
}

std::vector<Capability> Capabilities::list() const {
  return {
      {"wait with a timeout argument", ext_arg, "Linux 5.11", "required"},
      {"completions only for failures", cqe_skip, "Linux 5.17", "required"},
      {"sockets as direct descriptors", direct_sockets, "Linux 5.19", "required"},
      {"provided-buffer rings", buffer_ring, "Linux 5.19", "required"},
      {"multishot accept", multishot_accept, "Linux 5.19", "required"},
      {"multishot receive", multishot_receive, "Linux 6.0", "required"},
      {"single issuer", single_issuer, "Linux 6.0", "a lock per system call"},
      {"deferred task work", defer_taskrun, "Linux 6.1",
       "completions interrupt the loop: fewer messages per CPU-second"},
      {"socket options through the ring", socket_options, "Linux 6.7",
       "three system calls more per connection"},
      {"direct descriptors made ordinary", descriptor_install, "Linux 6.8",
       "the report cannot say which options the sockets have"},
      {"bind through the ring", bind, "Linux 6.11",
       "with source addresses, four system calls more per connection"},
      {"minimum wait time", min_timeout, "Linux 6.12", "waiting \"batch\" takes two system calls a turn"},
      {"receive bundles", receive_bundles, "Linux 6.10", "not used yet"},
      {"receive timestamps", receive_stamps, "Linux 6.2",
       "no kernel timestamps: the client's receive queueing cannot be told from the server's time"},
      {"transmit timestamps", transmit_stamps, "Linux 6.17",
       "no kernel timestamps: the server's time includes the generator's"},
      {"completions of mixed size", mixed_completions, "Linux 6.18",
       "with kernel timestamps every completion takes twice the memory"},
      {"zero-copy send", send_zero_copy, "Linux 6.0", "not used yet"},
  };
}

}  // namespace ringstorm
