// The shard's side of the time series: what is being measured now, and when it is handed over.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "io/sockets.h"
#include "shard/mailbox.h"
#include "shard/transports.h"
#include "stats/measurements.h"

namespace ringstorm {

class Slices {
 public:
  Slices(Mailbox& mailbox, Instant origin) : mailbox_(mailbox), due_(origin + kLength) {
    mailbox_.current().begin = origin;
  }

  Measurements& measured() { return mailbox_.current().measurements; }
  /// When the current slice is to be handed over.
  Instant due() const { return due_; }

  /// Brings the current slice up to date with what the sockets, the transports and the ring have counted
  /// since the last one.
  void close(Instant now, std::uint64_t connections_up, const SocketCounters& sockets,
             const TransportCounters& transports, std::uint64_t ring_overflows) {
    Slice& slice = mailbox_.current();
    slice.end = now;
    slice.connections_up = connections_up;
    Counters& counts = slice.measurements.counters;
    counts.ring_completions += sockets.completions - sockets_.completions;
    counts.receive_rearms += sockets.receive_rearms - sockets_.receive_rearms;
    counts.out_of_buffers += sockets.out_of_buffers - sockets_.out_of_buffers;
    counts.short_sends += sockets.short_sends - sockets_.short_sends;
    counts.completion_overflows += ring_overflows - ring_overflows_;
    counts.tls_full += transports.tls_full - transports_.tls_full;
    counts.tls_resumed += transports.tls_resumed - transports_.tls_resumed;
    counts.tls_renegotiations_refused +=
        transports.renegotiations_refused - transports_.renegotiations_refused;
    counts.tls_unclosed_ends += transports.unclosed_ends - transports_.unclosed_ends;
    sockets_ = sockets;
    transports_ = transports;
    ring_overflows_ = ring_overflows;
  }

  /// Hands the closed slice over. When the control thread still holds the last one, the slice goes on and is
  /// due again at once.
  void hand_over(Instant now) {
    if (!mailbox_.publish()) return;
    while (due_ <= now) due_ += kLength;
  }

 private:
  static constexpr Duration kLength = seconds(1);

  Mailbox& mailbox_;
  Instant due_;
  SocketCounters sockets_;  ///< as they were at the end of the last slice
  TransportCounters transports_;
  std::uint64_t ring_overflows_ = 0;
};

}  // namespace ringstorm
