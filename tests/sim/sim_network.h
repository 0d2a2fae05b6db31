// The simulated network: TCP connections between a SimRing and scripted peers. Bytes arrive in order, after a
// seeded delay, in pieces or run together; ends and resets keep their place behind the bytes, as TCP has it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/prng.h"
#include "io/address.h"
#include "sim/sim_faults.h"
#include "sim/sim_timeline.h"

namespace ringstorm {

class SimConnection;

/// The far end of one connection.
class SimPeer {
 public:
  virtual ~SimPeer() = default;
  virtual void on_connected() {}
  /// The bytes are the peer's to change.
  virtual void on_bytes(std::span<std::byte> bytes) = 0;
  /// The client is gone; nothing follows.
  virtual void on_end() {}
};

struct SimNetworkOptions {
  Duration least_delay = microseconds(20);  ///< one way
  Duration most_delay = microseconds(200);
  std::size_t window_bytes = 64 * 1024;  ///< sent and not yet read by the peer, at most
};

class SimNetwork {
 public:
  /// Makes the peer behind `address` for a connection that has just been established.
  using PeerFactory =
      std::function<std::unique_ptr<SimPeer>(const SocketAddress& address, SimConnection& connection)>;

  SimNetwork(SimTimeline& timeline, const SimFaults& faults, const SimNetworkOptions& options,
             std::uint64_t seed, PeerFactory factory);

  /// `on_change` is called whenever there is news for the client's end.
  std::shared_ptr<SimConnection> connect(const SocketAddress& address, std::function<void()> on_change);

  SimTimeline& timeline() { return timeline_; }
  const SimFaults& faults() const { return faults_; }
  const SimNetworkOptions& options() const { return options_; }
  Prng& prng() { return prng_; }
  Duration delay() { return between(prng_, options_.least_delay, options_.most_delay); }
  std::uint64_t established() const { return established_; }

 private:
  void establish(const std::shared_ptr<SimConnection>& connection, const SocketAddress& address);

  SimTimeline& timeline_;
  SimFaults faults_;
  SimNetworkOptions options_;
  Prng prng_;
  PeerFactory factory_;
  std::uint64_t established_ = 0;
};

/// When a stretch of a stream passed the client's kernel.
struct SimPassage {
  std::uint64_t end;  ///< the place behind its last byte
  Instant at;
};

/// One TCP connection with both its ends.
class SimConnection : public std::enable_shared_from_this<SimConnection> {
 public:
  enum class State : std::uint8_t { connecting, established, failed };

  SimConnection(SimNetwork& network, std::function<void()> on_change)
      : network_(network), on_change_(std::move(on_change)) {}

  // The client's end, as its kernel sees it.
  State state() const { return state_; }
  int connect_error() const { return connect_error_; }
  std::size_t arrived() const { return arrived_.size() - taken_; }
  /// The kernel's stamp of what is taken: its last byte's, or that of later bytes run together with it.
  Instant take(std::span<std::byte> into);
  bool finished() const { return finished_; }  ///< the peer will send nothing more
  bool broken() const { return broken_; }      ///< reset: sends fail
  int take_error();            ///< reported once, to whoever asks first, as the kernel does; 0 for none
  std::size_t window() const;  ///< how many bytes a send can hand over now
  void write(std::span<const std::byte> bytes);
  void close();  ///< what was written still arrives, then the end

  // What really happened, of every write and every arrival.
  const std::vector<SimPassage>& writes() const { return writes_; }
  const std::vector<SimPassage>& arrivals() const { return arrivals_; }

  // The peer's end.
  void send(std::string_view bytes);
  void finish();
  void reset();
  /// Reads nothing for so long.
  void stall(Duration duration);
  /// Does it later, unless the connection is over by then for the peer.
  void later(Duration delay, std::function<void()> action);
  bool peer_gone() const { return peer_gone_; }
  Prng& prng() { return network_.prng(); }
  const SimFaults& faults() const { return network_.faults(); }
  Instant now() const { return network_.timeline().now(); }

 private:
  friend class SimNetwork;

  void to_client(Duration delay, std::function<void()> action);
  void to_peer(Duration delay, std::function<void()> action);
  void piece_to_client(std::string bytes, Duration delay);
  void deliver_to_peer(std::string& bytes);
  void break_off();
  void end_peer();
  void changed() {
    if (!client_gone_) on_change_();
  }

  SimNetwork& network_;
  std::function<void()> on_change_;
  std::unique_ptr<SimPeer> peer_;
  State state_ = State::connecting;
  int connect_error_ = 0;
  std::string arrived_;
  std::size_t taken_ = 0;
  std::vector<SimPassage> writes_;
  std::vector<SimPassage> arrivals_;
  std::deque<SimPassage> stamps_;  ///< the kernel's, of what has not been taken
  std::uint64_t taken_in_all_ = 0;
  bool finished_ = false;
  bool broken_ = false;
  int error_ = 0;
  bool client_gone_ = false;
  bool peer_gone_ = false;
  std::size_t unread_by_peer_ = 0;
  Instant last_to_client_{};
  Instant last_to_peer_{};
};

}  // namespace ringstorm
