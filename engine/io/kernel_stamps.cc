#include "io/kernel_stamps.h"

#include <cstring>
#include <ctime>

#include <liburing.h>
#include <linux/net_tstamp.h>

#include "base/check.h"
#include "io/kernel_constants.h"

namespace ringstorm {
namespace {

static_assert(StampedMessage::kControlBytes == CMSG_SPACE(3 * sizeof(timespec)));
static_assert(StampedMessage::kPayloadOffset == sizeof(io_uring_recvmsg_out) + StampedMessage::kControlBytes);

constexpr int kReceiveFlags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE;

template <class T>
T read(std::span<const std::byte> bytes, std::size_t place) {
  RS_CHECK(place + sizeof(T) <= bytes.size());
  T value;
  std::memcpy(&value, bytes.data() + place, sizeof value);  // a buffer need not be aligned
  return value;
}

Duration duration_of(const timespec& time) {
  return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

Duration time_of_day_now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return duration_of(time);
}

}  // namespace

const int kStampingFlags = kReceiveFlags | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
                           kernel::kStampKeyFromNow | SOF_TIMESTAMPING_OPT_TSONLY;

// The control data is one message at most: three stamps, of which the first is the software's.
Duration stamp_in(std::span<const std::byte> buffer) {
  const auto out = read<io_uring_recvmsg_out>(buffer, 0);
  if (out.controllen < CMSG_LEN(sizeof(timespec))) return Duration{0};
  const auto control = read<cmsghdr>(buffer, sizeof out);
  if (control.cmsg_level != SOL_SOCKET || control.cmsg_type != SO_TIMESTAMPING) return Duration{0};
  return duration_of(read<timespec>(buffer, sizeof out + CMSG_LEN(0)));
}

std::int32_t payload_bytes_in(std::span<const std::byte> buffer) {
  return static_cast<std::int32_t>(read<io_uring_recvmsg_out>(buffer, 0).payloadlen);
}

StampReader::StampReader() : keeps_stamping_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  ::setsockopt(keeps_stamping_.get(), SOL_SOCKET, SO_TIMESTAMPING, &kReceiveFlags, sizeof kReceiveFlags);
  read_clocks();
}

KernelStamp StampReader::convert(Duration time_of_day) {
  if (!read_) read_clocks();
  read_ = true;
  return bridge_.to_monotonic(time_of_day);
}

// The tightest of a few readings: one in which the thread lost its processor says next to nothing.
void StampReader::read_clocks() {
  constexpr Duration kTight = nanoseconds(500);
  constexpr int kTries = 4;
  ClockBridge::Reading tightest{};
  Instant before = MonotonicClock::now();
  for (int i = 0; i < kTries; ++i) {
    const Duration time_of_day = time_of_day_now();
    const Instant after = MonotonicClock::now();
    if (i == 0 || after - before < tightest.after - tightest.before)
      tightest = {.before = before, .time_of_day = time_of_day, .after = after};
    if (after - before <= kTight) break;
    before = after;
  }
  bridge_.observe(tightest);
}

}  // namespace ringstorm
