#include "sim/sim_faults.h"

namespace ringstorm {

SimFaults SimFaults::swarm(Prng& prng) {
  const auto knob = [&](double most) { return chance(prng, 0.6) ? 0.0 : prng.unit() * most; };
  SimFaults faults;
  faults.open_fails = knob(0.3);
  faults.short_send = knob(0.9);
  faults.busy_send = knob(1);
  faults.late_send = knob(1);
  faults.late_completion = knob(1);
  faults.cut_receive = knob(1);
  faults.ended_multishot = knob(1);
  faults.end_with_buffer = knob(1);
  faults.early_submit = knob(0.5);
  faults.interrupted_wait = knob(0.5);
  faults.small_take = knob(1);
  faults.cancel_comes_first = knob(1);
  faults.cancel_misses = knob(1);
  faults.stale_completion = knob(1);
  faults.refused = knob(0.3);
  faults.unreachable = knob(0.1);
  faults.connect_hangs = knob(0.3);
  faults.cut_stream = knob(1);
  faults.late_piece = knob(1);
  faults.peer_resets = knob(0.1);
  faults.peer_ends = knob(0.1);
  faults.peer_stalls = knob(0.3);
  faults.peer_never_answers = knob(0.2);
  faults.peer_refuses = knob(0.2);
  faults.peer_violates = knob(0.03);
  faults.peer_closes = knob(0.03);
  faults.peer_pings = knob(0.5);
  faults.peer_fragments = knob(1);
  faults.stamp_refused = knob(0.3);
  faults.missing_stamp = knob(0.5);
  faults.late_stamp = knob(1);
  faults.merged_stamp = knob(1);
  faults.stepped_stamp = knob(0.3);
  return faults;
}

}  // namespace ringstorm
