#include "io/stamp_probe.h"

#include <utility>

#include <sys/socket.h>

#include "io/kernel_constants.h"
#include "io/kernel_stamps.h"
#include "io/listener.h"
#include "io/probe_ring.h"

namespace ringstorm {
namespace {

constexpr Duration kPatience = milliseconds(200);

struct Connection {
  Descriptor ours;
  Descriptor theirs;
};

// Over loopback, with the stamps switched on at our end.
Connection stamped_connection() {
  Connection connection;
  const auto address = parse_listen_address("127.0.0.1:0");
  if (!address) return connection;
  const auto listener = listen_on(*address, 1, false);
  if (!listener) return connection;
  Descriptor ours(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(ours.get(), listener->address.get(), listener->address.length) != 0) return connection;
  Descriptor theirs(::accept4(listener->socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (::setsockopt(ours.get(), SOL_SOCKET, SO_TIMESTAMPING, &kStampingFlags, sizeof kStampingFlags) != 0)
    return connection;
  connection.ours = std::move(ours);
  connection.theirs = std::move(theirs);
  return connection;
}

bool send_byte(const Descriptor& socket) {
  return ::send(socket.get(), "x", 1, MSG_NOSIGNAL) == 1;
}

// The first byte that is sent has the key 0.
bool stamps_what_is_sent() {
  ProbeRing ring(IORING_SETUP_CQE32);
  const Connection connection = stamped_connection();
  if (!ring.ok() || !connection.ours) return false;
  io_uring_sqe* sqe = ring.entry();
  io_uring_prep_nop(sqe);
  sqe->opcode = IORING_OP_URING_CMD;
  sqe->fd = connection.ours.get();
  sqe->off = kernel::kSocketCommandTransmitStamps;
  if (ring.wait(Duration{1}) != nullptr) return false;  // it ends at once: there is no such command
  if (!send_byte(connection.ours)) return false;
  const io_uring_cqe* cqe = ring.wait(kPatience);
  if (cqe == nullptr) return false;
  return cqe->res == 0 && (cqe->flags & IORING_CQE_F_MORE) != 0 && cqe->big_cqe[0] > 0;
}

// The kernel begins to stamp some time after the first socket asks for it, so the first bytes go without.
bool stamps_what_is_received() {
  ProbeRing ring(0);
  if (!ring.ok()) return false;
  ProbeBuffers buffers(ring);
  const Connection connection = stamped_connection();
  if (!buffers.ok() || !connection.ours) return false;
  StampedMessage message;
  io_uring_sqe* sqe = ring.entry();
  io_uring_prep_recvmsg(sqe, connection.ours.get(), &message.header, 0);
  sqe->ioprio |= kernel::kReceiveMultishot;
  sqe->flags |= IOSQE_BUFFER_SELECT;
  bool stamped = false;
  bool goes_on = true;
  const Instant end = MonotonicClock::now() + kPatience;
  while (!stamped && goes_on && MonotonicClock::now() < end) {
    if (!send_byte(connection.theirs)) return false;
    io_uring_cqe* cqe = ring.wait(milliseconds(1));
    if (cqe == nullptr) continue;
    goes_on = (cqe->flags & IORING_CQE_F_MORE) != 0;
    if (cqe->res > 0 && (cqe->flags & IORING_CQE_F_BUFFER) != 0) {
      const unsigned id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
      stamped = stamp_in(buffers.at(id)) > Duration{0};
      buffers.give(id);
    }
    ring.seen(cqe);
    if (!stamped) ring.wait(microseconds(100));
  }
  return stamped;
}

}  // namespace

StampSupport probe_stamps() {
  return {.receive = stamps_what_is_received(), .transmit = stamps_what_is_sent()};
}

}  // namespace ringstorm
