// Two real rings in one thread: a client's and a server's, with handlers that remember what they were told.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "io/capabilities.h"
#include "io/sockets.h"
#include "io/uring.h"

namespace ringstorm {

std::string name_of(const Capabilities& capabilities);
inline void PrintTo(const Capabilities& capabilities, std::ostream* out) {
  *out << name_of(capabilities);
}
/// What this kernel has, and every lesser kernel the engine has a fallback for.
std::vector<Capabilities> every_fallback();

/// One end: a ring, its sockets, and what happened to each slot.
class RingEnd {
 public:
  /// Of the slot's last socket; `closed` of all of them.
  struct Seen {
    bool connected = false;
    bool accepted = false;
    Failure connect_failed = {};
    Failure ended = {};
    std::string received;
    std::vector<KernelStamp> receive_stamps;  ///< one a receive, of a stamped socket
    std::map<std::uint32_t, KernelStamp> transmit_stamps;
    int sent = 0;
    int closed = 0;
  };

  RingEnd(const UringOptions& options, const Capabilities& capabilities);

  /// One turn that waits at most 200 us.
  void turn();
  Sockets<Uring>& sockets() { return *sockets_; }
  Uring& ring() { return *ring_; }
  Seen& seen(Slot slot) { return seen_[slot]; }
  std::size_t slots() const { return seen_.size(); }

  // What to do beyond remembering.
  std::function<void(Slot)> accepted;
  std::function<void(Slot, std::string_view)> received;
  std::function<void(Slot)> sent;
  std::function<void(Slot)> ended;
  std::function<void(Slot)> closed;

  // The handler.
  void on_connected(Slot slot) { seen_[slot].connected = true; }
  void on_connect_failed(Slot slot, Failure failure);
  void on_accepted(Slot slot);
  void on_received(Slot slot, std::span<std::byte> bytes);
  void on_received(Slot slot, std::span<std::byte> bytes, const KernelStamp& stamp);
  void on_transmit_stamp(Slot slot, std::uint32_t key, const KernelStamp& stamp);
  void on_sent(Slot slot);
  void on_ended(Slot slot, Failure failure);
  void on_closed(Slot slot);

 private:
  std::unique_ptr<Uring> ring_;
  std::unique_ptr<Sockets<Uring>> sockets_;
  std::vector<Seen> seen_;
};

static_assert(StampHandler<RingEnd>);

/// Turns both ends until `done`, for at most a minute; false when it did not happen.
bool turn_until(RingEnd& client, RingEnd& server, const std::function<bool()>& done);
/// Turns both a few times, for what should not happen.
void turn_for_a_while(RingEnd& client, RingEnd& server);

}  // namespace ringstorm
