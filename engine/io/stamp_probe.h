// Whether this kernel stamps what a TCP socket sends and receives, tried on a connection of its own.
#pragma once

namespace ringstorm {

struct StampSupport {
  bool receive = false;
  bool transmit = false;
};

/// Needs provided buffers and multishot receives. A few milliseconds where stamps come, 200 where none do.
StampSupport probe_stamps();

}  // namespace ringstorm
