// How the kernel hands out its stamps: the socket option that asks for them, where a multishot recvmsg puts
// them in a receive buffer, and how they become instants of the program's clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/socket.h>

#include "base/clock.h"
#include "io/address.h"
#include "io/clock_bridge.h"
#include "io/ring.h"

namespace ringstorm {

/// The value of SO_TIMESTAMPING for a connected TCP socket that has sent nothing: both directions in
/// software, transmit stamps without their packets and with a key that counts bytes from here.
extern const int kStampingFlags;

/// What a stamped receive is asked with: no name, and room for one stamp of ancillary data. In a receive
/// buffer that room and the kernel's own header come before the payload.
struct StampedMessage {
  StampedMessage() { header.msg_controllen = kControlBytes; }
  static constexpr std::size_t kControlBytes = 64;                   // CMSG_SPACE of three timespecs
  static constexpr std::size_t kPayloadOffset = 16 + kControlBytes;  // behind an io_uring_recvmsg_out
  msghdr header{};
};

/// The receive stamp in the buffer of a stamped receive, as the time of day; zero when there is none.
Duration stamp_in(std::span<const std::byte> buffer);
/// How many payload bytes that buffer holds.
std::int32_t payload_bytes_in(std::span<const std::byte> buffer);

/// Converts the stamps of a batch of completions. The clocks are read once a batch that has any: about 80 ns.
class StampReader {
 public:
  /// Keeps the kernel stamping what is received. It begins to do so some time after the first socket on the
  /// machine asks for it, and the first packets of a run would go without.
  StampReader();

  /// What follows was in the completion queue by now.
  void begin_batch() { read_ = false; }
  KernelStamp convert(Duration time_of_day);
  const ClockBridge& bridge() const { return bridge_; }

 private:
  void read_clocks();

  ClockBridge bridge_;
  bool read_ = false;
  Descriptor keeps_stamping_;
};

}  // namespace ringstorm
