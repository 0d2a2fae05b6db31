#include "io/capabilities.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "io/address.h"
#include "io/kernel_constants.h"

namespace ringstorm {
namespace {

class ProbeRing {
 public:
  explicit ProbeRing(unsigned flags) : code_(io_uring_queue_init(8, &ring_, flags)) {}
  ~ProbeRing() {
    if (ok()) io_uring_queue_exit(&ring_);
  }
  ProbeRing(const ProbeRing&) = delete;
  ProbeRing& operator=(const ProbeRing&) = delete;
  bool ok() const { return code_ >= 0; }
  int error() const { return -code_; }
  io_uring* get() { return &ring_; }

  // Submits the one prepared request; its result, and whether it goes on.
  int run(bool* more = nullptr) {
    io_uring_cqe* cqe = nullptr;
    if (io_uring_submit_and_wait(&ring_, 1) < 0 || io_uring_peek_cqe(&ring_, &cqe) != 0) return -EIO;
    const int result = cqe->res;
    if (more != nullptr) *more = (cqe->flags & IORING_CQE_F_MORE) != 0;
    io_uring_cqe_seen(&ring_, cqe);
    return result;
  }

 private:
  io_uring ring_{};
  int code_;
};

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

// One byte through a socket pair into a provided buffer, by a receive that should go on afterwards.
void try_receiving(ProbeRing& ring, Capabilities& found) {
  constexpr unsigned kEntries = 2;
  const auto release = [](void* memory) { std::free(memory); };
  const std::unique_ptr<void, decltype(release)> memory(std::aligned_alloc(4096, 4096), release);
  auto* buffers = static_cast<io_uring_buf_ring*>(memory.get());
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uint64_t>(buffers);
  registration.ring_entries = kEntries;
  found.buffer_ring = io_uring_register_buf_ring(ring.get(), &registration, 0) == 0;
  if (!found.buffer_ring) return;
  static std::array<char, kEntries * 16> bytes;
  io_uring_buf_ring_init(buffers);
  for (unsigned id = 0; id < kEntries; ++id) {
    io_uring_buf_ring_add(buffers, &bytes[id * 16], 16, static_cast<unsigned short>(id),
                          io_uring_buf_ring_mask(kEntries), static_cast<int>(id));
  }
  io_uring_buf_ring_advance(buffers, kEntries);
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
  // The ring goes before the buffers do: its exit cancels the receive.
  io_uring_unregister_buf_ring(ring.get(), 0);
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
    io_uring_free_probe(probe);
  }
  found.socket_options = has_socket_options(ring);
  try_receiving(ring, found);
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
      {"minimum wait time", min_timeout, "Linux 6.12", "waiting \"batch\" takes two system calls a turn"},
      {"receive bundles", receive_bundles, "Linux 6.10", "not used yet"},
      {"zero-copy send", send_zero_copy, "Linux 6.0", "not used yet"},
  };
}

}  // namespace ringstorm
