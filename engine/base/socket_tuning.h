// What a client asks of its sockets, and what the kernel made of it. Plain data for every module between a
// scenario and a report; what a kernel calls these things is io's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace ringstorm {

/// Nothing: as the machine is set up.
struct SocketTuning {
  bool no_delay = true;
  std::optional<std::uint64_t> receive_buffer;  ///< bytes; the kernel doubles them for its own bookkeeping
  std::optional<std::uint64_t> send_buffer;     ///< likewise
  bool keepalive = false;                       ///< with what is given of the next three
  std::optional<Duration> keepalive_idle;       ///< whole seconds
  std::optional<Duration> keepalive_interval;   ///< whole seconds
  std::optional<std::uint64_t> keepalive_count;
  std::optional<std::string> congestion;   ///< "cubic", "bbr"
  std::optional<std::uint64_t> tos;        ///< the whole byte: DSCP and the two bits of ECN
  bool quick_ack = false;                  ///< from the first segment on; the kernel may leave it again
  std::optional<std::string> bind_device;  ///< "eth0"

  friend bool operator==(const SocketTuning&, const SocketTuning&) = default;
};

/// What one connected socket has. Nothing where it has no such option (a Unix socket).
struct SocketValues {
  std::uint64_t receive_buffer = 0;  ///< bytes, as the kernel counts them
  std::uint64_t send_buffer = 0;
  std::optional<bool> no_delay;
  std::optional<bool> keepalive;
  std::optional<Duration> keepalive_idle;
  std::optional<Duration> keepalive_interval;
  std::optional<std::uint64_t> keepalive_count;
  std::optional<std::string> congestion;
  std::optional<std::uint64_t> tos;
  std::optional<bool> quick_ack;
  std::string bind_device;  ///< empty: none

  friend bool operator==(const SocketValues&, const SocketValues&) = default;
};

}  // namespace ringstorm
