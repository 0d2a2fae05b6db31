// One probe connection's messages and the kernel's stamps, matched: what of a latency was the network and the
// server, and what was our own queue. Pure: it is told moments and stamps in the order they become known, and
// knows neither sockets nor frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "io/ring.h"

namespace ringstorm {

struct ProbeSample {
  Duration network_and_server;  ///< from sent by our kernel to received by our kernel
  Duration receive_queueing;    ///< from received by our kernel to handled by us
};

/// What became of the messages of probes. Each ends in exactly one of these; one a probe may still be open.
struct ProbeCounters {
  std::uint64_t samples = 0;
  std::uint64_t no_transmit_stamp = 0;  ///< run together with another send, or late beyond use
  std::uint64_t no_receive_stamp = 0;   ///< as the first after the kernel began to stamp
  std::uint64_t crowded = 0;            ///< other bytes came with the reply, or right behind it
  std::uint64_t stepped = 0;            ///< the clock of the stamps was set meanwhile
  std::uint64_t out_of_order = 0;       ///< the moments contradict one another
  std::uint64_t unanswered = 0;         ///< given up, or followed by another message

  std::uint64_t messages() const {
    return samples + no_transmit_stamp + no_receive_stamp + crowded + stepped + out_of_order + unanswered;
  }
  ProbeCounters& operator+=(const ProbeCounters& other);
};

/// One message is outstanding at a time. The transmit stamp and the reply come in either order, so a message
/// whose reply has been handled stays open for its stamp until the next one is sent.
class Probe {
 public:
  /// Every send of the connection, from the first byte after the connect: the kernel's keys count them all.
  void sends(std::size_t bytes) { sent_bytes_ += static_cast<std::uint32_t>(bytes); }
  /// A message was handed to the kernel at `now`, and the latest of `sends` holds its end.
  void sent(Instant now, ProbeCounters& counters);
  /// The kernel's stamp of the byte at `key`; of others than the awaited one nothing is made.
  std::optional<ProbeSample> transmitted(std::uint32_t key, const KernelStamp& stamp,
                                         ProbeCounters& counters);
  /// The stamp of each receive, before what it holds is looked at.
  void received(const KernelStamp& stamp);
  /// The reply is complete, in the receive told last. `ends_receive`: its last byte is that receive's last,
  /// of which alone the stamp speaks.
  std::optional<ProbeSample> handled(Instant now, bool ends_receive, ProbeCounters& counters);
  /// The connection is over: what is open stays without a sample.
  void give_up(ProbeCounters& counters);

 private:
  enum class Phase : std::uint8_t {
    idle,
    unanswered,
    answered,  ///< the reply has been handled, the transmit stamp has not come
  };

  std::optional<ProbeSample> finish(ProbeCounters& counters);

  Phase phase_ = Phase::idle;
  std::uint32_t sent_bytes_ = 0;  ///< modulo 2^32, as the kernel's keys are
  std::uint32_t awaited_key_ = 0;
  Instant sent_at_{};
  Instant handled_at_{};
  KernelStamp transmitted_;  ///< missing until it comes
  KernelStamp received_;
};

}  // namespace ringstorm
