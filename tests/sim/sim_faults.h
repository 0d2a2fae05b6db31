// What goes wrong in a simulated run. Each knob is a probability; a swarm switches some of them off and turns
// others up, run by run, so that combinations meet which a single setting would never try.
#pragma once

#include <initializer_list>

#include "base/clock.h"
#include "base/prng.h"

namespace ringstorm {

inline bool chance(Prng& prng, double probability) {
  return probability > 0 && prng.unit() < probability;
}

/// Uniform in [from, to].
inline Duration between(Prng& prng, Duration from, Duration to) {
  if (from >= to) return from;
  return from +
         Duration{static_cast<std::int64_t>(prng.below(static_cast<std::uint64_t>((to - from).count()) + 1))};
}

struct SimFaults {
  // The kernel's.
  double open_fails = 0;          ///< no socket to be had: ENFILE and its like
  double short_send = 0;          ///< a send ends after some of its bytes
  double busy_send = 0;           ///< a lazy send cannot be done at once
  double late_send = 0;           ///< a send completes long after its bytes have arrived
  double late_completion = 0;     ///< any other operation completes some time after its result was decided
  double cut_receive = 0;         ///< a completion with fewer bytes than have arrived
  double ended_multishot = 0;     ///< a receive that should have gone on says that it does not
  double end_with_buffer = 0;     ///< an end of stream that comes with a buffer attached
  double early_submit = 0;        ///< the submission queue is full: requests start before the turn ends
  double interrupted_wait = 0;    ///< a signal ends the wait
  double small_take = 0;          ///< fewer completions are seen than there are
  double cancel_comes_first = 0;  ///< a cancellation completes before what it cancelled
  double cancel_misses = 0;       ///< a cancellation overtakes the connect of the same turn, which goes on
  double stale_completion = 0;    ///< a completion for a socket that is gone
  double stamp_refused = 0;       ///< a socket that is connected and not stamped
  double missing_stamp = 0;       ///< of either direction
  double late_stamp = 0;          ///< a transmit stamp that is told after the reply may be
  double merged_stamp = 0;        ///< bytes run together with those before them, which lose their stamp
  double stepped_stamp = 0;       ///< the clock of the stamps was set
  // The network's.
  double refused = 0;
  double unreachable = 0;
  double connect_hangs = 0;  ///< no answer: ETIMEDOUT after two minutes, or never
  double cut_stream = 0;     ///< what the peer sent arrives in two pieces
  double late_piece = 0;     ///< ... the second one later; what comes behind coalesces
  // The peer's.
  double peer_resets = 0;         ///< for each thing it sends: sends a part of it and resets
  double peer_ends = 0;           ///< ... sends a part of it and ends the stream without a close frame
  double peer_stalls = 0;         ///< stops reading for a while, so that sends back up
  double peer_never_answers = 0;  ///< of connections: reads all, says nothing
  double peer_refuses = 0;        ///< answers the upgrade with HTTP 403
  double peer_violates = 0;       ///< ... sends a frame with reserved bits
  double peer_closes = 0;         ///< ... begins the closing handshake
  double peer_pings = 0;
  double peer_fragments = 0;  ///< answers in several frames

  /// Some knobs at 0, others anywhere up to a bound that still lets a run make progress.
  static SimFaults swarm(Prng& prng);
};

}  // namespace ringstorm
